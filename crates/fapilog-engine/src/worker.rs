//! The worker: takes batches from the queue, runs the stages, encodes, hands to the lanes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use crate::batch::Batch;
use crate::delivery::{Delivery, Lines};
use crate::diagnostics::Diagnostics;
use crate::format::{EncodeError, Encoder, JsonEncoder};
use crate::frame_reader::Frame;
use crate::journal::{Journal, Recovered, RecoveredBatch, Staged};
use crate::lane::{Lane, WhenFull};
use crate::latch::EndGuard;
use crate::ledger::{DropReason, Ledger};
use crate::level::LevelSet;
use crate::pool::{BufferPool, LARGEST_KEPT_BYTES};
use crate::portion::{Load, Selection};
use crate::queue::{Overflow, Queue};
use crate::stage::{Stage, StageCounts};

pub(crate) struct Worker {
    pub(crate) queue: Arc<Queue>,
    pub(crate) pool: Arc<BufferPool>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) diagnostics: Arc<Diagnostics>,
    pub(crate) overflow: Overflow,
    pub(crate) protected: LevelSet,
    pub(crate) stages: Vec<(Box<dyn Stage>, Arc<StageCounts>)>,
    pub(crate) lanes: Arc<[Lane]>,
    pub(crate) formats: Vec<Box<dyn Encoder>>,
    /// Crash-safe mode.
    pub(crate) journal: Option<Arc<Journal>>,
    /// What earlier processes left, the oldest first.
    pub(crate) recovered: Vec<Recovered>,
    /// Writes what a format failed on.
    pub(crate) plain: JsonEncoder,
    /// Memory for stages that write records anew.
    pub(crate) spare: Vec<u8>,
}

impl Worker {
    /// Works until the queue is closed and empty, then closes stages and lanes.
    pub(crate) fn run(mut self, end: EndGuard) {
        for recovered in std::mem::take(&mut self.recovered) {
            self.deliver_recovered(&recovered);
        }
        let mut batch = Batch::default();
        let mut next = 0;
        while self.queue.take(&mut batch) {
            let (records, bytes) = (batch.records(), batch.bytes());
            self.run_stages(&mut batch);
            self.queue.moved();
            let journal = self.journal.clone();
            self.hand_over(std::mem::take(&mut batch), |batch| {
                journal?.stage(next, records, batch)
            });
            next += records as u64;
            self.report_unprotected();
            self.queue.release(records, bytes);
        }
        for (stage, _) in &mut self.stages {
            let said = catch_unwind(AssertUnwindSafe(|| stage.stop()));
            let said = said.unwrap_or_else(|_| Some("it panicked while it was stopped".to_owned()));
            if let Some(said) = said {
                let name = stage.name();
                self.diagnostics.report(
                    &format!("stage {name}: stop"),
                    &format!("stage `{name}`: {said}"),
                );
            }
        }
        for lane in self.lanes.iter() {
            lane.close();
        }
        drop(end);
    }

    fn run_stages(&mut self, batch: &mut Batch) {
        batch.lend(std::mem::take(&mut self.spare));
        self.run_each_stage(batch);
        self.spare = batch.reclaim();
        // One batch of huge records must not hold on to their memory for good.
        if self.spare.capacity() > LARGEST_KEPT_BYTES {
            self.spare = Vec::new();
        }
    }

    fn run_each_stage(&mut self, batch: &mut Batch) {
        for (stage, counts) in &mut self.stages {
            if batch.is_empty() {
                return;
            }
            let before = batch.records();
            let start = Instant::now();
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
            // Counted first: who waits for records to settle looks at these counts, too.
            counts.add(
                before,
                missing - lost,
                lost,
                problem.is_some(),
                start.elapsed(),
            );
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

    /// What a process left: first the batches that it was delivering, then the records that came
    /// after them.
    fn deliver_recovered(&mut self, recovered: &Recovered) {
        for again in recovered.batches() {
            self.lose_unreadable(again.records, &again.batch);
            self.deliver_again(again);
        }
        for mut calls in recovered.calls() {
            self.lose_unreadable(calls.records, &calls.batch);
            self.run_stages(&mut calls.batch);
            self.hand_over(calls.batch, |batch| {
                recovered.stage(calls.first, calls.covers, batch)
            });
        }
    }

    /// Delivers a batch that has been through the stages to the sinks that were not done with it.
    fn deliver_again(&mut self, again: RecoveredBatch) {
        let RecoveredBatch {
            staged,
            records,
            mut batch,
        } = again;
        let lines = self.encode(&mut batch);
        if batch.records() == records {
            let delivery = self.delivery(batch, lines, Some(staged.clone()));
            let done = (0..records).filter(|&record| staged.is_marked_by_any(record));
            delivery.mark_taken(done);
            self.send(&delivery);
        } else {
            // The numbers that the marks go by are gone with the records that no format can read.
            staged.settle();
            let delivery = self.delivery(batch, lines, None);
            self.send(&delivery);
        }
    }

    /// Accounts for stored records that are no whole frames.
    fn lose_unreadable(&self, stored: usize, batch: &Batch) {
        let lost = stored.saturating_sub(batch.records()) as u64;
        if lost > 0 {
            self.ledger.drop_records(DropReason::StageFailed, lost);
            self.diagnostics.report(
                "journal",
                &format!("{lost} records of a journal are damaged and lost"),
            );
        }
    }

    /// Says once in a while that the journal could not store something.
    fn report_unprotected(&self) {
        if let Some(problem) = self
            .journal
            .as_ref()
            .and_then(|journal| journal.take_problem())
        {
            self.diagnostics.report(
                "unprotected",
                &format!(
                    "records cannot be stored in the journal and would be lost if the process \
                     were killed: {problem}"
                ),
            );
        }
    }

    /// Encodes a batch in every format that a sink reads, and puts it in front of the sinks.
    fn hand_over(&mut self, mut batch: Batch, stage: impl FnOnce(&Batch) -> Option<Staged>) {
        self.keep_routed(&mut batch);
        let lines = self.encode(&mut batch);
        let staged = stage(&batch);
        if batch.is_empty() {
            return self.pool.give(batch.into_buffer());
        }
        let delivery = self.delivery(batch, lines, staged);
        self.send(&delivery);
    }

    fn delivery(&self, batch: Batch, lines: Vec<Lines>, staged: Option<Staged>) -> Arc<Delivery> {
        Arc::new(Delivery::new(
            batch,
            lines,
            staged,
            Arc::clone(&self.ledger),
            Arc::clone(&self.pool),
        ))
    }

    /// Puts a batch in front of the sinks.
    fn send(&self, delivery: &Arc<Delivery>) {
        let when_full = self.when_full(self.protects(delivery));
        for (sink, lane) in self.lanes.iter().enumerate() {
            if lane.only_diverted {
                continue;
            }
            let records = selection(sink, lane, delivery);
            if records.len() > 0 {
                let delivery = Arc::clone(delivery);
                let load = Load {
                    delivery,
                    records,
                    sink,
                };
                let when_full = if lane.observes {
                    WhenFull::DropNewest
                } else {
                    when_full
                };
                lane.send(load, when_full);
            }
        }
        if self.queue.is_hurried() {
            self.lanes.iter().for_each(Lane::hurry);
        }
    }

    /// Takes out the records that no sink's route selects.
    fn keep_routed(&self, batch: &mut Batch) {
        let receivers = || self.lanes.iter().filter(|lane| lane.keeps());
        if receivers().any(|lane| lane.route.is_open()) {
            return;
        }
        let before = batch.records();
        batch.retain(|frame| receivers().any(|lane| lane.route.selects(frame)));
        let unrouted = (before - batch.records()) as u64;
        if unrouted > 0 {
            self.ledger.filter(unrouted);
            self.diagnostics.report(
                "unrouted",
                "records match no sink's route and go nowhere; counted as filtered",
            );
        }
    }

    /// Whether records of protected levels are among them.
    fn protects(&self, delivery: &Delivery) -> bool {
        !self.protected.is_empty()
            && delivery
                .frames()
                .flatten()
                .any(|frame| self.protected.contains(frame.level()))
    }

    /// What a lane without room does. Where there is but one, the queue's policy decides: the
    /// worker waits in front of it, and records wait in the queue.
    fn when_full(&self, protects: bool) -> WhenFull {
        let waits = protects || self.lanes.iter().filter(|lane| lane.keeps()).count() == 1;
        match self.overflow {
            Overflow::Block(_) => WhenFull::Wait,
            Overflow::DropOldest if waits => WhenFull::WaitThenDropOldest,
            Overflow::DropOldest => WhenFull::DropOldest,
            Overflow::DropNewest | Overflow::Sample(_) if waits => WhenFull::Wait,
            Overflow::DropNewest | Overflow::Sample(_) => WhenFull::DropNewest,
        }
    }

    /// The batch's texts by number of format. Malformed records are taken out of the batch and
    /// counted, so that texts and frames stay side by side.
    fn encode(&mut self, batch: &mut Batch) -> Vec<Lines> {
        let before = batch.records();
        let mut lines = Vec::with_capacity(self.formats.len());
        for (number, format) in self.formats.iter_mut().enumerate() {
            if !self.lanes.iter().any(|lane| lane.format == Some(number)) {
                lines.push(Lines::default());
                continue;
            }
            // Keys of the fixed fields and quotes make a line longer than its frame.
            let room = batch.bytes() + 64 * batch.records();
            let mut texts = Lines::reusing(self.pool.take(room), batch.records());
            let mut failures = None;
            let plain = &mut self.plain;
            batch.retain(|frame| {
                let encode = |text: &mut Vec<u8>| {
                    encode_one(format.as_mut(), plain, frame, text, &mut failures)
                };
                texts.push(encode).is_ok()
            });
            lines.push(texts);
            if let Some(problem) = failures {
                self.diagnostics.report(
                    &format!("format {number}"),
                    &format!("a record could not be formatted and is written as JSON: {problem}"),
                );
            }
        }
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

/// The records of a batch that a sink gets: those of its route, without those that it had from
/// an earlier process.
fn selection(sink: usize, lane: &Lane, delivery: &Delivery) -> Selection {
    let had = |record: usize| {
        delivery
            .staged()
            .is_some_and(|staged| staged.is_marked(sink, record))
    };
    if lane.route.is_open() && !(0..delivery.records()).any(had) {
        return Selection::Span(0..delivery.records());
    }
    let numbers: Arc<[u32]> = (0..)
        .zip(delivery.frames().flatten())
        .filter(|(number, frame)| lane.route.selects(frame) && !had(*number as usize))
        .map(|(number, _)| number)
        .collect();
    let count = numbers.len();
    Selection::Picked(numbers, 0..count)
}

/// The text of one record; as JSON when its format fails or panics on it.
fn encode_one(
    format: &mut dyn Encoder,
    plain: &mut JsonEncoder,
    frame: &Frame<'_>,
    text: &mut Vec<u8>,
    failure: &mut Option<String>,
) -> Result<(), EncodeError> {
    let before = text.len();
    let outcome = catch_unwind(AssertUnwindSafe(|| format.encode(frame, text)));
    let reason = match outcome {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(EncodeError::Malformed(error))) => return Err(error.into()),
        Ok(Err(EncodeError::Failed(reason))) => reason,
        Err(_) => "it panicked".to_owned(),
    };
    text.truncate(before);
    *failure = Some(reason);
    plain.encode(frame, text)
}
