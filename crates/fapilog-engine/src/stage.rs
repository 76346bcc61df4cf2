//! What happens to records between the queue and the sinks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::batch::Batch;
use crate::histogram::{Histogram, Latency};

/// A step on the way of a batch.
///
/// Called from the pipeline's worker thread only, one batch at a time, in the order in which
/// records were accepted. It may block: nothing else waits for it but the records behind. A panic
/// drops the batch it was working on, counted as `stage_failed`; the next batch comes all the
/// same.
pub trait Stage: Send {
    /// Name in diagnostics.
    fn name(&self) -> &str;

    /// Works on a batch in place: may change records and take some out, never adds any. What is
    /// missing afterwards counts as filtered, but for what the report says was lost.
    fn run(&mut self, batch: &mut Batch) -> StageReport;

    /// Called once, after the last batch; what there is to say at the end goes to the diagnostics.
    fn stop(&mut self) -> Option<String> {
        None
    }
}

/// What a stage says of one batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageReport {
    /// Records lost to a failure rather than filtered on purpose.
    pub lost: usize,
    /// What went wrong, for the diagnostics; empty when nothing did.
    pub problem: Option<String>,
}

/// Counts of one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageSnapshot {
    /// The stage's name.
    pub name: String,
    /// Records that it was given.
    pub records: u64,
    /// Records that it took out on purpose.
    pub filtered: u64,
    /// Records that it lost.
    pub lost: u64,
    /// Batches on which something went wrong.
    pub errors: u64,
    /// How long it took for a batch.
    pub latency: Latency,
}

/// Counts of one stage while it runs; any thread may read them.
#[derive(Debug, Default)]
pub(crate) struct StageCounts {
    name: String,
    records: AtomicU64,
    filtered: AtomicU64,
    lost: AtomicU64,
    errors: AtomicU64,
    latency: Histogram,
}

impl StageCounts {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn add(
        &self,
        records: usize,
        filtered: usize,
        lost: usize,
        failed: bool,
        took: Duration,
    ) {
        self.records.fetch_add(records as u64, Ordering::Relaxed);
        self.filtered.fetch_add(filtered as u64, Ordering::Relaxed);
        self.lost.fetch_add(lost as u64, Ordering::Relaxed);
        self.errors.fetch_add(u64::from(failed), Ordering::Relaxed);
        self.latency.add(took);
    }

    pub(crate) fn snapshot(&self) -> StageSnapshot {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        StageSnapshot {
            name: self.name.clone(),
            records: count(&self.records),
            filtered: count(&self.filtered),
            lost: count(&self.lost),
            errors: count(&self.errors),
            latency: self.latency.snapshot(),
        }
    }
}
