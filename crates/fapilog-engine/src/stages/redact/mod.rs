//! Redactors: take secrets out of records, last before any byte leaves the process.

mod allow;
mod card;
mod fields;
mod known;
mod patterns;
mod url;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::batch::Batch;
use crate::frame::{Flags, FrameWriter, encode_text};
use crate::frame_reader::{Frame, FrameError, Value};
use crate::rewrite::{Visitor, changes, rewrite};
use crate::stage::{Stage, StageReport};
use crate::stages::BuildError;

pub use known::KNOWN_PATTERNS;

/// Takes secrets out of one record. May be used from several threads at once.
pub trait FrameRedactor: Send + Sync {
    /// Whether there is anything to take out.
    ///
    /// # Errors
    /// [`FrameError`] for a malformed frame.
    fn finds(&self, frame: &Frame<'_>) -> Result<bool, FrameError>;

    /// Appends the record without its secrets.
    ///
    /// # Errors
    /// [`FrameError`] for a malformed frame; nothing was appended then.
    fn redact(&self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), FrameError>;
}

impl<V: Visitor + Send + Sync> FrameRedactor for V {
    fn finds(&self, frame: &Frame<'_>) -> Result<bool, FrameError> {
        changes(frame, self)
    }

    fn redact(&self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), FrameError> {
        rewrite(frame, self, out)
    }
}

/// The redactor of a type, with options as a JSON object.
///
/// # Errors
/// [`BuildError`].
pub fn build_redactor(name: &str, options: &str) -> Result<Box<dyn FrameRedactor>, BuildError> {
    match name {
        "fields" => Ok(Box::new(fields::Fields::build(options)?)),
        "patterns" => Ok(Box::new(patterns::Patterns::build(options)?)),
        "allow_list" => Ok(Box::new(allow::AllowList::build(options)?)),
        _ => Err(BuildError::UnknownType {
            kind: "redactor",
            name: name.to_owned(),
        }),
    }
}

/// A redactor in its place in a pipeline.
pub(crate) struct RedactStage {
    name: String,
    redactor: Box<dyn FrameRedactor>,
}

impl RedactStage {
    pub(crate) fn new(name: &str, redactor: Box<dyn FrameRedactor>) -> Self {
        Self {
            name: name.to_owned(),
            redactor,
        }
    }
}

impl Stage for RedactStage {
    fn name(&self) -> &str {
        &self.name
    }

    fn run(&mut self, batch: &mut Batch) -> StageReport {
        // Most records hold no secret: they are only read.
        let clean = |frame: Result<Frame<'_>, FrameError>| {
            frame.is_ok_and(|frame| self.finds(&frame) == Some(false))
        };
        if batch.frames().all(clean) {
            return StageReport::default();
        }
        let before = batch.records();
        let mut after = batch.successor();
        let mut withheld = 0;
        for frame in batch.frames().flatten() {
            let written = after.push_with(|bytes| {
                let start = bytes.len();
                if !self.redact(&frame, bytes) {
                    withheld += 1;
                    bytes.truncate(start);
                    withhold(&frame, &self.name, bytes);
                }
                Ok::<(), std::convert::Infallible>(())
            });
            let Ok(()) = written;
        }
        batch.replace(after);
        StageReport {
            lost: before - batch.records(),
            problem: (withheld > 0)
                .then(|| format!("it failed on {withheld} records, their values are withheld")),
        }
    }
}

impl RedactStage {
    /// `None` when it fails.
    fn finds(&self, frame: &Frame<'_>) -> Option<bool> {
        catch_unwind(AssertUnwindSafe(|| self.redactor.finds(frame)))
            .ok()?
            .ok()
    }

    /// Whether it worked; else nothing of what was appended may be used.
    fn redact(&self, frame: &Frame<'_>, out: &mut Vec<u8>) -> bool {
        match self.finds(frame) {
            Some(false) => out.extend_from_slice(frame.bytes()),
            Some(true) => {
                let run = || self.redactor.redact(frame, out);
                return catch_unwind(AssertUnwindSafe(run)).is_ok_and(|result| result.is_ok());
            }
            None => return false,
        }
        true
    }
}

/// Redactors in a row, for one record at a time.
pub(crate) struct Redaction(Vec<RedactStage>);

impl Redaction {
    pub(crate) fn new(redactors: Vec<(String, Box<dyn FrameRedactor>)>) -> Self {
        let stage = |(name, redactor): (String, _)| RedactStage::new(&name, redactor);
        Self(redactors.into_iter().map(stage).collect())
    }

    /// Puts the record without its secrets into `out`; false when there was nothing to take out,
    /// and nothing is in `out`.
    pub(crate) fn redact(&self, frame: &Frame<'_>, out: &mut Vec<u8>) -> bool {
        let mut changed = false;
        for stage in &self.0 {
            let current = match Frame::split(out) {
                Ok((redacted, _)) if changed => redacted,
                _ => *frame,
            };
            let mut next = Vec::new();
            if stage.finds(&current) == Some(false) {
                continue;
            }
            if !stage.redact(&current, &mut next) {
                next.clear();
                withhold(&current, &stage.name, &mut next);
            }
            *out = next;
            changed = true;
        }
        changed
    }
}

/// What a record keeps when a redactor failed on it: nothing that an application or a plugin put
/// in, but for the name of the logger.
pub(crate) fn withhold(frame: &Frame<'_>, redactor: &str, out: &mut Vec<u8>) {
    let mut logger = Vec::new();
    match frame.field(b"logger") {
        Some(Value::Str(name)) => encode_text(&mut logger, name),
        _ => encode_text(&mut logger, b""),
    }
    let message = format!("[withheld: redactor {redactor} failed]");
    let writer = FrameWriter::captured(
        out,
        frame.level(),
        Flags::NONE,
        frame.micros(),
        &logger,
        message.as_bytes(),
    );
    // A frame of some hundred bytes is never too long.
    let _ = writer.finish();
}
