//! Where records leave the pipeline.

mod file;
mod line_writer;
mod memory;
mod null;
mod stream;

pub use file::{FileSink, OpenFileError};
pub use memory::{Memory, MemorySink};
pub use null::NullSink;
pub use stream::StreamSink;

use std::ops::Range;

use crate::delivery::Delivery;

/// A destination for records.
///
/// Called from the sink's own thread only, one batch at a time, in order. It may block: other
/// sinks go on. A panic counts as a failure of the records it was given.
pub trait Sink: Send {
    /// Name in statistics and diagnostics; without secrets.
    fn name(&self) -> &str;

    /// What the sink reads from a [`Delivery`].
    fn input(&self) -> SinkInput {
        SinkInput::JsonLines
    }

    /// Takes some of a batch's records, in order.
    ///
    /// # Errors
    /// [`WriteError`]: some records at the front may have been taken, the next one was not. The
    /// sink is called again with the rest, or told to [`Sink::give_up`] the next one.
    fn write(&mut self, delivery: &Delivery, records: Range<usize>) -> Result<(), WriteError>;

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

/// What a sink reads from a [`Delivery`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinkInput {
    /// [`Delivery::lines`].
    JsonLines,
    /// [`Delivery::frames`].
    Frames,
}

/// A record could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteError {
    /// Records taken before the one that failed.
    pub done: usize,
    /// What the failure is about.
    pub scope: FailureScope,
    /// The cause, for people; without secrets.
    pub message: String,
}

/// What a failure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureScope {
    /// This record; the next one may go well.
    Record,
    /// The sink; the next record would fail too.
    Sink,
}
