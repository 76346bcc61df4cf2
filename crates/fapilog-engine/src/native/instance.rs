//! A plugin's table, checked, and an instance of the plugin.
#![expect(
    unsafe_code,
    reason = "functions of a library are called through their pointers"
)]

use std::ffi::{CStr, c_void};
use std::ptr::NonNull;
use std::sync::mpsc;
use std::time::Duration;

use fapilog_abi::{ABI_VERSION, Batch, ErrorText, OK, Output, Plugin, input, kind};

/// Longest time for `create` and `start` together.
const START_WITHIN: Duration = Duration::from_secs(5);

/// Longest error text, in bytes.
const ERROR_BYTES: usize = 1024;

/// Longest name, in bytes.
const NAME_BYTES: usize = 256;

/// A plugin cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NativeError {
    /// It is made for another host.
    #[error("{0}")]
    Abi(String),
    /// It does not accept its configuration, or cannot be started.
    #[error("{0}")]
    Start(String),
}

/// The table of a plugin whose version, size and functions are those that its kind needs.
#[derive(Clone, Copy, Debug)]
pub struct NativeTable(&'static Plugin);

// SAFETY: a table is never changed, and its functions may be called from any thread.
unsafe impl Send for NativeTable {}

// SAFETY: as above.
unsafe impl Sync for NativeTable {}

impl NativeTable {
    /// Checks a table. Version and size come first: nothing else is read of a table that is not
    /// of this version.
    ///
    /// # Safety
    /// The pointer is null or what a library says is a table: at its beginning two `u32` may be
    /// read, and the whole table when these are [`ABI_VERSION`] and the size of a table; it stays
    /// there, unchanged, until the process ends.
    ///
    /// # Errors
    /// [`NativeError::Abi`].
    pub unsafe fn check(table: *const c_void) -> Result<Self, NativeError> {
        let refused = |what: String| Err(NativeError::Abi(what));
        if table.is_null() || !table.cast::<Plugin>().is_aligned() {
            return refused("it hands over no table".to_owned());
        }
        // SAFETY: not null, and the caller promises two numbers there.
        let [version, size] = unsafe { *table.cast::<[u32; 2]>() };
        if version != ABI_VERSION {
            return refused(format!(
                "it is built for version {version} of the plugin ABI, this core has {ABI_VERSION}"
            ));
        }
        let expected = size_of::<Plugin>();
        if (size as usize) < expected || size > 4096 {
            return refused(format!("its table has {size} bytes, expected {expected}"));
        }
        // SAFETY: the caller promises a whole table of this version, which stays.
        let table = unsafe { &*table.cast::<Plugin>() };
        let missing = |function: &str| refused(format!("it has no function `{function}`"));
        match table.kind {
            kind::SINK if table.write.is_none() => return missing("write"),
            kind::FILTER..=kind::REDACTOR if table.process.is_none() => return missing("process"),
            kind::FILTER..=kind::SINK => {}
            other => return refused(format!("its kind is {other}, expected 1 to 5")),
        }
        if table.create.is_none() {
            return missing("create");
        }
        if table.destroy.is_none() {
            return missing("destroy");
        }
        if table.input > input::TEXT || (table.input == input::TEXT && table.kind != kind::SINK) {
            return refused(format!("its input is {}, expected 0", table.input));
        }
        Ok(Self(table))
    }

    /// `filter`, `enricher`, `processor`, `redactor` or `sink`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.0.kind {
            kind::FILTER => "filter",
            kind::ENRICHER => "enricher",
            kind::PROCESSOR => "processor",
            kind::REDACTOR => "redactor",
            _ => "sink",
        }
    }

    /// Whether it is a sink that takes texts.
    pub(super) fn takes_texts(&self) -> bool {
        self.0.input == input::TEXT
    }

    /// The plugin's own name, if it states one.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        if self.0.name.is_null() {
            return None;
        }
        // SAFETY: not null; a table's name is a text that ends with zero and stays.
        let name = unsafe { CStr::from_ptr(self.0.name) };
        let name = name.to_str().ok()?;
        (!name.is_empty() && name.len() <= NAME_BYTES).then(|| name.to_owned())
    }
}

/// A plugin's instance. It is used by one thread at a time.
#[derive(Debug)]
pub(super) struct Instance {
    table: NativeTable,
    instance: NonNull<c_void>,
    stopped: bool,
}

// SAFETY: the contract says that functions are called from any thread, one at a time; `&mut self`
// makes sure of the latter.
unsafe impl Send for Instance {}

impl Instance {
    /// Makes and starts an instance, in a thread of its own: one that hangs is left behind.
    pub(super) fn start(table: NativeTable, config: &str) -> Result<Self, NativeError> {
        let (done, result) = mpsc::channel();
        let config = config.to_owned();
        std::thread::Builder::new()
            .name("fapilog-native".to_owned())
            .spawn(move || {
                let made = Self::create(table, &config).and_then(|mut instance| {
                    instance.call_start()?;
                    Ok(instance)
                });
                // Nobody waits any more: what was made is dropped, and with it destroyed.
                let _ = done.send(made);
            })
            .map_err(|error| NativeError::Start(error.to_string()))?;
        result
            .recv_timeout(START_WITHIN)
            .unwrap_or_else(|_| Err(NativeError::Start("it took longer than 5 s".to_owned())))
    }

    fn create(table: NativeTable, config: &str) -> Result<Self, NativeError> {
        let mut error = ErrorBuffer::new();
        let create = table.0.create.ok_or_else(no_function)?;
        // SAFETY: text and error buffer live through the call.
        let instance = unsafe { create(config.as_ptr(), config.len(), error.raw()) };
        match NonNull::new(instance) {
            Some(instance) => Ok(Self {
                table,
                instance,
                stopped: false,
            }),
            None => Err(NativeError::Start(
                error.text("it does not accept its configuration"),
            )),
        }
    }

    fn call_start(&mut self) -> Result<(), NativeError> {
        let Some(start) = self.table.0.start else {
            return Ok(());
        };
        let mut error = ErrorBuffer::new();
        // SAFETY: the instance lives; the error buffer lives through the call.
        let code = unsafe { start(self.instance.as_ptr(), error.raw()) };
        if code == OK {
            return Ok(());
        }
        // What was not started is not stopped.
        self.stopped = true;
        Err(NativeError::Start(error.text("it could not be started")))
    }

    pub(super) fn table(&self) -> NativeTable {
        self.table
    }

    /// A stage's work: what it says of the records that it failed on, if anything.
    pub(super) fn process(
        &mut self,
        batch: &Batch,
        output: &Output,
    ) -> Result<Option<String>, String> {
        let process = self.table.0.process.ok_or("it has no function `process`")?;
        let mut error = ErrorBuffer::new();
        // SAFETY: the instance lives; all that is handed over lives through the call.
        let code = unsafe { process(self.instance.as_ptr(), batch, output, error.raw()) };
        if code == OK {
            let said = error.text("");
            return Ok((!said.is_empty()).then_some(said));
        }
        Err(error.text("it failed without a word"))
    }

    /// A sink's work: how many records it took, and what went wrong.
    pub(super) fn write(&mut self, batch: &Batch) -> (u32, Result<(), String>) {
        let Some(write) = self.table.0.write else {
            return (0, Err("it has no function `write`".to_owned()));
        };
        let (mut error, mut taken) = (ErrorBuffer::new(), 0);
        // SAFETY: the instance lives; all that is handed over lives through the call.
        let code = unsafe { write(self.instance.as_ptr(), batch, &raw mut taken, error.raw()) };
        let result = if code == OK {
            Ok(())
        } else {
            Err(error.text("it failed without a word"))
        };
        (taken, result)
    }

    /// Called once, after the last record.
    pub(super) fn stop(&mut self) -> Result<(), String> {
        if std::mem::replace(&mut self.stopped, true) {
            return Ok(());
        }
        let Some(stop) = self.table.0.stop else {
            return Ok(());
        };
        let mut error = ErrorBuffer::new();
        // SAFETY: the instance lives; the error buffer lives through the call.
        let code = unsafe { stop(self.instance.as_ptr(), error.raw()) };
        if code == OK {
            return Ok(());
        }
        Err(error.text("it did not stop"))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // Its errors have nowhere to go.
        let _ = self.stop();
        if let Some(destroy) = self.table.0.destroy {
            // SAFETY: the last call for this instance.
            unsafe { destroy(self.instance.as_ptr()) };
        }
    }
}

fn no_function() -> NativeError {
    NativeError::Abi("it has no function `create`".to_owned())
}

/// Memory for an error text.
struct ErrorBuffer {
    bytes: Box<[u8; ERROR_BYTES]>,
    raw: ErrorText,
}

impl ErrorBuffer {
    fn new() -> Self {
        let mut bytes = Box::new([0; ERROR_BYTES]);
        let raw = ErrorText {
            text: bytes.as_mut_ptr(),
            capacity: ERROR_BYTES,
            length: 0,
        };
        Self { bytes, raw }
    }

    fn raw(&mut self) -> *mut ErrorText {
        &raw mut self.raw
    }

    /// What the plugin wrote, whatever it says about its length; `nothing` when it wrote none.
    fn text(&self, nothing: &str) -> String {
        let written = self.bytes.get(..self.raw.length.min(ERROR_BYTES));
        let text = String::from_utf8_lossy(written.unwrap_or_default());
        if text.trim().is_empty() {
            return nothing.to_owned();
        }
        text.chars()
            .map(|char| if char.is_control() { ' ' } else { char })
            .collect()
    }
}
