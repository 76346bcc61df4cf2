//! What becomes of a batch after a plugin answered.

use fapilog_abi::batch::{VERDICT_DROP, VERDICT_FAILED, VERDICT_KEEP, VERDICT_REPLACE};
use fapilog_abi::frame::{MAX_RECORD_BYTES, RESERVED_KEYS};

use super::NativeKind;
use super::check::check_frame;
use crate::batch::{Batch, Frames};
use crate::frame::{Flags, HEADER_BYTES};
use crate::frame_reader::{Frame, FrameError};
use crate::rewrite::{append_fields, spans};
use crate::stages::withhold;

/// A batch with the answer in it.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) batch: Batch,
    /// Records on which the plugin failed.
    pub(super) failed: usize,
}

/// The answer contradicts itself or the contract; nothing of it may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadAnswer {
    #[error("its answer has a verdict {0} that its kind must not give")]
    Verdict(u8),
    #[error("its answer has fewer frames than verdicts that name one")]
    TooFew,
    #[error("its answer has bytes that belong to no verdict")]
    TooMany,
    #[error("its answer cannot be used: {0}")]
    Malformed(#[from] FrameError),
}

/// The batch as the plugin wants it.
///
/// # Errors
/// [`BadAnswer`].
pub(super) fn apply(
    kind: NativeKind,
    name: &str,
    batch: &Batch,
    verdicts: &[u8],
    frames: Frames<'_>,
) -> Result<Answered, BadAnswer> {
    let mut answered = Answered {
        batch: Batch::reusing(Vec::with_capacity(batch.bytes() + batch.bytes() / 4)),
        failed: 0,
    };
    let mut frames = frames;
    let mut given = 0;
    for (frame, &verdict) in batch.frames().flatten().zip(verdicts) {
        given += 1;
        match verdict {
            VERDICT_KEEP => answered.batch.push(frame.bytes()),
            VERDICT_DROP if may_drop(kind) => {}
            VERDICT_REPLACE if kind != NativeKind::Filter => {
                let new = frames.next().ok_or(BadAnswer::TooFew)??;
                check_frame(&new)?;
                if kind == NativeKind::Enricher {
                    enrich(&frame, &new, &mut answered.batch)?;
                } else {
                    answered.batch.push(new.bytes());
                }
            }
            VERDICT_FAILED => {
                answered.failed += 1;
                push_failed(kind, name, &frame, &mut answered.batch);
            }
            other => return Err(BadAnswer::Verdict(other)),
        }
    }
    if frames.next().is_some() || given != verdicts.len() {
        return Err(BadAnswer::TooMany);
    }
    Ok(answered)
}

/// The batch after a plugin failed on all of it.
pub(super) fn apply_failure(kind: NativeKind, name: &str, batch: &mut Batch) {
    if kind != NativeKind::Redactor {
        return;
    }
    let mut after = Batch::default();
    for frame in batch.frames().flatten() {
        push_failed(kind, name, &frame, &mut after);
    }
    *batch = after;
}

fn may_drop(kind: NativeKind) -> bool {
    matches!(kind, NativeKind::Filter | NativeKind::Processor)
}

/// What a failure on one record means for each kind: only a redactor's fails closed.
fn push_failed(kind: NativeKind, name: &str, frame: &Frame<'_>, after: &mut Batch) {
    if kind != NativeKind::Redactor {
        return after.push(frame.bytes());
    }
    let mut bytes = Vec::new();
    withhold(frame, name, &mut bytes);
    after.push(&bytes);
}

/// Appends the record with those of the plugin's fields that it does not have.
fn enrich(frame: &Frame<'_>, added: &Frame<'_>, after: &mut Batch) -> Result<(), BadAnswer> {
    if !added.flags().contains(Flags::FLAT) {
        return Err(FrameError("fields to add come in a flat frame").into());
    }
    let has = |key: &[u8]| {
        RESERVED_KEYS.iter().any(|reserved| reserved.as_bytes() == key)
            || frame
                .top()
                .is_ok_and(|mut fields| fields.any(|field| field.is_ok_and(|(k, _)| k == key)))
    };
    let mut fields = Vec::new();
    for (key, encoded) in spans(&added.bytes()[HEADER_BYTES..]) {
        if !has(key) {
            fields.extend_from_slice(encoded);
        }
    }
    if frame.bytes().len() + fields.len() > MAX_RECORD_BYTES {
        return Err(FrameError("with its fields a record is larger than 4 MiB").into());
    }
    after.push_with(|out| append_fields(frame, &fields, out))?;
    Ok(())
}
