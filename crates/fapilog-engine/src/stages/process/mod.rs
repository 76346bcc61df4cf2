//! Processors: change records.

mod drop_fields;
mod flatten;
mod rename;
mod size_guard;
mod truncate;
mod validate;

use crate::batch::Batch;
use crate::frame_reader::{Frame, FrameError};
use crate::rewrite::{Visitor, changes, rewrite};
use crate::stage::{Stage, StageReport};
use crate::stages::BuildError;

pub(super) fn build(name: &str, options: &str) -> Result<Box<dyn Stage>, BuildError> {
    Ok(match name {
        "drop_fields" => visiting("drop_fields", drop_fields::DropFields::build(options)?),
        "flatten" => Box::new(flatten::Flatten::build(options)?),
        "rename" => Box::new(rename::Rename::build(options)?),
        "size_guard" => Box::new(size_guard::SizeGuard::build(options)?),
        "truncate" => visiting("truncate", truncate::Truncate::build(options)?),
        "validate" => Box::new(validate::Validate::build(options)?),
        _ => {
            return Err(BuildError::UnknownType {
                kind: "processor",
                name: name.to_owned(),
            });
        }
    })
}

fn visiting(name: &'static str, visitor: impl Visitor + Send + 'static) -> Box<dyn Stage> {
    Box::new(Visiting { name, visitor })
}

/// A processor that changes values one by one.
struct Visiting<V> {
    name: &'static str,
    visitor: V,
}

impl<V: Visitor + Send> Stage for Visiting<V> {
    fn name(&self) -> &str {
        self.name
    }

    fn run(&mut self, batch: &mut Batch) -> StageReport {
        let stays = |frame: Result<Frame<'_>, FrameError>| {
            frame.is_ok_and(|frame| changes(&frame, &self.visitor) == Ok(false))
        };
        if batch.frames().all(stays) {
            return StageReport::default();
        }
        rewritten(batch, |frame, out| rewrite(frame, &self.visitor, out))
    }
}

/// Rewrites every record; those that cannot be read are lost and counted.
fn rewritten(
    batch: &mut Batch,
    mut write: impl FnMut(&Frame<'_>, &mut Vec<u8>) -> Result<(), FrameError>,
) -> StageReport {
    let before = batch.records();
    let mut after = batch.successor();
    for frame in batch.frames().flatten() {
        // A failure leaves the bytes alone; the count says that one is missing.
        let _ = after.push_with(|out| write(&frame, out));
    }
    batch.replace(after);
    let lost = before - batch.records();
    StageReport {
        lost,
        problem: (lost > 0).then(|| format!("{lost} malformed records were dropped")),
    }
}
