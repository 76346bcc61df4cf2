//! Where records leave the pipeline.

mod build;
mod file;
mod http;
mod line_writer;
mod memory;
mod null;
mod stream;
mod syslog;
mod tls;

pub use build::{BuildSinkError, build_sink};
pub use file::{Compression, FileOptions, FileSink, OpenFileError, Sync};
pub use http::HttpSink;
pub use memory::{Memory, MemorySink};
pub use null::NullSink;
pub use stream::StreamSink;
pub use syslog::SyslogSink;

use std::time::Duration;

use crate::journal::Intent;
use crate::portion::Portion;

/// A destination for records.
///
/// Called from the sink's own thread only, one batch at a time, in order. It may block: other
/// sinks go on. A panic counts as a failure of the records it was given.
pub trait Sink: Send {
    /// Name in statistics and diagnostics; without secrets.
    fn name(&self) -> &str;

    /// What the sink reads from a [`Portion`].
    fn input(&self) -> SinkInput {
        SinkInput::Text
    }

    /// Takes records, in order.
    ///
    /// # Errors
    /// [`WriteError`]: some records at the front may have been taken, the next one was not. The
    /// sink is called again with the rest, or told to [`Sink::give_up`] the next one.
    fn write(&mut self, portion: &Portion<'_>) -> Result<(), WriteError>;

    /// Whether it calls [`Portion::note`] before it writes, so that after a crash
    /// [`Sink::reconcile`] can tell how far it came.
    fn notes(&self) -> bool {
        false
    }

    /// After a crash: how many of these lines, from the first on, the destination has, since the
    /// note was taken. A line that was begun may be completed, and counts then.
    fn reconcile(&mut self, _intent: &Intent, _lines: &[&[u8]]) -> usize {
        0
    }

    /// The record that the last error was about will not be tried again.
    fn give_up(&mut self) {}

    /// Called once, after the last batch.
    ///
    /// # Errors
    /// A text for the diagnostics when what was taken may not have arrived.
    fn close(&mut self) -> Result<(), String> {
        Ok(())
    }
}

/// What a sink reads from a [`Portion`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinkInput {
    /// Texts in the sink's format: [`Portion::text`], [`Portion::lines`].
    Text,
    /// [`Portion::frames`].
    Frames,
}

/// A record could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteError {
    /// Records taken before the one that failed.
    pub done: usize,
    /// What the failure is about.
    pub scope: FailureScope,
    /// When it may be tried again.
    pub retry: Retry,
    /// The cause, for people; without secrets.
    pub message: String,
}

impl WriteError {
    /// The sink took nothing and would take nothing else either; to be tried again.
    pub fn of_sink(message: impl Into<String>) -> Self {
        Self {
            done: 0,
            scope: FailureScope::Sink,
            retry: Retry::Backoff,
            message: message.into(),
        }
    }

    /// The sink did not take the first record, but may take the next one; to be tried again.
    pub fn of_record(message: impl Into<String>) -> Self {
        Self {
            scope: FailureScope::Record,
            ..Self::of_sink(message)
        }
    }

    /// The same, after so many records were taken.
    #[must_use]
    pub fn after(self, done: usize) -> Self {
        Self { done, ..self }
    }

    /// The same, to be tried again as `retry` says.
    #[must_use]
    pub fn retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }
}

/// When what failed may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// As the sink's policy says.
    Backoff,
    /// Not before this time, which the peer asked for; longer than the policy allows counts as
    /// [`Retry::Never`] would, but for the sink rather than the record.
    After(Duration),
    /// Never: it would fail again.
    Never,
}

/// What a failure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureScope {
    /// This record; the next one may go well.
    Record,
    /// The sink; the next record would fail too.
    Sink,
}
