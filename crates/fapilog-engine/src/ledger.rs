//! Where every record went. At every moment
//! `submitted = delivered + filtered + dropped + queued`.

use std::sync::PoisonError;
use std::time::Instant;

use crate::standard_error;
use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering, fence};
use crate::sync::{Condvar, Mutex};

/// Why a record was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum DropReason {
    /// The queue was full and the overflow policy gave the record up.
    QueueFull = 0,
    /// The pipeline was closed already.
    Closed = 1,
    /// The record alone is larger than a record may be.
    TooLarge = 2,
    /// A stage failed in a way that left no record to go on with.
    StageFailed = 3,
    /// No sink took the record.
    SinkFailed = 4,
    /// It had waited longest when the queue was full.
    Evicted = 5,
    /// The queue was filling up and this was not one of those that are still taken.
    OverflowSampled = 6,
}

impl DropReason {
    /// Every reason, in the order of [`Snapshot::dropped`].
    pub const ALL: [Self; 7] = [
        Self::QueueFull,
        Self::Closed,
        Self::TooLarge,
        Self::StageFailed,
        Self::SinkFailed,
        Self::Evicted,
        Self::OverflowSampled,
    ];

    /// The name that statistics carry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::Closed => "closed",
            Self::TooLarge => "too_large",
            Self::StageFailed => "stage_failed",
            Self::SinkFailed => "sink_failed",
            Self::Evicted => "evicted",
            Self::OverflowSampled => "overflow_sampled",
        }
    }

    /// Whether records dropped for this reason had been accepted into the queue before.
    const fn after_acceptance(self) -> bool {
        matches!(self, Self::StageFailed | Self::SinkFailed | Self::Evicted)
    }
}

/// Counts what became of the records of one pipeline.
#[derive(Debug, Default)]
pub struct Ledger {
    accepted: AtomicU64,
    recovered: AtomicU64,
    delivered: AtomicU64,
    filtered: AtomicU64,
    dropped: [AtomicU64; DropReason::ALL.len()],
    waiters: AtomicUsize,
    settled: Mutex<()>,
    progress: Condvar,
}

/// The counts at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Records handed to the pipeline, whatever became of them.
    pub submitted: u64,
    /// Records that at least one sink took.
    pub delivered: u64,
    /// Records that a stage took out on purpose.
    pub filtered: u64,
    /// Records lost, by reason, in the order of [`DropReason::ALL`].
    pub dropped: [u64; DropReason::ALL.len()],
    /// Records on their way: in the queue, in a stage, or in front of a sink.
    pub queued: u64,
}

impl Ledger {
    /// One record came into the queue. To be called by one thread at a time, as the queue's lock
    /// makes sure: an atomic addition would cost as much as the copy of the record.
    pub(crate) fn accept(&self) {
        let before = self.accepted.load(Ordering::Relaxed);
        self.accepted.store(before + 1, Ordering::Release);
    }

    /// Records that are on their way or were, those of earlier processes included.
    fn all_accepted(&self) -> u64 {
        self.accepted.load(Ordering::SeqCst) + self.recovered.load(Ordering::SeqCst)
    }

    /// Records that an earlier process had left are on their way.
    pub(crate) fn accept_recovered(&self, records: u64) {
        self.recovered.fetch_add(records, Ordering::SeqCst);
    }

    /// Records that an earlier process had left.
    pub(crate) fn recovered(&self) -> u64 {
        self.recovered.load(Ordering::Relaxed)
    }

    pub(crate) fn deliver(&self, records: u64) {
        self.settle(&self.delivered, records);
    }

    pub(crate) fn filter(&self, records: u64) {
        self.settle(&self.filtered, records);
    }

    /// Records were lost for a reason that is not in the pipeline's own hands.
    pub fn drop_records(&self, reason: DropReason, records: u64) {
        self.settle(&self.dropped[reason as usize], records);
    }

    /// A record came in a forked child, where no lock may be taken. Said once.
    pub(crate) fn drop_after_fork(&self) {
        if self.dropped[DropReason::Closed as usize].fetch_add(1, Ordering::SeqCst) == 0 {
            standard_error::write_line(
                b"fapilog: this process was forked after its logger was made; records are dropped\n\
                  fapilog: hint: call fapilog.get_logger() in the child process\n",
            );
        }
    }

    /// The fence, and the one of a waiter: it either sees the new count or is seen waiting.
    fn settle(&self, count: &AtomicU64, records: u64) {
        if records == 0 {
            return;
        }
        count.fetch_add(records, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if self.waiters.load(Ordering::SeqCst) > 0 {
            drop(self.settled.lock().unwrap_or_else(PoisonError::into_inner));
            self.progress.notify_all();
        }
    }

    fn finished(&self) -> u64 {
        let dropped: u64 = DropReason::ALL
            .iter()
            .filter(|reason| reason.after_acceptance())
            .map(|&reason| self.dropped[reason as usize].load(Ordering::SeqCst))
            .sum();
        self.delivered.load(Ordering::SeqCst) + self.filtered.load(Ordering::SeqCst) + dropped
    }

    /// Waits until every record accepted so far is delivered, filtered or dropped.
    ///
    /// Returns whether that was so before the deadline. Records settle in the order in which they
    /// were accepted, but for those that only wait for a slower sink.
    pub fn wait_until_settled(&self, deadline: Instant) -> bool {
        let target = self.all_accepted();
        self.waiters.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        let mut guard = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        let settled = loop {
            if self.finished() >= target {
                break true;
            }
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                break false;
            };
            guard = self
                .progress
                .wait_timeout(guard, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        };
        drop(guard);
        self.waiters.fetch_sub(1, Ordering::SeqCst);
        settled
    }

    /// The counts now. What is finished is read first, so that `queued` is never negative.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let delivered = self.delivered.load(Ordering::SeqCst);
        let filtered = self.filtered.load(Ordering::SeqCst);
        let dropped =
            DropReason::ALL.map(|reason| self.dropped[reason as usize].load(Ordering::SeqCst));
        let accepted = self.all_accepted();
        let sum = |after: bool| -> u64 {
            DropReason::ALL
                .iter()
                .filter(|reason| reason.after_acceptance() == after)
                .map(|&reason| dropped[reason as usize])
                .sum()
        };
        Snapshot {
            submitted: accepted + sum(false),
            delivered,
            filtered,
            dropped,
            queued: accepted - delivered - filtered - sum(true),
        }
    }
}
