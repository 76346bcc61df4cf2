//! The bounded queue between log calls and the worker.
//!
//! Frames are copied into chunks; a full chunk becomes a batch as it is. The lock is held for one
//! copy of some hundred bytes, and the worker is woken once a burst, not once a record: see
//! [`WorkerState`].

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::batch::Batch;
use crate::ledger::Ledger;
use crate::pool::BufferPool;

/// A chunk is handed over at this many records: enough to make the cost of a hand-over small,
/// few enough to keep the parts after the queue busy at the same time.
const CHUNK_RECORDS: usize = 512;

/// … or at this many bytes: a chunk and its encoded text stay in a core's second-level cache.
const CHUNK_BYTES: usize = 128 * 1024;

/// How long the worker waits for more after a burst before it goes to sleep. Long enough that a
/// busy logger pays no wake-up call, short enough that nobody watching a log notices.
const LINGER: Duration = Duration::from_millis(2);

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

/// What the queue did with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Push {
    Accepted,
    Full,
    Closed,
}

/// What the worker is doing, for whoever adds a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WorkerState {
    /// Will look at the queue again by itself.
    Busy,
    /// Looks again after [`LINGER`], earlier only when a whole chunk is ready.
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
    pool: Arc<BufferPool>,
}

#[derive(Debug)]
struct State {
    chunks: VecDeque<Batch>,
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
    pub(crate) fn new(bounds: QueueBounds, pool: Arc<BufferPool>) -> Self {
        Self {
            state: Mutex::new(State {
                chunks: VecDeque::new(),
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
            pool,
        }
    }

    /// Adds a frame if there is room; never waits for room.
    pub(crate) fn try_push(&self, frame: &[u8], ledger: &Ledger) -> Push {
        let mut state = self.lock();
        if state.closed {
            return Push::Closed;
        }
        if !self.has_room(&state, frame.len()) {
            return Push::Full;
        }
        self.add(&mut state, frame, ledger);
        Push::Accepted
    }

    /// Adds a frame, waiting for room up to `limit` – or not at all after another caller has just
    /// waited in vain: a hung sink costs the application one limit, not one for every call.
    pub(crate) fn push_within(&self, frame: &[u8], limit: Duration, ledger: &Ledger) -> Push {
        let deadline = Instant::now() + limit;
        let mut state = self.lock();
        loop {
            if state.closed {
                return Push::Closed;
            }
            if self.has_room(&state, frame.len()) {
                self.add(&mut state, frame, ledger);
                return Push::Accepted;
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
            let whole_chunk = state.chunks.len() > 1;
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

    fn add(&self, state: &mut State, frame: &[u8], ledger: &Ledger) {
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
            WorkerState::Lingering => full && state.chunks.len() > 1,
            WorkerState::Idle => true,
        };
        if wake {
            state.worker = WorkerState::Busy;
            self.work.notify_one();
        }
    }

    fn linger<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.worker = WorkerState::Lingering;
        self.work
            .wait_timeout(state, LINGER)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    fn sleep<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.worker = WorkerState::Idle;
        self.pool.trim();
        self.work
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn take_chunk(&self, state: &mut State, batch: &mut Batch) -> bool {
        let Some(chunk) = state.chunks.pop_front() else {
            return false;
        };
        self.pool
            .give(std::mem::replace(batch, chunk).into_buffer());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{Arc, CHUNK_BYTES, Push, Queue, QueueBounds};
    use crate::batch::Batch;
    use crate::frame::{Flags, FrameWriter};
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

    fn frame(number: i64, bytes: usize) -> Vec<u8> {
        let mut frame = Vec::new();
        let message = vec![b'x'; bytes];
        let writer = FrameWriter::captured(
            &mut frame,
            Level::INFO,
            Flags::NONE,
            number,
            &[0; 4],
            &message,
        );
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
            let queue = Queue::new(QueueBounds { records, bytes }, Arc::default());
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
                        prop_assert_eq!(queue.try_push(&frame, &ledger), expected);
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
            prop_assert_eq!(queue.try_push(&frame(0, 0), &ledger), Push::Closed);
        }
    }
}
