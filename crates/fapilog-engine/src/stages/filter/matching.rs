//! Records by the text of a field.

use regex::bytes::Regex;
use serde::Deserialize;

use crate::batch::Batch;
use crate::frame_reader::{Frame, Value};
use crate::stage::{Stage, StageReport};
use crate::stages::{BuildError, compile_pattern, read_options};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    field: String,
    pattern: String,
    keep: bool,
}

/// Keeps, or takes out, records in whose field a pattern is found.
pub(super) struct Match {
    field: Vec<u8>,
    pattern: Regex,
    keep: bool,
}

impl Match {
    pub(super) fn build(options: &str) -> Result<Self, BuildError> {
        let options: Options = read_options("match", options)?;
        let pattern =
            compile_pattern(&options.pattern).map_err(|reason| BuildError::BadOptions {
                name: "match".to_owned(),
                reason,
            })?;
        Ok(Self {
            field: options.field.into_bytes(),
            pattern,
            keep: options.keep,
        })
    }

    fn is_found(&self, frame: &Frame<'_>) -> bool {
        if self.field == b"level" {
            return self.pattern.is_match(frame.level().to_string().as_bytes());
        }
        match frame.field(&self.field) {
            Some(Value::Str(text) | Value::BigInt(text)) => self.pattern.is_match(text),
            Some(Value::Int(number)) => {
                let mut digits = itoa::Buffer::new();
                self.pattern.is_match(digits.format(number).as_bytes())
            }
            Some(Value::Bool(flag)) => self.pattern.is_match(if flag { b"true" } else { b"false" }),
            Some(Value::Float(number)) => {
                let mut digits = zmij::Buffer::new();
                self.pattern.is_match(digits.format(number).as_bytes())
            }
            _ => false,
        }
    }
}

impl Stage for Match {
    fn name(&self) -> &str {
        "match"
    }

    fn run(&mut self, batch: &mut Batch) -> StageReport {
        batch.retain(|frame| self.is_found(frame) == self.keep);
        StageReport::default()
    }
}
