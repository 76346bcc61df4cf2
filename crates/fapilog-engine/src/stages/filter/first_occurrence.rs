//! What was not seen for a while.

use serde::Deserialize;

use crate::batch::Batch;
use crate::frame_reader::Frame;
use crate::stage::{Stage, StageReport};
use crate::stages::keyed::{Keyed, key_of};
use crate::stages::{BuildError, read_options};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    window: f64,
    keys: Vec<String>,
    max_keys: usize,
}

/// Keeps a record when none with the same key came for a while; each one that comes begins that
/// while anew.
pub(super) struct FirstOccurrence {
    window_micros: i64,
    keys: Vec<String>,
    last: Keyed<Option<i64>>,
    key: Vec<u8>,
}

impl FirstOccurrence {
    pub(super) fn build(options: &str) -> Result<Self, BuildError> {
        let options: Options = read_options("first_occurrence", options)?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked: less than 30 years"
        )]
        let window_micros = (options.window * 1e6) as i64;
        Ok(Self {
            window_micros,
            keys: options.keys,
            last: Keyed::new(options.max_keys),
            key: Vec::new(),
        })
    }

    fn keeps(&mut self, frame: &Frame<'_>) -> bool {
        key_of(frame, &self.keys, &mut self.key);
        let last = self.last.get(&self.key, || None, drop);
        let now = frame.micros();
        let before = last.replace(now);
        before.is_none_or(|before| now.saturating_sub(before) >= self.window_micros)
    }
}

impl Stage for FirstOccurrence {
    fn name(&self) -> &str {
        "first_occurrence"
    }

    fn run(&mut self, batch: &mut Batch) -> StageReport {
        batch.retain(|frame| self.keeps(frame));
        StageReport::default()
    }
}
