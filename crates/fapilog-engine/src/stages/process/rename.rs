//! Other names for fields.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::batch::Batch;
use crate::frame::{FieldWriter, Flags, encode_text};
use crate::frame_reader::{Frame, FrameError};
use crate::rewrite::{push_value, write_frame};
use crate::stage::{Stage, StageReport};
use crate::stages::{BuildError, read_options};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    fields: BTreeMap<String, String>,
}

/// Renames fields at the top of records. A field that had the new name before is replaced.
pub(super) struct Rename(Vec<(Vec<u8>, Vec<u8>)>);

impl Rename {
    pub(super) fn build(options: &str) -> Result<Self, BuildError> {
        let options: Options = read_options("rename", options)?;
        let names = options.fields.into_iter();
        Ok(Self(
            names
                .map(|(old, new)| (old.into_bytes(), new.into_bytes()))
                .collect(),
        ))
    }

    fn new_name(&self, key: &[u8]) -> Option<&[u8]> {
        let known = self.0.iter().find(|(old, _)| old == key);
        known.map(|(_, new)| new.as_slice())
    }

    fn concerns(&self, frame: &Frame<'_>) -> Result<bool, FrameError> {
        for field in frame.top()? {
            if self.new_name(field?.0).is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn rename(&self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), FrameError> {
        if !self.concerns(frame)? {
            out.extend_from_slice(frame.bytes());
            return Ok(());
        }
        // Names that renamed fields take over.
        let taken: Vec<&[u8]> = frame
            .top()?
            .flatten()
            .filter_map(|(key, _)| self.new_name(key))
            .collect();
        let flat = frame.flags().contains(Flags::FLAT);
        write_frame(frame, out, |out, fields, message| {
            if let Some(message) = message {
                encode_text(out, message);
            }
            for field in fields {
                let (key, value) = field?;
                match self.new_name(key) {
                    Some(new) if flat => FieldWriter::new(out).raw_key(new),
                    Some(new) => _ = FieldWriter::new(out).key(new),
                    None if taken.contains(&key) => continue,
                    None => FieldWriter::new(out).raw_key(key),
                }
                push_value(out, &value)?;
            }
            Ok(())
        })
    }
}

impl Stage for Rename {
    fn name(&self) -> &str {
        "rename"
    }

    fn run(&mut self, batch: &mut Batch) -> StageReport {
        super::rewritten(batch, |frame, out| self.rename(frame, out))
    }
}
