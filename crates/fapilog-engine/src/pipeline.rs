//! The whole way of a record, from a log call to the sinks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::diagnostics::Diagnostics;
use crate::durable::Durable;
use crate::fork::{Fork, Revived};
use crate::format::{Encoder, JsonEncoder};
use crate::frame_reader::Frame;
use crate::journal::{DurableConfig, DurableSnapshot, Recovered};
use crate::lane::{Lane, Lanes, SinkConfig, SinkSnapshot, SpoolError};
use crate::latch::EndLatch;
use crate::ledger::{DropReason, Ledger, Snapshot};
use crate::pool::BufferPool;
use crate::queue::{Admission, Overflow, Push, Queue, QueueBounds};
use crate::stage::{Stage, StageCounts, StageSnapshot};
use crate::worker::Worker;

/// Longest record that is taken, in bytes of its frame.
pub const MAX_RECORD_BYTES: usize = 4 * 1024 * 1024;

/// What a pipeline is made of.
#[derive(Default)]
pub struct PipelineConfig {
    /// How much may wait in the queue.
    pub bounds: QueueBounds,
    /// Which records come in, and what happens when it is full.
    pub admission: Admission,
    /// Steps that each batch takes, in order.
    pub stages: Vec<Box<dyn Stage>>,
    /// Text forms that sinks name by number. JSON lines when there is none.
    pub formats: Vec<Box<dyn Encoder>>,
    /// Whether callers add the name and number of their thread; see
    /// [`Pipeline::captures_thread`].
    pub capture_thread: bool,
    /// Destinations; at least one that is nobody's fallback.
    pub sinks: Vec<SinkConfig>,
    /// Crash-safe mode.
    pub durable: Option<DurableConfig>,
}

/// A pipeline could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No destination was given.
    #[error("a pipeline needs at least one sink that is not only a fallback")]
    NoSink,
    /// A sink names something that is not there.
    #[error("sink `{sink}`: {reason}")]
    BadSink {
        /// The sink's name.
        sink: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Crash-safe mode and another setting contradict each other.
    #[error("crash-safe mode: {0}")]
    NotDurable(&'static str),
    /// The folder of crash-safe mode cannot be used.
    #[error("crash-safe mode: cannot use the folder `{}`: {source}", folder.display())]
    Journal {
        /// The folder as it was given.
        folder: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder of a sink's spool cannot be used.
    #[error("sink `{sink}`: cannot use the folder `{}` for its spool: {source}", folder.display())]
    Spool {
        /// The sink's name.
        sink: String,
        /// The folder as it was given.
        folder: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
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
    admission: Admission,
    stages: Vec<Arc<StageCounts>>,
    lanes: Arc<[Lane]>,
    worker_ended: EndLatch,
    capture_thread: bool,
    durable: Option<Durable>,
    fork: Fork,
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
        let mut formats = config.formats;
        if formats.is_empty() {
            formats.push(Box::new(JsonEncoder::default()));
        }
        let mut sinks = config.sinks;
        check_sinks(&sinks, formats.len())?;
        let diagnostics = Arc::new(Diagnostics::default());
        let opened = config
            .durable
            .map(|durable| {
                check_admission(&config.admission)?;
                Durable::open(durable, &mut sinks, &mut formats, &diagnostics)
            })
            .transpose()?;
        let (durable, recovered) = opened.unzip();
        let journal = durable
            .as_ref()
            .map(|durable: &Durable| Arc::clone(&durable.journal));
        let lanes = Lanes::new(sinks, &diagnostics)
            .map_err(|SpoolError(sink, folder, source)| StartError::Spool {
                sink,
                folder,
                source,
            })?
            .start()?;
        let pool = Arc::new(BufferPool::default());
        let queue = Queue::new(config.bounds, config.admission, Arc::clone(&pool));
        let queue = Arc::new(queue.storing(journal.clone()));
        let stages: Vec<_> = config.stages.into_iter().map(counted).collect();
        let stage_counts = stages
            .iter()
            .map(|(_, counts)| Arc::clone(counts))
            .collect();
        let ledger = Arc::new(Ledger::default());
        let recovered = recovered.unwrap_or_default();
        ledger.accept_recovered(recovered.iter().map(Recovered::records).sum());
        let worker = Worker {
            queue: Arc::clone(&queue),
            pool,
            ledger: Arc::clone(&ledger),
            diagnostics: Arc::clone(&diagnostics),
            overflow: config.admission.overflow,
            protected: config.admission.protected,
            stages,
            lanes: Arc::clone(&lanes),
            formats,
            journal,
            recovered,
            plain: JsonEncoder::default(),
            spare: Vec::new(),
        };
        let worker_ended = EndLatch::default();
        let end = worker_ended.guard();
        std::thread::Builder::new()
            .name("fapilog-worker".to_owned())
            .spawn(move || worker.run(end))
            .inspect_err(|_| lanes.iter().for_each(Lane::close))?;
        Ok(Self {
            queue,
            ledger,
            diagnostics,
            admission: config.admission,
            stages: stage_counts,
            lanes,
            worker_ended,
            capture_thread: config.capture_thread,
            durable,
            fork: Fork::default(),
        })
    }

    /// Hands over one frame, as made by [`crate::FrameWriter`], without ever waiting for room.
    pub fn try_submit(&self, frame: &[u8]) -> Submit {
        if self.fork.happened() {
            return match self.fork.revive() {
                Revived::Yes(pipeline) => pipeline.try_submit(frame),
                Revived::Soon => Submit::WouldWait,
                Revived::No => {
                    self.ledger.drop_after_fork();
                    Submit::Done
                }
            };
        }
        if frame.len() > MAX_RECORD_BYTES {
            self.ledger.drop_records(DropReason::TooLarge, 1);
            self.diagnostics
                .report("too large", "a record is larger than 4 MiB and is dropped");
            return Submit::Done;
        }
        let Some(frame) = whole_frame(frame) else {
            self.lose_unencodable();
            return Submit::Done;
        };
        let mut redacted = Vec::new();
        let Some(frame) = self.storable(frame, &mut redacted) else {
            self.lose_unencodable();
            return Submit::Done;
        };
        match self.queue.try_push(&frame, &self.ledger) {
            Push::Full if !self.admission.wait(frame.level()).is_zero() => Submit::WouldWait,
            push => self.settle_push(push),
        }
    }

    /// Hands over one frame, waiting for room as the policy says.
    pub fn submit_waiting(&self, frame: &[u8]) {
        if self.fork.happened() {
            return match self.fork.wait() {
                Some(pipeline) => pipeline.submit_waiting(frame),
                None => self.ledger.drop_after_fork(),
            };
        }
        let mut redacted = Vec::new();
        match whole_frame(frame).and_then(|frame| self.storable(frame, &mut redacted)) {
            Some(frame) => {
                let push = self.queue.push_within(&frame, &self.ledger);
                self.settle_push(push);
            }
            None => self.lose_unencodable(),
        }
    }

    /// The frame as it may be stored.
    fn storable<'a>(&self, frame: Frame<'a>, redacted: &'a mut Vec<u8>) -> Option<Frame<'a>> {
        match &self.durable {
            None => Some(frame),
            Some(durable) => durable.redact(frame, redacted),
        }
    }

    /// Accounts for a record that could not even be made into a frame.
    pub fn lose_unencodable(&self) {
        if self.fork.happened() {
            return match self.fork.revived() {
                Some(pipeline) => pipeline.lose_unencodable(),
                None => self.ledger.drop_after_fork(),
            };
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
            Push::Sampled => {
                self.ledger.drop_records(DropReason::OverflowSampled, 1);
                self.diagnostics.report(
                    "queue sampled",
                    "the queue is filling up, records are sampled",
                );
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
    /// not exist and any lock may be held for ever. Takes no lock.
    ///
    /// The first record after that calls what [`Pipeline::on_fork`] was given; without that, or
    /// when it makes no pipeline, records are dropped, counted as `closed`, and said once on
    /// standard error.
    pub fn forget_after_fork(&self) {
        self.fork.set_happened();
        if let Some(durable) = &self.durable {
            durable.forget();
        }
        self.lanes.iter().for_each(Lane::forget);
    }

    /// What makes another pipeline in a forked process and gives it to [`Pipeline::revive`].
    /// Called at most once, in the thread of the first record. A second call of this is ignored.
    pub fn on_fork(&self, revive: impl Fn() + Send + Sync + 'static) {
        self.fork.set_reviver(Box::new(revive));
    }

    /// In a forked process: from now on everything goes to `pipeline`.
    pub fn revive(&self, pipeline: Arc<Self>) {
        self.fork.set_revived(pipeline);
    }

    /// Waits until every record accepted so far has been delivered, filtered or dropped; false
    /// when the time limit came first.
    pub fn flush(&self, limit: Duration) -> bool {
        if self.fork.happened() {
            return self.fork.revived().is_none_or(|live| live.flush(limit));
        }
        self.queue.hurry();
        self.lanes.iter().for_each(Lane::hurry);
        self.ledger.wait_until_settled(Instant::now() + limit)
    }

    /// Takes no more records, delivers those on their way, and ends all threads.
    ///
    /// Waits up to `limit`; what is stuck then is left to itself and reported. A second call
    /// reports again what is still not delivered.
    pub fn close(&self, limit: Duration) -> CloseReport {
        if self.fork.happened() {
            let live = self.fork.revived();
            return live.map_or_else(CloseReport::default, |live| live.close(limit));
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
        if let Some(durable) = &self.durable
            && stages_ended
            && stuck_sinks.is_empty()
        {
            durable.journal.finish();
        }
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

    /// Whether whoever makes a record adds the fields `thread` and `thread_id`: nobody else knows
    /// them.
    #[must_use]
    pub fn captures_thread(&self) -> bool {
        self.capture_thread
    }

    /// What became of the records so far.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.live().ledger.snapshot()
    }

    /// Counts of each sink, in the order in which the sinks were given.
    #[must_use]
    pub fn sinks(&self) -> Vec<SinkSnapshot> {
        self.live().lanes.iter().map(Lane::snapshot).collect()
    }

    /// Counts of each stage, in order.
    #[must_use]
    pub fn stages(&self) -> Vec<StageSnapshot> {
        let stages = self.live().stages.iter();
        stages.map(|stage| stage.snapshot()).collect()
    }

    /// Counts of crash-safe mode; `None` without it.
    #[must_use]
    pub fn durable(&self) -> Option<DurableSnapshot> {
        let live = self.live();
        let journal = &live.durable.as_ref()?.journal;
        Some(DurableSnapshot {
            recovered: live.ledger.recovered(),
            unprotected: journal.unprotected(),
            bytes: journal.bytes() as u64,
        })
    }

    /// Where the pipeline's own findings go.
    #[must_use]
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.live().diagnostics
    }

    /// The pipeline that works for this one, in a forked process; else this one.
    fn live(&self) -> &Self {
        self.fork.revived().map_or(self, |live| live.live())
    }
}

impl Drop for Pipeline {
    /// Lets the threads end by themselves; call [`Pipeline::close`] to wait for them.
    fn drop(&mut self) {
        if self.fork.happened() {
            return;
        }
        self.queue.close();
    }
}

/// What was acknowledged must not be thrown away for what comes after it.
fn check_admission(admission: &Admission) -> Result<(), StartError> {
    let evicts = match admission.overflow {
        Overflow::Block(_) => false,
        Overflow::DropOldest => true,
        Overflow::DropNewest | Overflow::Sample(_) => !admission.protected.is_empty(),
    };
    if evicts {
        return Err(StartError::NotDurable(
            "records that were accepted would be dropped to make room for others; let the queue \
             block, or drop the newest without protected levels",
        ));
    }
    Ok(())
}

/// Checks what sinks name by number.
fn check_sinks(sinks: &[SinkConfig], formats: usize) -> Result<(), StartError> {
    for (number, config) in sinks.iter().enumerate() {
        let target = config.fallback.map(|target| (target, sinks.get(target)));
        let reason = match target {
            _ if config.format >= formats => "its format is not there",
            Some((_, None)) => "its fallback is not there",
            Some((target, _)) if target == number => "it is its own fallback",
            Some((_, Some(target))) if target.fallback.is_some() => {
                "its fallback has a fallback itself"
            }
            _ => continue,
        };
        return Err(StartError::BadSink {
            sink: config.sink.name().to_owned(),
            reason,
        });
    }
    let is_target = |number| sinks.iter().any(|sink| sink.fallback == Some(number));
    if (0..sinks.len()).all(is_target) {
        return Err(StartError::NoSink);
    }
    Ok(())
}

fn counted(stage: Box<dyn Stage>) -> (Box<dyn Stage>, Arc<StageCounts>) {
    let counts = Arc::new(StageCounts::new(stage.name()));
    (stage, counts)
}

/// One frame and nothing else: anything else would take the rest of its batch with it.
fn whole_frame(bytes: &[u8]) -> Option<Frame<'_>> {
    match Frame::split(bytes) {
        Ok((frame, [])) => Some(frame),
        _ => None,
    }
}
