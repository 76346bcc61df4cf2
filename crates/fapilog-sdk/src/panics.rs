//! Panics end at the edge of the library, as texts.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// Whether this thread is inside of a call by a host.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    /// Where the last panic inside of a call was.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From now on, panics inside of a call say where they were instead of being printed: a plugin that
/// panics on every record would fill the application's standard error.
pub(crate) fn keep_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !INSIDE.try_with(Cell::get).unwrap_or(false) {
                return before(panic);
            }
            let place = panic.location().map(ToString::to_string);
            let _ = PLACE.try_with(|kept| kept.replace(place));
        }));
    });
}

/// Marks that this thread is inside of a call, until it is dropped.
pub(crate) struct Inside(bool);

impl Inside {
    pub(crate) fn begin() -> Self {
        Self(INSIDE.replace(true))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(self.0);
    }
}

/// What a function returns, or the text of its panic.
///
/// What it was working on may be half done, but is sound, and is the plugin's own.
pub(crate) fn catch<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(text_of)
}

fn text_of(panic: Box<dyn Any + Send>) -> String {
    let text = match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => match other.downcast::<&'static str>() {
            Ok(text) => (*text).to_owned(),
            Err(other) => {
                // Dropping it may panic again; what that one holds is let go of without a drop.
                if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(other))) {
                    std::mem::forget(again);
                }
                String::new()
            }
        },
    };
    let place = PLACE.try_with(RefCell::take).ok().flatten();
    let place = place
        .map(|place| format!(" at {place}"))
        .unwrap_or_default();
    let colon = if text.is_empty() { "" } else { ": " };
    format!("it panicked{place}{colon}{text}")
}
