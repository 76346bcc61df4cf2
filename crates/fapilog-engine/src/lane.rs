//! A sink's own lane: a bounded buffer, a thread, retries and a circuit breaker, so that no sink
//! has to wait for another.

use std::collections::VecDeque;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::breaker::Breaker;
use crate::delivery::Delivery;
use crate::diagnostics::Diagnostics;
use crate::latch::{EndGuard, EndLatch};
use crate::sink::{FailureScope, Sink, SinkInput, WriteError};

/// Batches that may wait in front of one sink: 16,384 records at most.
const LANE_BATCHES: usize = 32;

/// … and their size, frames and encoded lines together.
const LANE_BYTES: usize = 16 * 1024 * 1024;

/// How often one record is tried before it is given up.
const ATTEMPTS: u32 = 3;

/// Wait before the second attempt; doubles with each further one.
const FIRST_RETRY_AFTER: Duration = Duration::from_millis(50);

/// A sink that took nothing for so long is stalled: others no longer wait for it.
const STALLED_AFTER: Duration = Duration::from_secs(1);

/// Counts of one sink. At every moment every record that came this far is in exactly one of
/// `written`, `dropped` and `buffered`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkSnapshot {
    /// The sink's name.
    pub name: String,
    /// Records that it took.
    pub written: u64,
    /// Records that it will not get: given up, skipped while broken, or its buffer was full.
    pub dropped: u64,
    /// Failed attempts.
    pub errors: u64,
    /// Records waiting for it, those that it is working on included.
    pub buffered: u64,
}

/// What the lane's thread and the worker share.
struct Shared {
    name: String,
    state: Mutex<State>,
    changed: Condvar,
    /// Records put in front of the sink, or that should have been.
    sent: AtomicU64,
    written: AtomicU64,
    dropped: AtomicU64,
    errors: AtomicU64,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Arc<Delivery>>,
    waiting_bytes: usize,
    /// Calls of the sink that returned.
    returns: u64,
    closed: bool,
    /// Give up instead of retrying: the time to end is near.
    abandoned: bool,
    stalled: bool,
}

impl State {
    fn is_full(&self) -> bool {
        self.waiting.len() >= LANE_BATCHES || self.waiting_bytes >= LANE_BYTES
    }
}

/// The worker's end of a lane.
pub(crate) struct Lane {
    shared: Arc<Shared>,
    diagnostics: Arc<Diagnostics>,
    input: SinkInput,
    ended: EndLatch,
}

impl Lane {
    /// Starts the sink's thread.
    pub(crate) fn start(
        sink: Box<dyn Sink>,
        diagnostics: Arc<Diagnostics>,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            name: sink.name().to_owned(),
            state: Mutex::default(),
            changed: Condvar::new(),
            sent: AtomicU64::new(0),
            written: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            errors: AtomicU64::new(0),
        });
        let input = sink.input();
        let ended = EndLatch::default();
        let end = ended.guard();
        let runner = Runner {
            sink,
            shared: Arc::clone(&shared),
            diagnostics: Arc::clone(&diagnostics),
            breaker: Breaker::default(),
        };
        std::thread::Builder::new()
            .name("fapilog-sink".to_owned())
            .spawn(move || runner.run(end))?;
        Ok(Self {
            shared,
            diagnostics,
            input,
            ended,
        })
    }

    /// The counts now. What is finished is read first, so that `buffered` is never negative.
    pub(crate) fn snapshot(&self) -> SinkSnapshot {
        let count = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        let (written, dropped) = (count(&self.shared.written), count(&self.shared.dropped));
        SinkSnapshot {
            name: self.shared.name.clone(),
            written,
            dropped,
            errors: count(&self.shared.errors),
            buffered: count(&self.shared.sent) - written - dropped,
        }
    }

    pub(crate) fn input(&self) -> SinkInput {
        self.input
    }

    /// Puts a batch in front of the sink. With `wait`, waits for room as long as the sink moves.
    pub(crate) fn send(&self, delivery: &Arc<Delivery>, wait: bool) {
        let records = delivery.records() as u64;
        self.shared.sent.fetch_add(records, Ordering::SeqCst);
        let mut state = self.shared.lock();
        if state.is_full() && wait && !state.stalled {
            state = self.shared.wait_for_room(state);
        }
        if state.is_full() {
            drop(state);
            self.shared.dropped.fetch_add(records, Ordering::SeqCst);
            let name = &self.shared.name;
            return self.diagnostics.report(
                &format!("sink {name}: full"),
                &format!("sink `{name}`: its buffer is full, records are dropped"),
            );
        }
        state.waiting.push_back(Arc::clone(delivery));
        state.waiting_bytes += delivery.bytes();
        drop(state);
        self.shared.changed.notify_all();
    }

    /// No more batches will come; the thread ends after the last one.
    pub(crate) fn close(&self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }

    /// Waits for the thread's end; after the deadline tells it to give up what it retries and
    /// returns false.
    pub(crate) fn wait_for_end(&self, deadline: Instant) -> bool {
        let ended = self.ended.wait_until(deadline);
        if !ended {
            self.shared.lock().abandoned = true;
            self.shared.changed.notify_all();
        }
        ended
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for room; marks the lane stalled when the sink did not return within the limit.
    fn wait_for_room<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let mut deadline = Instant::now() + STALLED_AFTER;
        let mut returns = state.returns;
        while state.is_full() {
            if state.returns != returns {
                returns = state.returns;
                deadline = Instant::now() + STALLED_AFTER;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                state.stalled = true;
                break;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state
    }

    /// The next batch; `None` after the last.
    fn next(&self) -> Option<Arc<Delivery>> {
        let mut state = self.lock();
        loop {
            if let Some(delivery) = state.waiting.pop_front() {
                state.waiting_bytes -= delivery.bytes();
                drop(state);
                self.changed.notify_all();
                return Some(delivery);
            }
            if state.closed {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn returned(&self) {
        let mut state = self.lock();
        state.returns += 1;
        state.stalled = false;
        drop(state);
        self.changed.notify_all();
    }

    /// Sleeps before a retry; false when there is no time for one.
    fn pause(&self, delay: Duration) -> bool {
        let deadline = Instant::now() + delay;
        let mut state = self.lock();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if state.abandoned || left.is_zero() {
                return !state.abandoned;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

/// The thread's end of a lane.
struct Runner {
    sink: Box<dyn Sink>,
    shared: Arc<Shared>,
    diagnostics: Arc<Diagnostics>,
    breaker: Breaker,
}

impl Runner {
    fn run(mut self, end: EndGuard) {
        while let Some(delivery) = self.shared.next() {
            let records = delivery.records();
            self.deliver(&delivery, 0..records);
        }
        let closed = catch_unwind(AssertUnwindSafe(|| self.sink.close()));
        match closed {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => self.report("close failed", &problem),
            Err(_) => self.report("close failed", "it panicked"),
        }
        drop(end);
    }

    /// Writes a batch's records with retries; accounts for each of them.
    fn deliver(&mut self, delivery: &Delivery, mut left: Range<usize>) {
        let mut attempt = 1;
        while !left.is_empty() {
            if !self.breaker.admits(Instant::now()) {
                return self.drop_records(left.len());
            }
            let Err(error) = self.attempt(delivery, left.clone()) else {
                self.breaker.success();
                return;
            };
            if error.done > 0 {
                left.start += error.done;
                attempt = 1;
                self.breaker.success();
            }
            if attempt < ATTEMPTS
                && self
                    .shared
                    .pause(FIRST_RETRY_AFTER * 2_u32.pow(attempt - 1))
            {
                attempt += 1;
                continue;
            }
            self.sink_gives_up();
            self.breaker.failure(Instant::now());
            attempt = 1;
            match error.scope {
                FailureScope::Record => {
                    self.drop_records(1);
                    left.start += 1;
                }
                FailureScope::Sink => return self.drop_records(left.len()),
            }
        }
    }

    /// One call of the sink; marks what it took.
    fn attempt(&mut self, delivery: &Delivery, left: Range<usize>) -> Result<(), WriteError> {
        let start = left.start;
        let length = left.len();
        let sink = &mut self.sink;
        let result = catch_unwind(AssertUnwindSafe(|| sink.write(delivery, left)))
            .unwrap_or_else(|_| Err(panicked()));
        self.shared.returned();
        let taken = match &result {
            Ok(()) => length,
            Err(error) => error.done.min(length.saturating_sub(1)),
        };
        delivery.mark_taken(start..start + taken);
        self.shared
            .written
            .fetch_add(taken as u64, Ordering::SeqCst);
        result.map_err(|mut error| {
            self.shared.errors.fetch_add(1, Ordering::Relaxed);
            self.report("write failed", &error.message);
            error.done = taken;
            error
        })
    }

    fn sink_gives_up(&mut self) {
        let sink = &mut self.sink;
        if catch_unwind(AssertUnwindSafe(|| sink.give_up())).is_err() {
            self.report("write failed", "it panicked");
        }
    }

    fn drop_records(&self, records: usize) {
        self.shared
            .dropped
            .fetch_add(records as u64, Ordering::SeqCst);
    }

    fn report(&self, fault: &str, cause: &str) {
        let name = &self.shared.name;
        self.diagnostics.report(
            &format!("sink {name}: {fault}"),
            &format!("sink `{name}`: {fault}: {cause}"),
        );
    }
}

fn panicked() -> WriteError {
    WriteError {
        done: 0,
        scope: FailureScope::Sink,
        message: "it panicked".to_owned(),
    }
}
