//! A bar for long work, on a terminal only.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::harness::Progress;

/// How often the clock beside the bar moves.
const TICK: Duration = Duration::from_millis(200);

/// Shows on standard error how far work has come; nothing at all when that is no terminal.
pub struct Bar {
    bar: Option<ProgressBar>,
}

impl Bar {
    /// A bar that says what is done.
    pub fn new(doing: &'static str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self { bar: None };
        }
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{prefix} {msg}  {bar:30}  {elapsed}") {
            bar.set_style(style.progress_chars("━━─"));
        }
        bar.set_prefix(doing);
        bar.enable_steady_tick(TICK);
        Self { bar: Some(bar) }
    }

    /// Moves it.
    pub fn move_to(&mut self, progress: &Progress) {
        if let Some(bar) = &self.bar {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
            bar.set_message(super::printable(&progress.plugin));
        }
    }

    /// Takes it away.
    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}
