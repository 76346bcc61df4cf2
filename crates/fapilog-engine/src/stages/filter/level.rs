//! Records by their level.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::batch::Batch;
use crate::frame_reader::{Frame, Value};
use crate::level::Level;
use crate::stage::{Stage, StageReport};
use crate::stages::{BuildError, read_options};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    minimum: u8,
    loggers: BTreeMap<String, u8>,
}

/// Keeps records of a least level, which may differ by logger: of the names that are above a
/// logger's own the longest counts.
pub(super) struct LevelFilter {
    minimum: Level,
    /// Longest names first.
    loggers: Vec<(Vec<u8>, Level)>,
}

impl LevelFilter {
    pub(super) fn build(options: &str) -> Result<Self, BuildError> {
        let options: Options = read_options("level", options)?;
        let mut loggers: Vec<(Vec<u8>, Level)> = options
            .loggers
            .into_iter()
            .map(|(name, level)| (name.into_bytes(), Level::new(level)))
            .collect();
        loggers.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Ok(Self {
            minimum: Level::new(options.minimum),
            loggers,
        })
    }

    fn keeps(&self, frame: &Frame<'_>) -> bool {
        let level = frame.level();
        if self.loggers.is_empty() {
            return level >= self.minimum;
        }
        let Some(Value::Str(logger)) = frame.field(b"logger") else {
            return level >= self.minimum;
        };
        let minimum = self
            .loggers
            .iter()
            .find(|(name, _)| is_at_or_below(logger, name))
            .map_or(self.minimum, |(_, minimum)| *minimum);
        level >= minimum
    }
}

/// Whether a logger has a name or one below it.
fn is_at_or_below(logger: &[u8], name: &[u8]) -> bool {
    logger
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest[0] == b'.')
}

impl Stage for LevelFilter {
    fn name(&self) -> &str {
        "level"
    }

    fn run(&mut self, batch: &mut Batch) -> StageReport {
        // Most batches stay whole: nothing is moved then.
        if !batch.frames().flatten().all(|frame| self.keeps(&frame)) {
            batch.retain(|frame| self.keeps(frame));
        }
        StageReport::default()
    }
}
