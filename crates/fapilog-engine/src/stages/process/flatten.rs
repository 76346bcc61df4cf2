//! Maps inside of records as fields at their top.

use serde::Deserialize;

use crate::batch::Batch;
use crate::frame::encode_text;
use crate::frame_reader::{Frame, FrameError, Value};
use crate::rewrite::{push_value, write_frame};
use crate::stage::{Stage, StageReport};
use crate::stages::{BuildError, read_options};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    separator: String,
    depth: usize,
}

/// Writes `{"a": {"b": 1}}` as `{"a.b": 1}`, down to a depth; lists stay.
pub(super) struct Flatten {
    separator: Vec<u8>,
    depth: usize,
}

impl Flatten {
    pub(super) fn build(options: &str) -> Result<Self, BuildError> {
        let options: Options = read_options("flatten", options)?;
        Ok(Self {
            separator: options.separator.into_bytes(),
            depth: options.depth,
        })
    }

    fn flatten(&self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), FrameError> {
        write_frame(frame, out, |out, fields, message| {
            if let Some(message) = message {
                encode_text(out, message);
            }
            for field in fields {
                let (key, value) = field?;
                self.push(&mut key.to_vec(), &value, self.depth, out)?;
            }
            Ok(())
        })
    }

    fn push(
        &self,
        name: &mut Vec<u8>,
        value: &Value<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), FrameError> {
        let inside = match value {
            Value::Map(entries) if depth > 0 => entries.clone(),
            _ => {
                encode_text(out, name);
                return push_value(out, value);
            }
        };
        let length = name.len();
        let mut empty = true;
        for entry in inside {
            let (key, value) = entry?;
            name.extend_from_slice(&self.separator);
            name.extend_from_slice(key);
            self.push(name, &value, depth - 1, out)?;
            name.truncate(length);
            empty = false;
        }
        if empty {
            encode_text(out, name);
            push_value(out, value)?;
        }
        Ok(())
    }
}

impl Stage for Flatten {
    fn name(&self) -> &str {
        "flatten"
    }

    fn run(&mut self, batch: &mut Batch) -> StageReport {
        super::rewritten(batch, |frame, out| {
            let has_map = frame
                .top()?
                .flatten()
                .any(|(_, value)| matches!(value, Value::Map(_)));
            if has_map {
                self.flatten(frame, out)
            } else {
                out.extend_from_slice(frame.bytes());
                Ok(())
            }
        })
    }
}
