//! The thread's end of a lane: calls the sink, retries, gives up, diverts.

use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::shared::{Shared, WhenFull};
use super::{BatchPolicy, RetryPolicy};
use crate::breaker::Breaker;
use crate::diagnostics::Diagnostics;
use crate::latch::EndGuard;
use crate::portion::{Load, Portion};
use crate::sink::{FailureScope, Retry, Sink, WriteError};
use crate::spool::{Spool, Spooled};
use crate::sync::MutexGuard;

/// How often a sink is given what waits in its spool, when nothing new comes.
const REPLAY_EVERY: Duration = Duration::from_millis(500);

pub(super) struct Runner {
    /// The sink's number in its pipeline.
    pub(super) number: usize,
    pub(super) sink: Box<dyn Sink>,
    pub(super) format: usize,
    pub(super) shared: Arc<Shared>,
    pub(super) diagnostics: Arc<Diagnostics>,
    pub(super) batch: BatchPolicy,
    pub(super) retry: RetryPolicy,
    pub(super) breaker: Breaker,
    pub(super) fallback: Option<Arc<Shared>>,
    pub(super) observes: bool,
}

impl Runner {
    pub(super) fn run(mut self, end: EndGuard) {
        loop {
            // What waits in the spool is tried now and then also when nothing new comes.
            let patience = self.has_spooled().then_some(REPLAY_EVERY);
            let Some(loads) = self.shared.next(self.batch, patience) else {
                break;
            };
            if self.has_spooled() {
                self.lose(loads);
                self.replay();
            } else {
                self.deliver(loads);
            }
        }
        self.replay();
        // What it still holds is there for the next process, or the next logger of this one.
        drop(self.shared.lock_spool().take());
        let closed = catch_unwind(AssertUnwindSafe(|| self.sink.close()));
        match closed {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => self.report("close failed", &problem),
            Err(_) => self.report("close failed", "it panicked"),
        }
        if let Some(fallback) = &self.fallback {
            fallback.remove_feeder();
        }
        drop(end);
    }

    /// Writes records with retries; accounts for each of them.
    fn deliver(&mut self, mut left: Vec<Load>) {
        let mut attempt = 1;
        while !left.is_empty() {
            if !self.breaker.admits(Instant::now()) {
                return self.lose(left);
            }
            let Err(error) = self.attempt(&mut left) else {
                self.worked();
                attempt = 1;
                continue;
            };
            if error.done > 0 {
                attempt = 1;
                self.worked();
            }
            if self.may_retry(attempt, error.retry) {
                attempt += 1;
                continue;
            }
            self.sink_gives_up();
            attempt = 1;
            match error.scope {
                FailureScope::Record => {
                    let first = take_front(&mut left, 1);
                    self.lose(first);
                }
                FailureScope::Sink => self.lose(std::mem::take(&mut left)),
            }
            // What is refused for ever says nothing about the sink.
            if error.retry != Retry::Never && self.breaker.failure(Instant::now()) {
                self.shared.broken.store(true, Ordering::Relaxed);
                self.report("circuit open", &error.message);
            }
        }
    }

    fn has_spooled(&self) -> bool {
        self.shared.spooled.load(Ordering::SeqCst) > 0
    }

    /// Gives the sink what waits in its spool, until it fails. What comes meanwhile goes behind it.
    fn replay(&mut self) {
        while self.has_spooled()
            && !self.shared.is_abandoned()
            && self.breaker.admits(Instant::now())
        {
            let Some(spooled) = self.shared.first_spooled(self.number) else {
                return;
            };
            if !self.replay_one(spooled) {
                if self.breaker.failure(Instant::now()) {
                    self.shared.broken.store(true, Ordering::Relaxed);
                }
                return;
            }
            self.worked();
            let came = self.shared.take_all();
            self.lose(came);
        }
    }

    /// Gives the sink one batch of its spool; false when it got nowhere.
    ///
    /// A record that it refuses, while it takes the one after it, must not keep back the others:
    /// it is given up. When it refuses both, it is the sink that fails, and all go on waiting.
    fn replay_one(&mut self, spooled: Spooled) -> bool {
        let records = spooled.load.records.len();
        let (taken, result) = self.attempt_from(&spooled, 0);
        let Err(error) = result else {
            self.shared.settle_spooled(spooled, taken, 0);
            return true;
        };
        self.sink_gives_up();
        if error.retry == Retry::Never {
            self.shared.settle_spooled(spooled, taken, 1);
            return true;
        }
        let mut more = 0;
        if error.scope == FailureScope::Record && taken + 1 < records {
            more = self.attempt_from(&spooled, taken + 1).0;
        } else if error.scope == FailureScope::Record
            && let Some(next) = self.shared.first_spooled(self.number)
        {
            let of_next = self.attempt_from(&next, 0).0;
            self.shared.settle_spooled(next, of_next, 0);
            self.shared
                .settle_spooled(spooled, taken, usize::from(of_next > 0));
            return taken + of_next > 0;
        }
        self.shared
            .settle_spooled(spooled, taken + more, usize::from(more > 0));
        taken + more > 0
    }

    /// One call with the records of a spooled batch from a number on; how many it took.
    fn attempt_from(&mut self, spooled: &Spooled, from: usize) -> (usize, Result<(), WriteError>) {
        let mut load = spooled.load.clone();
        load.take_front(from);
        let before = load.records.len();
        let mut left = vec![load];
        let result = self.attempt(&mut left);
        let after: usize = left.iter().map(|load| load.records.len()).sum();
        (before - after, result)
    }

    fn worked(&mut self) {
        self.breaker.success();
        self.shared.broken.store(false, Ordering::Relaxed);
    }

    /// Waits for the next attempt; false when there is none.
    fn may_retry(&self, attempt: u32, retry: Retry) -> bool {
        if attempt >= self.retry.attempts {
            return false;
        }
        // Seeded anew each time: no state, no dependency, good enough to spread retries.
        let chance = RandomState::new().hash_one(attempt).to_le_bytes()[0];
        let delay = match retry {
            Retry::Never => return false,
            Retry::After(delay) if delay > self.retry.longest_delay => return false,
            Retry::After(delay) => delay,
            Retry::Backoff => self.retry.delay_after(attempt, chance),
        };
        self.shared.pause(delay)
    }

    /// One call of the sink; what it took is marked and no longer in `left`.
    fn attempt(&mut self, left: &mut Vec<Load>) -> Result<(), WriteError> {
        let portion = self.portion(left);
        let length = portion.len();
        let sink = &mut self.sink;
        let start = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| sink.write(&portion)))
            .unwrap_or_else(|_| Err(WriteError::of_sink("it panicked")));
        self.shared.latency.add(start.elapsed());
        self.shared.returned();
        let taken = match &result {
            Ok(()) => length,
            Err(error) => error.done.min(length.saturating_sub(1)),
        };
        // Counted first: the last one to let go of a batch settles its records.
        self.shared
            .written
            .fetch_add(taken as u64, Ordering::SeqCst);
        for load in take_front(left, taken) {
            if self.observes {
                load.mark_done();
            } else {
                load.mark_taken();
            }
        }
        result.map_err(|mut error| {
            self.shared.errors.fetch_add(1, Ordering::Relaxed);
            self.report("write failed", &error.message);
            error.done = taken;
            error
        })
    }

    /// What the sink is called with: everything, or one batch if it notes where it writes it.
    fn portion<'a>(&self, left: &'a [Load]) -> Portion<'a> {
        if self.sink.notes()
            && let Some((first, _)) = left.split_first()
            && first.sink == self.number
            && let Some(noting) = first.noting()
        {
            return Portion::new(std::slice::from_ref(first), self.format).noting(Some(noting));
        }
        Portion::new(left, self.format)
    }

    fn sink_gives_up(&mut self) {
        let sink = &mut self.sink;
        if catch_unwind(AssertUnwindSafe(|| sink.give_up())).is_err() {
            self.report("write failed", "it panicked");
        }
    }

    /// Gives records that the sink will not get to the fallback, if there is one.
    fn lose(&self, loads: Vec<Load>) {
        self.shared.lose(loads, self.fallback.as_deref());
    }

    fn report(&self, fault: &str, cause: &str) {
        let name = &self.shared.name;
        self.diagnostics.report(
            &format!("sink {name}: {fault}"),
            &format!("sink `{name}`: {fault}: {cause}"),
        );
    }
}

impl Shared {
    /// Accounts for records that this sink will not get; the fallback gets them, if there is one.
    pub(super) fn lose(&self, loads: Vec<Load>, fallback: Option<&Self>) {
        for load in loads {
            let records = load.records.len() as u64;
            if self.store_in_spool(&load) {
                continue;
            }
            let Some(fallback) = fallback else {
                if !(self.is_abandoned() && load.delivery.leave()) {
                    load.mark_done();
                }
                self.dropped.fetch_add(records, Ordering::SeqCst);
                continue;
            };
            self.diverted.fetch_add(records, Ordering::SeqCst);
            let refused = fallback.offer(load, WhenFull::DropNewest);
            fallback.lose(refused, None);
        }
    }
}

impl Shared {
    fn lock_spool(&self) -> MutexGuard<'_, Option<Spool>> {
        self.spool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a load found room in the spool: it is as good as delivered then.
    fn store_in_spool(&self, load: &Load) -> bool {
        let mut spool = self.lock_spool();
        let Some(spool) = spool.as_mut() else {
            return false;
        };
        if spool.store(load, self.format).is_err() {
            return false;
        }
        self.spooled
            .fetch_add(load.records.len() as u64, Ordering::SeqCst);
        load.mark_taken();
        true
    }

    fn first_spooled(&self, sink: usize) -> Option<Spooled> {
        self.lock_spool().as_mut()?.front(self.format, sink)
    }

    /// The sink took some records of its spool, and will never take some after them.
    fn settle_spooled(&self, spooled: Spooled, taken: usize, refused: usize) {
        self.dropped.fetch_add(refused as u64, Ordering::SeqCst);
        self.spooled
            .fetch_sub((taken + refused) as u64, Ordering::SeqCst);
        if let Some(spool) = self.lock_spool().as_mut() {
            spool.settle(spooled, taken + refused);
        }
    }
}

/// The first `count` records, taken out.
fn take_front(loads: &mut Vec<Load>, count: usize) -> Vec<Load> {
    let mut left = count;
    let whole = loads
        .iter()
        .take_while(|load| {
            let fits = load.records.len() <= left;
            left -= if fits { load.records.len() } else { 0 };
            fits
        })
        .count();
    let mut front: Vec<Load> = loads.drain(..whole).collect();
    if let Some(first) = loads.first_mut()
        && left > 0
    {
        front.push(first.take_front(left));
    }
    front
}
