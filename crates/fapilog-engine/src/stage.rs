//! What happens to records between the queue and the sinks.

use crate::batch::Batch;

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

    /// Called once, after the last batch.
    fn stop(&mut self) {}
}

/// What a stage says of one batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageReport {
    /// Records lost to a failure rather than filtered on purpose.
    pub lost: usize,
    /// What went wrong, for the diagnostics; empty when nothing did.
    pub problem: Option<String>,
}
