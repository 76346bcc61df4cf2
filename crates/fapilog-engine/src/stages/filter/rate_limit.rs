//! So many records a second for each key.

use serde::Deserialize;

use crate::batch::Batch;
use crate::frame_reader::Frame;
use crate::level::{Level, LevelSet};
use crate::stage::{Stage, StageReport};
use crate::stages::keyed::{Keyed, key_of};
use crate::stages::{BuildError, read_options};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    per_second: f64,
    burst: f64,
    keys: Vec<String>,
    max_keys: usize,
    one_in: u64,
    protected: Vec<u8>,
}

/// A bucket of tokens for each key: full at first, filled at a steady rate; each record that is
/// kept takes a token. The records' own times count, so that the result does not depend on when
/// the worker sees them.
pub(super) struct RateLimit {
    per_micro: f64,
    burst: f64,
    keys: Vec<String>,
    /// Of those over the limit one in so many is kept; 0 keeps none.
    one_in: u64,
    protected: LevelSet,
    buckets: Keyed<Bucket>,
    key: Vec<u8>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    micros: i64,
    over: u64,
}

impl RateLimit {
    pub(super) fn build(options: &str) -> Result<Self, BuildError> {
        let options: Options = read_options("rate_limit", options)?;
        Ok(Self {
            per_micro: options.per_second / 1e6,
            burst: options.burst,
            keys: options.keys,
            one_in: options.one_in,
            protected: options.protected.into_iter().map(Level::new).collect(),
            buckets: Keyed::new(options.max_keys),
            key: Vec::new(),
        })
    }

    fn keeps(&mut self, frame: &Frame<'_>) -> bool {
        if self.protected.contains(frame.level()) {
            return true;
        }
        key_of(frame, &self.keys, &mut self.key);
        let (full, now) = (self.burst, frame.micros());
        let new = || Bucket {
            tokens: full,
            micros: now,
            over: 0,
        };
        let bucket = self.buckets.get(&self.key, new, drop);
        // Threads may hand over records a little out of order: time never runs backwards here.
        let passed = now.saturating_sub(bucket.micros).max(0);
        #[expect(clippy::cast_precision_loss, reason = "microseconds of some days fit")]
        let gained = passed as f64 * self.per_micro;
        bucket.tokens = (bucket.tokens + gained).min(full);
        bucket.micros = bucket.micros.max(now);
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return true;
        }
        bucket.over += 1;
        self.one_in > 0 && bucket.over.is_multiple_of(self.one_in)
    }
}

impl Stage for RateLimit {
    fn name(&self) -> &str {
        "rate_limit"
    }

    fn run(&mut self, batch: &mut Batch) -> StageReport {
        batch.retain(|frame| self.keeps(frame));
        StageReport::default()
    }
}
