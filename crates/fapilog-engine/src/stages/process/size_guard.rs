//! Records that are too large.

use serde::Deserialize;

use super::truncate::cut;
use crate::batch::Batch;
use crate::frame::FieldWriter;
use crate::frame_reader::{Frame, FrameError, Value};
use crate::rewrite::{Change, Path, Visitor, append_fields, rewrite};
use crate::stage::{Stage, StageReport};
use crate::stages::{BuildError, is_fixed, read_options};

/// Texts are not cut shorter than this.
const SHORTEST_BYTES: usize = 16;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    max_bytes: usize,
    action: Action,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Truncate,
    Drop,
    Mark,
}

/// Cuts, takes out or marks records that are larger than a bound, in bytes of their frame.
pub(super) struct SizeGuard {
    max_bytes: usize,
    action: Action,
}

impl SizeGuard {
    pub(super) fn build(options: &str) -> Result<Self, BuildError> {
        let options: Options = read_options("size_guard", options)?;
        Ok(Self {
            max_bytes: options.max_bytes,
            action: options.action,
        })
    }

    fn write(&self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), FrameError> {
        if frame.bytes().len() <= self.max_bytes {
            out.extend_from_slice(frame.bytes());
            return Ok(());
        }
        let mut mark = Vec::new();
        FieldWriter::new(&mut mark).key(b"oversize_bytes");
        FieldWriter::new(&mut mark).int(i64::try_from(frame.bytes().len()).unwrap_or(i64::MAX));
        if matches!(self.action, Action::Mark) {
            return append_fields(frame, &mark, out);
        }
        let mut short = Vec::new();
        let room = self.max_bytes.saturating_sub(mark.len());
        shorten(frame, room, &mut short)?;
        let (short, _) = Frame::split(&short)?;
        append_fields(&short, &mark, out)
    }
}

/// Cuts all texts to ever fewer bytes until the record fits; if that is not enough, everything but
/// the message is left out.
fn shorten(frame: &Frame<'_>, room: usize, out: &mut Vec<u8>) -> Result<(), FrameError> {
    let mut longest = room;
    while longest >= SHORTEST_BYTES {
        longest /= 2;
        out.clear();
        rewrite(frame, &Cut(longest), out)?;
        if out.len() <= room {
            return Ok(());
        }
    }
    out.clear();
    rewrite(frame, &OnlyMessage, out)
}

struct Cut(usize);

impl Visitor for Cut {
    fn value(&self, path: &Path<'_>, value: &Value<'_>) -> Change {
        match value {
            Value::Str(text) if text.len() > self.0 && !is_fixed(path) => {
                Change::Text(cut(text, self.0))
            }
            _ => Change::None,
        }
    }
}

struct OnlyMessage;

impl Visitor for OnlyMessage {
    fn value(&self, path: &Path<'_>, value: &Value<'_>) -> Change {
        match value {
            Value::Str(text) if path == [b"message"] && text.len() > SHORTEST_BYTES => {
                Change::Text(cut(text, SHORTEST_BYTES))
            }
            _ if path == [b"message"] => Change::Keep,
            _ if is_fixed(path) => Change::Keep,
            _ => Change::Remove,
        }
    }
}

impl Stage for SizeGuard {
    fn name(&self) -> &str {
        "size_guard"
    }

    fn run(&mut self, batch: &mut Batch) -> StageReport {
        let fits = |frame: &Frame<'_>| frame.bytes().len() <= self.max_bytes;
        if batch.frames().flatten().all(|frame| fits(&frame)) {
            return StageReport::default();
        }
        if matches!(self.action, Action::Drop) {
            batch.retain(fits);
            return StageReport::default();
        }
        super::rewritten(batch, |frame, out| self.write(frame, out))
    }
}
