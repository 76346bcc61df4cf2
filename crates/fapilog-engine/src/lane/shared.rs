//! What a lane's thread, the worker, and lanes that divert to it share.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use crate::histogram::Histogram;
use crate::lane::{BatchPolicy, BufferBounds, SinkConfig};
use crate::portion::Load;
use crate::spool::Spool;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use crate::sync::{Condvar, Mutex, MutexGuard};

/// A sink that took nothing for so long is stalled: others no longer wait for it.
const STALLED_AFTER: Duration = Duration::from_secs(1);

/// What to do with records that find no room in front of a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenFull {
    /// Wait for room as long as the sink moves; then drop them.
    Wait,
    /// Wait for room as long as the sink moves; then drop what has waited longest.
    WaitThenDropOldest,
    /// Drop them.
    DropNewest,
    /// Drop what has waited longest.
    DropOldest,
}

impl WhenFull {
    const fn waits(self) -> bool {
        matches!(self, Self::Wait | Self::WaitThenDropOldest)
    }

    const fn drops_oldest(self) -> bool {
        matches!(self, Self::DropOldest | Self::WaitThenDropOldest)
    }
}

pub(crate) struct Shared {
    pub(super) name: String,
    pub(super) bounds: BufferBounds,
    state: Mutex<State>,
    changed: Condvar,
    /// Records put in front of the sink, or that should have been.
    pub(super) sent: AtomicU64,
    pub(super) written: AtomicU64,
    pub(super) dropped: AtomicU64,
    /// Given to the fallback sink instead.
    pub(super) diverted: AtomicU64,
    /// Waiting in the spool.
    pub(super) spooled: AtomicU64,
    /// Where records wait that the sink would lose, and the format that they are stored in.
    pub(super) spool: Mutex<Option<Spool>>,
    pub(super) has_spool: bool,
    pub(super) format: usize,
    pub(super) errors: AtomicU64,
    /// The circuit is open.
    pub(super) broken: AtomicBool,
    /// How long the sink's calls take.
    pub(super) latency: Histogram,
}

struct State {
    waiting: VecDeque<Load>,
    waiting_records: usize,
    waiting_bytes: usize,
    /// Calls of the sink that returned.
    returns: u64,
    /// Who may still put records in.
    feeders: usize,
    /// Somebody waits for the records: no waiting for a fuller batch.
    hurry: bool,
    /// Give up instead of retrying: the time to end is near.
    abandoned: bool,
    stalled: bool,
}

impl State {
    fn is_full(&self, bounds: BufferBounds) -> bool {
        self.waiting_records >= bounds.records || self.waiting_bytes >= bounds.bytes
    }

    fn add(&mut self, load: Load) {
        self.waiting_records += load.records.len();
        self.waiting_bytes += load.delivery.bytes();
        self.waiting.push_back(load);
    }

    fn remove_front(&mut self) -> Option<Load> {
        let load = self.waiting.pop_front()?;
        self.waiting_records -= load.records.len();
        self.waiting_bytes -= load.delivery.bytes();
        Some(load)
    }

    /// The next portion: whole loads, but for one that alone has more records than fit.
    fn remove_portion(&mut self, policy: BatchPolicy) -> Vec<Load> {
        let (mut loads, mut records, mut bytes) = (Vec::new(), 0, 0);
        while let Some(next) = self.waiting.front_mut() {
            let room = policy.records - records;
            if records > 0 && (next.records.len() > room || bytes >= policy.bytes) {
                break;
            }
            if next.records.len() > room {
                let part = next.take_front(room);
                self.waiting_records -= room;
                loads.push(part);
                break;
            }
            if let Some(load) = self.remove_front() {
                records += load.records.len();
                bytes += load.delivery.bytes();
                loads.push(load);
            }
        }
        loads
    }
}

impl Shared {
    pub(crate) fn new(config: &SinkConfig, spool: Option<Spool>) -> Self {
        let left = spool.as_ref().map_or(0, Spool::records);
        Self {
            name: config.sink.name().to_owned(),
            bounds: config.buffer,
            format: config.format,
            spooled: AtomicU64::new(left),
            has_spool: spool.is_some(),
            spool: Mutex::new(spool),
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                waiting_records: 0,
                waiting_bytes: 0,
                returns: 0,
                feeders: 1,
                hurry: false,
                abandoned: false,
                stalled: false,
            }),
            changed: Condvar::new(),
            sent: AtomicU64::new(left),
            written: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            diverted: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            broken: AtomicBool::new(false),
            latency: Histogram::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts records in front of the sink; gives back those that found no room.
    pub(crate) fn offer(&self, load: Load, when_full: WhenFull) -> Vec<Load> {
        self.sent
            .fetch_add(load.records.len() as u64, Ordering::SeqCst);
        let mut state = self.lock();
        if state.is_full(self.bounds) && when_full.waits() && !state.stalled {
            state = self.wait_for_room(state);
        }
        let mut refused = Vec::new();
        while state.is_full(self.bounds) && when_full.drops_oldest() {
            match state.remove_front() {
                Some(oldest) => refused.push(oldest),
                None => break,
            }
        }
        if state.is_full(self.bounds) {
            refused.push(load);
        } else {
            state.add(load);
        }
        drop(state);
        self.changed.notify_all();
        refused
    }

    /// Somebody else may put records in from now on.
    pub(super) fn add_feeder(&self) {
        self.lock().feeders += 1;
    }

    /// One of those who put records in has ended.
    pub(crate) fn remove_feeder(&self) {
        let mut state = self.lock();
        state.feeders = state.feeders.saturating_sub(1);
        drop(state);
        self.changed.notify_all();
    }

    /// What waits is given to the sink without waiting for more.
    pub(crate) fn hurry(&self) {
        self.lock().hurry = true;
        self.changed.notify_all();
    }

    /// Whether the time to end has come.
    pub(super) fn is_abandoned(&self) -> bool {
        self.lock().abandoned
    }

    /// No more retries.
    pub(super) fn abandon(&self) {
        self.lock().abandoned = true;
        self.changed.notify_all();
    }

    /// Waits for room; marks the lane stalled when the sink did not return within the limit.
    fn wait_for_room<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let mut deadline = Instant::now() + STALLED_AFTER;
        let mut returns = state.returns;
        while state.is_full(self.bounds) {
            if state.returns != returns {
                returns = state.returns;
                deadline = Instant::now() + STALLED_AFTER;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || state.abandoned {
                state.stalled = true;
                break;
            }
            state = self.wait(state, left);
        }
        state
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, State>, limit: Duration) -> MutexGuard<'a, State> {
        self.changed
            .wait_timeout(state, limit)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    /// Everything that waits for the sink.
    pub(super) fn take_all(&self) -> Vec<Load> {
        let mut state = self.lock();
        let loads = std::iter::from_fn(|| state.remove_front()).collect();
        drop(state);
        self.changed.notify_all();
        loads
    }

    /// The next records for the sink, as many as the policy says; `None` after the last. Empty
    /// when there are none within the patience.
    pub(crate) fn next(
        &self,
        policy: BatchPolicy,
        patience: Option<Duration>,
    ) -> Option<Vec<Load>> {
        let deadline = patience.map(|patience| Instant::now() + patience);
        let mut state = self.lock();
        let mut first_seen = None;
        loop {
            let waiting = !state.waiting.is_empty();
            let full = state.waiting_records >= policy.records
                || state.waiting_bytes >= policy.bytes
                || state.is_full(self.bounds);
            let left = policy
                .delay
                .saturating_sub(first_seen.map_or(Duration::ZERO, |seen: Instant| seen.elapsed()));
            if waiting && (full || state.hurry || state.feeders == 0 || left.is_zero()) {
                let loads = state.remove_portion(policy);
                drop(state);
                self.changed.notify_all();
                return Some(loads);
            }
            if waiting {
                first_seen.get_or_insert_with(Instant::now);
                state = self.wait(state, left);
                continue;
            }
            state.hurry = false;
            if state.feeders == 0 {
                return None;
            }
            state = match deadline.map(|deadline| deadline.checked_duration_since(Instant::now())) {
                Some(None) => return Some(Vec::new()),
                Some(Some(left)) => self.wait(state, left),
                None => self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// The sink has returned.
    pub(crate) fn returned(&self) {
        let mut state = self.lock();
        state.returns += 1;
        state.stalled = false;
        drop(state);
        self.changed.notify_all();
    }

    /// Sleeps before a retry; false when there is no time for one.
    pub(super) fn pause(&self, delay: Duration) -> bool {
        let deadline = Instant::now() + delay;
        let mut state = self.lock();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if state.abandoned || left.is_zero() {
                return !state.abandoned;
            }
            state = self.wait(state, left);
        }
    }
}
