//! The worker: takes batches from the queue, runs the stages, encodes, hands to the lanes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::batch::Batch;
use crate::delivery::{Delivery, Lines};
use crate::diagnostics::Diagnostics;
use crate::format::JsonEncoder;
use crate::lane::Lane;
use crate::latch::EndGuard;
use crate::ledger::{DropReason, Ledger};
use crate::pipeline::Overflow;
use crate::pool::BufferPool;
use crate::queue::Queue;
use crate::sink::SinkInput;
use crate::stage::Stage;

pub(crate) struct Worker {
    pub(crate) queue: Arc<Queue>,
    pub(crate) pool: Arc<BufferPool>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) diagnostics: Arc<Diagnostics>,
    pub(crate) overflow: Overflow,
    pub(crate) stages: Vec<Box<dyn Stage>>,
    pub(crate) lanes: Arc<[Lane]>,
    pub(crate) encoder: JsonEncoder,
}

impl Worker {
    /// Works until the queue is closed and empty, then closes stages and lanes.
    pub(crate) fn run(mut self, end: EndGuard) {
        let mut batch = Batch::default();
        while self.queue.take(&mut batch) {
            let (records, bytes) = (batch.records(), batch.bytes());
            self.run_stages(&mut batch);
            self.hand_over(std::mem::take(&mut batch));
            self.queue.release(records, bytes);
        }
        for stage in &mut self.stages {
            if catch_unwind(AssertUnwindSafe(|| stage.stop())).is_err() {
                let name = stage.name();
                self.diagnostics.report(
                    &format!("stage {name}: stop"),
                    &format!("stage `{name}` panicked while it was stopped"),
                );
            }
        }
        for lane in self.lanes.iter() {
            lane.close();
        }
        drop(end);
    }

    fn run_stages(&mut self, batch: &mut Batch) {
        for stage in &mut self.stages {
            if batch.is_empty() {
                return;
            }
            let before = batch.records();
            let outcome = catch_unwind(AssertUnwindSafe(|| stage.run(batch)));
            let (lost, problem) = match outcome {
                Ok(report) => (report.lost, report.problem),
                Err(_) => {
                    batch.clear();
                    (before, Some("it panicked".to_owned()))
                }
            };
            let missing = before.saturating_sub(batch.records());
            let lost = lost.min(missing);
            self.ledger
                .drop_records(DropReason::StageFailed, lost as u64);
            self.ledger.filter((missing - lost) as u64);
            if let Some(problem) = problem {
                let name = stage.name();
                self.diagnostics.report(
                    &format!("stage {name}"),
                    &format!("stage `{name}`: {problem}"),
                );
            }
        }
    }

    /// Encodes a batch if any sink reads text, and puts it in front of every sink.
    fn hand_over(&mut self, mut batch: Batch) {
        if batch.is_empty() {
            return self.pool.give(batch.into_buffer());
        }
        let reads_lines = |lane: &Lane| lane.input() == SinkInput::JsonLines;
        let lines = self
            .lanes
            .iter()
            .any(reads_lines)
            .then(|| self.encode(&mut batch));
        let delivery = Arc::new(Delivery::new(
            batch,
            lines,
            Arc::clone(&self.ledger),
            Arc::clone(&self.pool),
        ));
        let wait = matches!(self.overflow, Overflow::Block(_));
        for lane in self.lanes.iter() {
            lane.send(&delivery, wait);
        }
    }

    /// The batch's lines. Records that cannot be encoded are taken out of the batch and counted,
    /// so that lines and frames stay side by side.
    fn encode(&mut self, batch: &mut Batch) -> Lines {
        // Keys of the fixed fields and quotes make a line longer than its frame.
        let room = batch.bytes() + 64 * batch.records();
        let mut lines = Lines::reusing(self.pool.take(room), batch.records());
        let before = batch.records();
        let encoder = &mut self.encoder;
        batch.retain(|frame| lines.push(|text| encoder.encode(frame, text)).is_ok());
        let lost = before - batch.records();
        if lost > 0 {
            self.ledger
                .drop_records(DropReason::StageFailed, lost as u64);
            self.diagnostics
                .report("encode", &format!("{lost} malformed records were dropped"));
        }
        lines
    }
}
