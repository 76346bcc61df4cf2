//! A native sink.

use super::boundary::{Instance, Retrying};
use crate::portion::Portion;
use crate::sink::{Retry, Sink, SinkInput, WriteError};

/// A plugin at the end of a lane.
pub(super) struct NativeSink {
    name: String,
    reads_text: bool,
    /// Until it was closed.
    instance: Option<Instance>,
    /// Frames of a portion, side by side.
    frames: Vec<u8>,
    /// Where each text of a portion ends.
    ends: Vec<u64>,
}

impl NativeSink {
    pub(super) fn new(name: &str, instance: Instance) -> Self {
        Self {
            name: name.to_owned(),
            reads_text: instance.table().reads_text(),
            instance: Some(instance),
            frames: Vec::new(),
            ends: Vec::new(),
        }
    }
}

impl Sink for NativeSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn input(&self) -> SinkInput {
        if self.reads_text {
            SinkInput::Text
        } else {
            SinkInput::Frames
        }
    }

    fn write(&mut self, portion: &Portion<'_>) -> Result<(), WriteError> {
        let Some(instance) = self.instance.as_mut() else {
            return Err(WriteError::of_sink("it was stopped already"));
        };
        let records = portion.len();
        let outcome = if self.reads_text {
            self.ends.clear();
            let mut end = 0;
            self.ends.extend(portion.lines().map(|line| {
                end += line.len() as u64;
                end
            }));
            instance.write(&portion.text(), records, Some(&self.ends))
        } else {
            self.frames.clear();
            for frame in portion.frames() {
                self.frames.extend_from_slice(frame.bytes());
            }
            instance.write(&self.frames, records, None)
        };
        outcome.map_err(|(written, message)| WriteError {
            // The one that failed was not taken, whatever the plugin says.
            done: written.done.min(records.saturating_sub(1)),
            scope: written.scope,
            retry: match written.retry {
                Retrying::Backoff => Retry::Backoff,
                Retrying::After(delay) => Retry::After(delay),
                Retrying::Never => Retry::Never,
            },
            message,
        })
    }

    fn close(&mut self) -> Result<(), String> {
        // Destroyed here, in time for whoever waits for the end.
        self.instance.take().map_or(Ok(()), |mut it| it.stop())
    }
}
