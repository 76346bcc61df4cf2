//! The same record again and again.

use serde::Deserialize;

use crate::batch::Batch;
use crate::frame::FieldWriter;
use crate::frame_reader::Frame;
use crate::rewrite::append_fields;
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

/// Of records with the same key the first one in a window is kept. The first one after the window
/// says in the field `suppressed` how many were not.
pub(super) struct Deduplicate {
    window_micros: i64,
    keys: Vec<String>,
    seen: Keyed<Seen>,
    /// Suppressed records of keys that were forgotten before one could say so.
    unsaid: u64,
    key: Vec<u8>,
}

#[derive(Debug)]
struct Seen {
    /// When the window began; before the first record there is none.
    since: Option<i64>,
    suppressed: u64,
}

enum Fate {
    Kept,
    /// Kept, after so many that were not.
    KeptAfter(u64),
    Suppressed,
}

impl Deduplicate {
    pub(super) fn build(options: &str) -> Result<Self, BuildError> {
        let options: Options = read_options("deduplicate", options)?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked: less than 30 years"
        )]
        let window_micros = (options.window * 1e6) as i64;
        Ok(Self {
            window_micros,
            keys: options.keys,
            seen: Keyed::new(options.max_keys),
            unsaid: 0,
            key: Vec::new(),
        })
    }

    fn fate(&mut self, frame: &Frame<'_>) -> Fate {
        key_of(frame, &self.keys, &mut self.key);
        let new = || Seen {
            since: None,
            suppressed: 0,
        };
        let unsaid = &mut self.unsaid;
        let seen = self
            .seen
            .get(&self.key, new, |seen| *unsaid += seen.suppressed);
        let now = frame.micros();
        if seen
            .since
            .is_some_and(|since| now.saturating_sub(since) < self.window_micros)
        {
            seen.suppressed += 1;
            return Fate::Suppressed;
        }
        seen.since = Some(now);
        match std::mem::take(&mut seen.suppressed) {
            0 => Fate::Kept,
            suppressed => Fate::KeptAfter(suppressed),
        }
    }
}

impl Stage for Deduplicate {
    fn name(&self) -> &str {
        "deduplicate"
    }

    fn run(&mut self, batch: &mut Batch) -> StageReport {
        let (mut after, mut bytes) = (Batch::default(), Vec::new());
        let mut lost = 0;
        for frame in batch.frames().flatten() {
            match self.fate(&frame) {
                Fate::Kept => after.push(frame.bytes()),
                Fate::Suppressed => {}
                Fate::KeptAfter(suppressed) => {
                    let mut field = Vec::new();
                    let mut writer = FieldWriter::new(&mut field);
                    writer.key(b"suppressed");
                    writer.int(i64::try_from(suppressed).unwrap_or(i64::MAX));
                    bytes.clear();
                    if append_fields(&frame, &field, &mut bytes).is_ok() {
                        after.push(&bytes);
                    } else {
                        lost += 1;
                    }
                }
            }
        }
        *batch = after;
        StageReport {
            lost,
            problem: None,
        }
    }

    fn stop(&mut self) -> Option<String> {
        let left: u64 = self.seen.values().map(|seen| seen.suppressed).sum();
        let total = left + self.unsaid;
        (total > 0).then(|| format!("{total} suppressed records were not said in any record"))
    }
}
