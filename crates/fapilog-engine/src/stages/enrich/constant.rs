//! The same fields for every record.

use serde::Deserialize;

use crate::batch::Batch;
use crate::frame::FieldWriter;
use crate::frame_reader::{Fields, Frame, FrameError};
use crate::rewrite::{append_fields, spans};
use crate::stage::{Stage, StageReport};
use crate::stages::json::encode_json;
use crate::stages::{BuildError, read_options};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    fields: serde_json::Map<String, serde_json::Value>,
}

/// Adds fields that never change, but for keys that a record has already.
pub(super) struct Constant {
    name: String,
    fields: Vec<u8>,
}

impl Constant {
    pub(super) fn build(name: &str, options: &str) -> Result<Self, BuildError> {
        let options: Options = read_options(name, options)?;
        let mut fields = Vec::new();
        for (key, value) in &options.fields {
            FieldWriter::new(&mut fields).key(key.as_bytes());
            encode_json(&mut fields, value);
        }
        Ok(Self {
            name: name.to_owned(),
            fields,
        })
    }

    fn append(&self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), FrameError> {
        let keys = Fields::new(&self.fields).flatten().map(|(key, _)| key);
        let mut present = false;
        for field in frame.top()? {
            let (key, _) = field?;
            present |= keys.clone().any(|added| added == key);
        }
        if !present {
            return append_fields(frame, &self.fields, out);
        }
        let missing: Vec<u8> = spans(&self.fields)
            .into_iter()
            .filter(|(key, _)| frame.field(key).is_none())
            .flat_map(|(_, field)| field)
            .copied()
            .collect();
        append_fields(frame, &missing, out)
    }
}

impl Stage for Constant {
    fn name(&self) -> &str {
        &self.name
    }

    fn run(&mut self, batch: &mut Batch) -> StageReport {
        if self.fields.is_empty() {
            return StageReport::default();
        }
        let mut after = batch.successor();
        let before = batch.records();
        for frame in batch.frames().flatten() {
            // What cannot be read is left out and counted.
            let _ = after.push_with(|bytes| self.append(&frame, bytes));
        }
        batch.replace(after);
        StageReport {
            lost: before - batch.records(),
            problem: None,
        }
    }
}
