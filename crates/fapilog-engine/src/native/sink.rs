//! A plugin in a library as a sink.

use super::instance::Instance;
use super::stage::as_abi;
use crate::portion::Portion;
use crate::sink::{Sink, SinkInput, WriteError};

pub(super) struct NativeSink {
    name: String,
    instance: Instance,
}

impl NativeSink {
    pub(super) fn new(name: &str, instance: Instance) -> Self {
        Self {
            name: name.to_owned(),
            instance,
        }
    }
}

impl Sink for NativeSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn input(&self) -> SinkInput {
        if self.instance.table().takes_texts() {
            SinkInput::Text
        } else {
            SinkInput::Frames
        }
    }

    fn write(&mut self, portion: &Portion<'_>) -> Result<(), WriteError> {
        let records = portion.len();
        let (taken, result) = if self.instance.table().takes_texts() {
            self.instance.write(&as_abi(records, &portion.text()))
        } else {
            let mut bytes = Vec::new();
            for frame in portion.frames() {
                bytes.extend_from_slice(frame.bytes());
            }
            self.instance.write(&as_abi(records, &bytes))
        };
        // A sink that failed cannot have taken all, whatever it says.
        let taken = (taken as usize).min(records.saturating_sub(1));
        result.map_err(|message| WriteError::of_sink(message).after(taken))
    }

    fn close(&mut self) -> Result<(), String> {
        self.instance.stop()
    }
}
