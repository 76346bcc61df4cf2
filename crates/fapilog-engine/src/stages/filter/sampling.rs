//! A share of the records, by chance that can be repeated.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::batch::Batch;
use crate::frame_reader::Frame;
use crate::level::{Level, LevelSet};
use crate::rewrite::push_value;
use crate::stage::{Stage, StageReport};
use crate::stages::{BuildError, read_options};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    rate: f64,
    levels: BTreeMap<u8, f64>,
    seed: u64,
    trace_key: Option<String>,
    protected: Vec<u8>,
}

/// Keeps a share of the records. With a trace key all records of one trace are kept or none.
pub(super) struct Sampling {
    /// By level: kept when the number that was drawn is below.
    bounds: [u64; 256],
    seed: u64,
    drawn: u64,
    trace_key: Option<Vec<u8>>,
    protected: LevelSet,
    scratch: Vec<u8>,
}

impl Sampling {
    pub(super) fn build(options: &str) -> Result<Self, BuildError> {
        let options: Options = read_options("sampling", options)?;
        let mut bounds = [bound(options.rate); 256];
        for (level, rate) in options.levels {
            bounds[usize::from(level)] = bound(rate);
        }
        Ok(Self {
            bounds,
            seed: options.seed,
            drawn: 0,
            trace_key: options.trace_key.map(String::into_bytes),
            protected: options.protected.into_iter().map(Level::new).collect(),
            scratch: Vec::new(),
        })
    }

    fn keeps(&mut self, frame: &Frame<'_>) -> bool {
        if self.protected.contains(frame.level()) {
            return true;
        }
        let number = match self.trace_number(frame) {
            Some(number) => number,
            None => {
                self.drawn = self.drawn.wrapping_add(1);
                mixed(self.seed ^ mixed(self.drawn))
            }
        };
        let bound = self.bounds[usize::from(frame.level().number())];
        number < bound || bound == u64::MAX
    }

    /// A number that only the trace and the seed decide; of every level and in every process.
    fn trace_number(&mut self, frame: &Frame<'_>) -> Option<u64> {
        let value = frame.field(self.trace_key.as_ref()?)?;
        self.scratch.clear();
        push_value(&mut self.scratch, &value).ok()?;
        let mut number = mixed(self.seed);
        for chunk in self.scratch.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            number = mixed(number ^ u64::from_le_bytes(word));
        }
        Some(number)
    }
}

/// Numbers below this are so large a share of all numbers.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share from 0 to 1 of all numbers; the last bits don't matter"
)]
fn bound(rate: f64) -> u64 {
    (rate.clamp(0.0, 1.0) * u64::MAX as f64) as u64
}

/// SplitMix64's finalizer (Steele, Lea, Flood 2014): every bit of the input moves every bit of the
/// result.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

impl Stage for Sampling {
    fn name(&self) -> &str {
        "sampling"
    }

    fn run(&mut self, batch: &mut Batch) -> StageReport {
        batch.retain(|frame| self.keeps(frame));
        StageReport::default()
    }
}
