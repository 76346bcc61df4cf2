//! The bounded queue between log calls and the worker.
//!
//! Frames are copied into chunks; a full chunk becomes a batch as it is. The lock is held for one
//! copy of some hundred bytes, and the worker is woken once a burst, not once a record: see
//! [`WorkerState`].

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::batch::Batch;
use crate::frame_reader::Frame;
use crate::journal::Journal;
use crate::ledger::{DropReason, Ledger};
use crate::level::{Level, LevelSet};
use crate::pool::BufferPool;
use crate::sync::{Condvar, Mutex, MutexGuard};

/// A chunk is handed over at this many records: enough to make the cost of a hand-over small,
/// few enough to keep the parts after the queue busy at the same time.
const CHUNK_RECORDS: usize = if cfg!(loom) { 1 } else { 512 };

/// … or at this many bytes: a chunk and its encoded text stay in a core's second-level cache.
const CHUNK_BYTES: usize = 128 * 1024;

/// How long the worker waits for more after a burst before it goes to sleep. Long enough that a
/// busy logger pays no wake-up call, short enough that nobody watching a log notices.
#[cfg(not(loom))]
const LINGER: Duration = Duration::from_millis(1);

/// How much may wait. Records count until the last stage is done with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueBounds {
    /// Number of records.
    pub records: usize,
    /// Bytes of their frames.
    pub bytes: usize,
}

impl Default for QueueBounds {
    /// 16,384 records or 8 MiB: some tenths of a second of a very busy service.
    fn default() -> Self {
        Self {
            records: 16_384,
            bytes: 8 * 1024 * 1024,
        }
    }
}

/// What happens to a record that finds no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The caller waits for room up to this long; then the record is dropped. Sinks that are
    /// slow but alive are waited for, too.
    Block(Duration),
    /// The record is dropped at once.
    DropNewest,
    /// The record that has waited longest is dropped. What the stages are working on is no longer
    /// waiting: when nothing else is there, the new record is dropped.
    DropOldest,
    /// From a half full queue on, one record in so many (at least 1) is taken and the others are
    /// dropped; so are all when it is full.
    Sample(u32),
}

impl Default for Overflow {
    /// Wait up to one second.
    fn default() -> Self {
        Self::Block(Duration::from_secs(1))
    }
}

/// Which records come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// What happens when there is no room.
    pub overflow: Overflow,
    /// Records of these levels are not sampled; to make room for them other records that wait are
    /// dropped (but for [`Overflow::Block`]), oldest first, and if there are none the caller waits.
    pub protected: LevelSet,
    /// How long a caller waits with a record of a protected level.
    pub protected_wait: Duration,
}

impl Admission {
    /// How long a caller waits for room.
    pub(crate) fn wait(&self, level: Level) -> Duration {
        match self.overflow {
            Overflow::Block(limit) => limit,
            _ if self.protected.contains(level) => self.protected_wait,
            _ => Duration::ZERO,
        }
    }

    fn evicts(&self, level: Level) -> bool {
        match self.overflow {
            Overflow::Block(_) => false,
            Overflow::DropOldest => true,
            Overflow::DropNewest | Overflow::Sample(_) => self.protected.contains(level),
        }
    }
}

/// What the queue did with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Push {
    Accepted,
    Full,
    Sampled,
    Closed,
}

/// What the worker is doing, for whoever adds a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WorkerState {
    /// Will look at the queue again by itself.
    Busy,
    /// Looks again after [`LINGER`], earlier only when the queue fills up: waking a thread costs a
    /// caller more than everything else.
    Lingering,
    /// Sleeps until it is woken.
    Idle,
}

#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    work: Condvar,
    space: Condvar,
    bounds: QueueBounds,
    admission: Admission,
    pool: Arc<BufferPool>,
    /// Stores what comes in, in crash-safe mode.
    journal: Option<Arc<Journal>>,
}

#[derive(Debug)]
struct State {
    /// Older than everything in the chunks: protected records that were passed over when others
    /// were evicted.
    spared: Batch,
    chunks: VecDeque<Batch>,
    /// Bytes of the first chunk that were evicted or spared.
    first_gone: usize,
    /// Records that came when the queue was half full.
    sampled: u32,
    /// Number of the next record that comes in.
    next: u64,
    /// Waiting and in the worker's hands.
    held_records: usize,
    held_bytes: usize,
    worker: WorkerState,
    hurry: bool,
    /// A caller waited its whole limit in vain: others need not, until there is space.
    stalled: bool,
    closed: bool,
}

impl Queue {
    pub(crate) fn new(bounds: QueueBounds, admission: Admission, pool: Arc<BufferPool>) -> Self {
        Self {
            state: Mutex::new(State {
                spared: Batch::default(),
                chunks: VecDeque::new(),
                first_gone: 0,
                sampled: 0,
                next: 0,
                held_records: 0,
                held_bytes: 0,
                worker: WorkerState::Busy,
                hurry: false,
                stalled: false,
                closed: false,
            }),
            work: Condvar::new(),
            space: Condvar::new(),
            bounds,
            admission,
            pool,
            journal: None,
        }
    }

    /// The same, with a journal that stores each record before it is accepted.
    pub(crate) fn storing(self, journal: Option<Arc<Journal>>) -> Self {
        Self { journal, ..self }
    }

    /// Adds a frame if there is room; never waits for room.
    pub(crate) fn try_push(&self, frame: &Frame<'_>, ledger: &Ledger) -> Push {
        let mut state = self.lock();
        if state.closed {
            return Push::Closed;
        }
        if self.samples_out(&mut state, frame.level()) {
            return Push::Sampled;
        }
        self.push_if_room(&mut state, frame, ledger)
    }

    fn push_if_room(&self, state: &mut State, frame: &Frame<'_>, ledger: &Ledger) -> Push {
        let bytes = frame.bytes().len();
        let evicts = self.admission.evicts(frame.level());
        let fits = self.has_room(state, bytes) || (evicts && self.evict_for(state, bytes, ledger));
        if !fits {
            return Push::Full;
        }
        self.add(state, frame.bytes(), ledger);
        Push::Accepted
    }

    /// Whether the queue is filling up and this record is one of those left out.
    fn samples_out(&self, state: &mut State, level: Level) -> bool {
        let Overflow::Sample(one_in) = self.admission.overflow else {
            return false;
        };
        let half_full = state.held_records >= self.bounds.records.div_ceil(2)
            || state.held_bytes >= self.bounds.bytes.div_ceil(2);
        if !half_full || self.admission.protected.contains(level) {
            return false;
        }
        state.sampled = state.sampled.wrapping_add(1);
        !state.sampled.is_multiple_of(one_in.max(1))
    }

    /// Drops what has waited longest, but for protected records, until there is room; false when
    /// there is not enough to drop.
    fn evict_for(&self, state: &mut State, bytes: usize, ledger: &Ledger) -> bool {
        let mut evicted = 0;
        while !self.has_room(state, bytes) && self.pass_oldest(state, &mut evicted) {}
        ledger.drop_records(DropReason::Evicted, evicted);
        self.has_room(state, bytes)
    }

    /// Evicts or spares the oldest record that waits; false when there is none.
    fn pass_oldest(&self, state: &mut State, evicted: &mut u64) -> bool {
        let Some(first) = state.chunks.front() else {
            return false;
        };
        let Some(Ok((frame, rest))) = first
            .encoded()
            .get(state.first_gone..)
            .filter(|rest| !rest.is_empty())
            .map(Frame::split)
        else {
            return false;
        };
        let (length, last) = (frame.bytes().len(), rest.is_empty());
        if self.admission.protected.contains(frame.level()) {
            state.spared.push(frame.bytes());
        } else {
            state.held_records -= 1;
            state.held_bytes -= length;
            *evicted += 1;
        }
        state.first_gone += length;
        if last && let Some(chunk) = state.chunks.pop_front() {
            state.first_gone = 0;
            self.pool.give(chunk.into_buffer());
        }
        true
    }

    /// Adds a frame, waiting for room as the policy says – or not at all after another caller has just
    /// waited in vain: a hung sink costs the application one limit, not one for every call.
    pub(crate) fn push_within(&self, frame: &Frame<'_>, ledger: &Ledger) -> Push {
        let deadline = Instant::now() + self.admission.wait(frame.level());
        let mut state = self.lock();
        loop {
            if state.closed {
                return Push::Closed;
            }
            let push = self.push_if_room(&mut state, frame, ledger);
            if push == Push::Accepted {
                return push;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || state.stalled {
                state.stalled = true;
                return Push::Full;
            }
            state = self
                .space
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Moves the records that wait into `batch`, which must be empty; waits for some. Returns
    /// false when the queue is closed and empty.
    pub(crate) fn take(&self, batch: &mut Batch) -> bool {
        let mut state = self.lock();
        let mut lingered = false;
        loop {
            let whole_chunk = state.chunks.len() > 1 || !state.spared.is_empty();
            let waited = lingered || state.hurry || state.closed;
            if whole_chunk || (waited && !state.chunks.is_empty()) {
                state.worker = WorkerState::Busy;
                return self.take_chunk(&mut state, batch);
            }
            state.hurry = false;
            if state.closed {
                return false;
            }
            state = if lingered {
                self.sleep(state)
            } else {
                lingered = true;
                self.linger(state)
            };
        }
    }

    /// The stages are done with what the worker took: whoever comes now may wait for room again.
    pub(crate) fn moved(&self) {
        self.lock().stalled = false;
    }

    /// The worker is done with records it took: others may come in.
    pub(crate) fn release(&self, records: usize, bytes: usize) {
        let mut state = self.lock();
        state.held_records -= records;
        state.held_bytes -= bytes;
        state.stalled = false;
        drop(state);
        self.space.notify_all();
    }

    /// Lets the worker take what is there without waiting for more.
    pub(crate) fn hurry(&self) {
        let mut state = self.lock();
        state.hurry = true;
        drop(state);
        self.work.notify_one();
    }

    /// Whether somebody waits for the records that are there.
    pub(crate) fn is_hurried(&self) -> bool {
        let state = self.lock();
        state.hurry || state.closed
    }

    /// Takes no more records; the worker empties the queue and ends.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.work.notify_one();
        self.space.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is complete before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A frame larger than the whole bound is let in alone.
    fn has_room(&self, state: &State, bytes: usize) -> bool {
        state.held_records == 0
            || (state.held_records < self.bounds.records
                && state.held_bytes + bytes <= self.bounds.bytes)
    }

    /// Whether a third of what may wait does.
    fn fills_up(&self, state: &State) -> bool {
        state.held_records >= self.bounds.records / 3 || state.held_bytes >= self.bounds.bytes / 3
    }

    fn add(&self, state: &mut State, frame: &[u8], ledger: &Ledger) {
        if let Some(journal) = &self.journal {
            journal.store_call(state.next, frame);
            state.next += 1;
        }
        let full = state.chunks.back().is_none_or(|chunk| {
            chunk.records() >= CHUNK_RECORDS || chunk.bytes() + frame.len() > CHUNK_BYTES
        });
        if full {
            let buffer = self.pool.take(CHUNK_BYTES);
            state.chunks.push_back(Batch::reusing(buffer));
        }
        if let Some(chunk) = state.chunks.back_mut() {
            chunk.push(frame);
        }
        state.held_records += 1;
        state.held_bytes += frame.len();
        ledger.accept();
        let wake = match state.worker {
            WorkerState::Busy => false,
            WorkerState::Lingering => full && self.fills_up(state),
            WorkerState::Idle => true,
        };
        if wake {
            state.worker = WorkerState::Busy;
            self.work.notify_one();
        }
    }

    #[cfg(not(loom))]
    fn linger<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.worker = WorkerState::Lingering;
        self.work
            .wait_timeout(state, LINGER)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    /// In a model no time passes: the wait is over at any moment.
    #[cfg(loom)]
    fn linger<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.worker = WorkerState::Lingering;
        drop(state);
        loom::thread::yield_now();
        self.lock()
    }

    fn sleep<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.worker = WorkerState::Idle;
        self.pool.trim();
        self.work
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn take_chunk(&self, state: &mut State, batch: &mut Batch) -> bool {
        if !state.spared.is_empty() {
            *batch = std::mem::take(&mut state.spared);
            return true;
        }
        let Some(mut chunk) = state.chunks.pop_front() else {
            return false;
        };
        chunk.remove_front(std::mem::take(&mut state.first_gone));
        self.pool
            .give(std::mem::replace(batch, chunk).into_buffer());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{Admission, Arc, CHUNK_BYTES, Duration, Overflow, Push, Queue, QueueBounds};
    use crate::batch::Batch;
    use crate::frame::{Flags, FrameWriter};
    use crate::frame_reader::Frame;
    use crate::ledger::Ledger;
    use crate::level::Level;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    #[derive(Clone, Debug)]
    enum Step {
        Push { bytes: usize },
        Take,
        Release,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            6 => (0_usize..200).prop_map(|bytes| Step::Push { bytes }),
            1 => (0_usize..CHUNK_BYTES).prop_map(|bytes| Step::Push { bytes }),
            1 => Just(Step::Take),
            1 => Just(Step::Release),
        ];
        proptest::collection::vec(step, 0..400)
    }

    fn split(bytes: &[u8]) -> Frame<'_> {
        Frame::split(bytes).unwrap().0
    }

    fn frame(number: i64, bytes: usize) -> Vec<u8> {
        frame_of(Level::INFO, number, bytes)
    }

    fn frame_of(level: Level, number: i64, bytes: usize) -> Vec<u8> {
        let mut frame = Vec::new();
        let message = vec![b'x'; bytes];
        let writer =
            FrameWriter::captured(&mut frame, level, Flags::NONE, number, &[0; 4], &message);
        writer.finish().unwrap();
        frame
    }

    proptest! {
        #[test]
        fn what_fits_comes_out_once_and_in_order_and_nothing_else_comes_in(
            steps in steps(),
            records in 1_usize..60,
            bytes in 1_usize..200_000,
        ) {
            let queue = Queue::new(QueueBounds { records, bytes }, Admission::default(), Arc::default());
            let ledger = Ledger::default();
            let (mut waiting, mut taken) = (VecDeque::new(), Vec::new());
            let mut accepted = 0;
            for (number, step) in steps.into_iter().enumerate() {
                let held = waiting.len() + taken.iter().map(|&(records, _)| records).sum::<usize>();
                let held_bytes = waiting.iter().map(|&(_, bytes)| bytes).sum::<usize>()
                    + taken.iter().map(|&(_, bytes)| bytes).sum::<usize>();
                match step {
                    Step::Push { bytes: length } => {
                        let number = i64::try_from(number).unwrap();
                        let frame = frame(number, length);
                        let fits = held == 0
                            || (held < records && held_bytes + frame.len() <= bytes);
                        let expected = if fits { Push::Accepted } else { Push::Full };
                        prop_assert_eq!(queue.try_push(&split(&frame), &ledger), expected);
                        if fits {
                            waiting.push_back((number, frame.len()));
                            accepted += 1;
                        }
                    }
                    Step::Take if !waiting.is_empty() => {
                        queue.hurry();
                        let mut batch = Batch::default();
                        prop_assert!(queue.take(&mut batch));
                        for frame in batch.frames() {
                            let (number, _) = waiting.pop_front().unwrap();
                            prop_assert_eq!(frame.unwrap().micros(), number);
                        }
                        taken.push((batch.records(), batch.bytes()));
                    }
                    Step::Release => {
                        if let Some((records, bytes)) = taken.pop() {
                            queue.release(records, bytes);
                        }
                    }
                    Step::Take => {}
                }
                prop_assert_eq!(ledger.snapshot().queued, accepted);
            }
            queue.close();
            let mut batch = Batch::default();
            while queue.take(&mut batch) {
                for frame in std::mem::take(&mut batch).frames() {
                    prop_assert_eq!(frame.unwrap().micros(), waiting.pop_front().unwrap().0);
                }
            }
            prop_assert!(waiting.is_empty());
            prop_assert_eq!(queue.try_push(&split(&frame(0, 0)), &ledger), Push::Closed);
        }
    }

    /// A queue with room for four records, and what comes out of it.
    fn small(overflow: Overflow) -> (Queue, Ledger) {
        let bounds = QueueBounds {
            records: 4,
            bytes: 1 << 20,
        };
        let admission = Admission {
            overflow,
            protected: [Level::ERROR].into_iter().collect(),
            protected_wait: Duration::ZERO,
        };
        (
            Queue::new(bounds, admission, Arc::default()),
            Ledger::default(),
        )
    }

    fn push(queue: &Queue, ledger: &Ledger, level: Level, number: i64) -> Push {
        queue.try_push(&split(&frame_of(level, number, 0)), ledger)
    }

    fn drain(queue: &Queue) -> Vec<i64> {
        queue.close();
        let (mut batch, mut numbers) = (Batch::default(), Vec::new());
        while queue.take(&mut batch) {
            numbers.extend(batch.frames().map(|frame| frame.unwrap().micros()));
        }
        numbers
    }

    #[test]
    fn drop_oldest_keeps_the_newest() {
        let (queue, ledger) = small(Overflow::DropOldest);
        for number in 0..10 {
            assert_eq!(push(&queue, &ledger, Level::INFO, number), Push::Accepted);
        }
        assert_eq!(drain(&queue), [6, 7, 8, 9]);
        let counts = ledger.snapshot();
        assert_eq!((counts.queued, counts.dropped.iter().sum()), (4, 6));
    }

    #[test]
    fn what_is_evicted_is_never_protected_and_order_stays() {
        for overflow in [
            Overflow::DropOldest,
            Overflow::DropNewest,
            Overflow::Sample(1),
        ] {
            let (queue, ledger) = small(overflow);
            for (number, level) in [
                Level::ERROR,
                Level::INFO,
                Level::ERROR,
                Level::INFO,
                Level::ERROR,
                Level::ERROR,
            ]
            .into_iter()
            .enumerate()
            {
                let number = i64::try_from(number).unwrap();
                assert_eq!(push(&queue, &ledger, level, number), Push::Accepted);
            }
            assert_eq!(push(&queue, &ledger, Level::ERROR, 6), Push::Full);
            assert_eq!(drain(&queue), [0, 2, 4, 5], "{overflow:?}");
            assert_eq!(ledger.snapshot().queued, 4);
        }
    }

    #[test]
    fn sampling_takes_one_in_so_many_from_a_half_full_queue_on() {
        let (queue, ledger) = small(Overflow::Sample(3));
        let pushes: Vec<Push> = (0..8)
            .map(|number| push(&queue, &ledger, Level::INFO, number))
            .collect();
        use Push::{Accepted, Sampled};
        let expected = [
            Accepted, Accepted, Sampled, Sampled, Accepted, Sampled, Sampled, Accepted,
        ];
        assert_eq!(pushes, expected);
        assert_eq!(push(&queue, &ledger, Level::INFO, 8), Sampled);
        assert_eq!(drain(&queue), [0, 1, 4, 7]);
    }
}
