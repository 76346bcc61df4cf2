//! The whole way of a record, from a log call to the sinks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::diagnostics::Diagnostics;
use crate::format::JsonEncoder;
use crate::frame_reader::Frame;
use crate::lane::{Lane, SinkSnapshot};
use crate::latch::EndLatch;
use crate::ledger::{DropReason, Ledger, Snapshot};
use crate::pool::BufferPool;
use crate::queue::{Push, Queue, QueueBounds};
use crate::sink::Sink;
use crate::stage::Stage;
use crate::worker::Worker;

/// Longest record that is taken, in bytes of its frame.
pub const MAX_RECORD_BYTES: usize = 4 * 1024 * 1024;

/// What happens to a record that finds no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The caller waits for room up to this long; then the record is dropped. Sinks that are
    /// slow but alive are waited for, too.
    Block(Duration),
    /// The record is dropped at once.
    DropNewest,
}

impl Default for Overflow {
    /// Wait up to one second.
    fn default() -> Self {
        Self::Block(Duration::from_secs(1))
    }
}

/// What a pipeline is made of.
#[derive(Default)]
pub struct PipelineConfig {
    /// How much may wait in the queue.
    pub bounds: QueueBounds,
    /// What happens when it is full.
    pub overflow: Overflow,
    /// Steps that each batch takes, in order.
    pub stages: Vec<Box<dyn Stage>>,
    /// Destinations; at least one.
    pub sinks: Vec<Box<dyn Sink>>,
}

/// A pipeline could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No destination was given.
    #[error("a pipeline needs at least one sink")]
    NoSink,
    /// The system gave no thread.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] std::io::Error),
}

/// How [`Pipeline::try_submit`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submit {
    /// The record is accepted or accounted for as dropped; nothing more to do.
    Done,
    /// There is no room and the policy is to wait: call [`Pipeline::submit_waiting`].
    WouldWait,
}

/// A running pipeline. All methods may be called from any thread.
pub struct Pipeline {
    queue: Arc<Queue>,
    ledger: Arc<Ledger>,
    diagnostics: Arc<Diagnostics>,
    overflow: Overflow,
    lanes: Arc<[Lane]>,
    worker_ended: EndLatch,
    /// This process is a fork of the one that has the threads.
    forked: AtomicBool,
}

/// What [`Pipeline::close`] left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloseReport {
    /// Records that were not delivered within the time limit.
    pub undelivered: u64,
    /// Whether a stage did not come back within the time limit.
    pub stuck_stages: bool,
    /// Sinks that did not end within the time limit.
    pub stuck_sinks: Vec<String>,
}

impl Pipeline {
    /// Starts the worker's thread and one for each sink.
    ///
    /// # Errors
    /// [`StartError`]; no thread is left behind then.
    pub fn start(config: PipelineConfig) -> Result<Self, StartError> {
        if config.sinks.is_empty() {
            return Err(StartError::NoSink);
        }
        let diagnostics = Arc::new(Diagnostics::default());
        let lanes = start_lanes(config.sinks, &diagnostics)?;
        let pool = Arc::new(BufferPool::default());
        let queue = Arc::new(Queue::new(config.bounds, Arc::clone(&pool)));
        let ledger = Arc::new(Ledger::default());
        let worker = Worker {
            queue: Arc::clone(&queue),
            pool,
            ledger: Arc::clone(&ledger),
            diagnostics: Arc::clone(&diagnostics),
            overflow: config.overflow,
            stages: config.stages,
            lanes: Arc::clone(&lanes),
            encoder: JsonEncoder::default(),
        };
        let worker_ended = EndLatch::default();
        let end = worker_ended.guard();
        std::thread::Builder::new()
            .name("fapilog-worker".to_owned())
            .spawn(move || worker.run(end))
            .inspect_err(|_| close_all(&lanes))?;
        Ok(Self {
            queue,
            ledger,
            diagnostics,
            overflow: config.overflow,
            lanes,
            worker_ended,
            forked: AtomicBool::new(false),
        })
    }

    /// Hands over one frame, as made by [`crate::FrameWriter`], without ever waiting for room.
    pub fn try_submit(&self, frame: &[u8]) -> Submit {
        if self.forked.load(Ordering::Relaxed) {
            self.ledger.drop_after_fork();
            return Submit::Done;
        }
        if frame.len() > MAX_RECORD_BYTES {
            self.ledger.drop_records(DropReason::TooLarge, 1);
            self.diagnostics
                .report("too large", "a record is larger than 4 MiB and is dropped");
            return Submit::Done;
        }
        if !Frame::split(frame).is_ok_and(|(_, rest)| rest.is_empty()) {
            // It would take the rest of its batch with it.
            self.lose_unencodable();
            return Submit::Done;
        }
        match (self.queue.try_push(frame, &self.ledger), self.overflow) {
            (Push::Full, Overflow::Block(_)) => Submit::WouldWait,
            (push, _) => self.settle_push(push),
        }
    }

    /// Hands over one frame, waiting for room as the policy says.
    pub fn submit_waiting(&self, frame: &[u8]) {
        let limit = match self.overflow {
            Overflow::Block(limit) => limit,
            Overflow::DropNewest => Duration::ZERO,
        };
        let push = self.queue.push_within(frame, limit, &self.ledger);
        self.settle_push(push);
    }

    /// Accounts for a record that could not even be made into a frame.
    pub fn lose_unencodable(&self) {
        if self.forked.load(Ordering::Relaxed) {
            return self.ledger.drop_after_fork();
        }
        self.ledger.drop_records(DropReason::TooLarge, 1);
        self.diagnostics.report(
            "unencodable",
            "a record could not be encoded and is dropped",
        );
    }

    fn settle_push(&self, push: Push) -> Submit {
        match push {
            Push::Accepted => {}
            Push::Full => {
                self.ledger.drop_records(DropReason::QueueFull, 1);
                self.diagnostics
                    .report("queue full", "the queue is full, records are dropped");
            }
            Push::Closed => {
                self.ledger.drop_records(DropReason::Closed, 1);
                self.diagnostics.report(
                    "closed",
                    "a record came after its logger was closed and is dropped",
                );
            }
        }
        Submit::Done
    }

    /// To be called in the child process after a fork, where the worker and the sinks' threads do
    /// not exist and any lock may be held for ever: from now on records are dropped, counted as
    /// `closed`, and said once on standard error. Takes no lock.
    pub fn forget_after_fork(&self) {
        self.forked.store(true, Ordering::Relaxed);
    }

    /// Waits until every record accepted so far has been delivered, filtered or dropped; false
    /// when the time limit came first.
    pub fn flush(&self, limit: Duration) -> bool {
        if self.forked.load(Ordering::Relaxed) {
            return true;
        }
        self.queue.hurry();
        self.ledger.wait_until_settled(Instant::now() + limit)
    }

    /// Takes no more records, delivers those on their way, and ends all threads.
    ///
    /// Waits up to `limit`; what is stuck then is left to itself and reported. A second call
    /// reports again what is still not delivered.
    pub fn close(&self, limit: Duration) -> CloseReport {
        if self.forked.load(Ordering::Relaxed) {
            return CloseReport::default();
        }
        let deadline = Instant::now() + limit;
        self.queue.close();
        let stages_ended = self.worker_ended.wait_until(deadline);
        let stuck_sinks: Vec<String> = self
            .lanes
            .iter()
            .filter(|lane| !lane.wait_for_end(deadline))
            .map(|lane| lane.snapshot().name)
            .collect();
        CloseReport {
            undelivered: self.ledger.snapshot().queued,
            stuck_stages: !stages_ended,
            // Without the worker no sink can end, which says nothing about the sinks.
            stuck_sinks: if stages_ended {
                stuck_sinks
            } else {
                Vec::new()
            },
        }
    }

    /// What became of the records so far.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.ledger.snapshot()
    }

    /// Counts of each sink, in the order in which the sinks were given.
    #[must_use]
    pub fn sinks(&self) -> Vec<SinkSnapshot> {
        self.lanes.iter().map(Lane::snapshot).collect()
    }

    /// Where the pipeline's own findings go.
    #[must_use]
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }
}

impl Drop for Pipeline {
    /// Lets the threads end by themselves; call [`Pipeline::close`] to wait for them.
    fn drop(&mut self) {
        if self.forked.load(Ordering::Relaxed) {
            return;
        }
        self.queue.close();
    }
}

fn start_lanes(
    sinks: Vec<Box<dyn Sink>>,
    diagnostics: &Arc<Diagnostics>,
) -> Result<Arc<[Lane]>, StartError> {
    let mut lanes = Vec::with_capacity(sinks.len());
    for sink in sinks {
        match Lane::start(sink, Arc::clone(diagnostics)) {
            Ok(lane) => lanes.push(lane),
            Err(error) => {
                close_all(&lanes);
                return Err(error.into());
            }
        }
    }
    Ok(lanes.into())
}

fn close_all(lanes: &[Lane]) {
    for lane in lanes {
        lane.close();
    }
}
