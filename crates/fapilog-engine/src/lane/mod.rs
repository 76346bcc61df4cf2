//! A sink's own lane: a bounded buffer, a thread, retries, a circuit breaker and a fallback, so
//! that no sink has to wait for another.

mod policy;
mod runner;
mod shared;

pub use policy::{BatchPolicy, BreakerPolicy, BufferBounds, RetryPolicy};
pub(crate) use shared::{Shared, WhenFull};

use std::path::PathBuf;
use std::sync::Arc;

use std::time::Instant;

use crate::breaker::Breaker;
use crate::diagnostics::Diagnostics;
use crate::histogram::Latency;
use crate::latch::EndLatch;
use crate::portion::Load;
use crate::route::Route;
use crate::sink::{Sink, SinkInput};
use crate::spool::{Spool, SpoolConfig};
use crate::sync::atomic::{AtomicU64, Ordering};
use runner::Runner;

/// A sink in its place in a pipeline.
pub struct SinkConfig {
    /// The destination.
    pub sink: Box<dyn Sink>,
    /// Its text form, by number in [`crate::PipelineConfig::formats`].
    pub format: usize,
    /// Which records it gets.
    pub route: Route,
    /// How much may wait in front of it.
    pub buffer: BufferBounds,
    /// How many records it is given at once.
    pub batch: BatchPolicy,
    /// What happens to records that it did not take.
    pub retry: RetryPolicy,
    /// When it is left alone.
    pub breaker: BreakerPolicy,
    /// Where records wait on disk that the sink would lose; they come before its fallback, and are
    /// counted as delivered.
    pub spool: Option<SpoolConfig>,
    /// The sink that gets what this one is given up for, by number in
    /// [`crate::PipelineConfig::sinks`]. That one gets nothing else, and has no fallback itself.
    pub fallback: Option<usize>,
    /// It hears of records and keeps none: what it takes is not delivered by that, and nobody waits
    /// for it.
    pub observes: bool,
}

impl SinkConfig {
    /// A sink that gets every record, in the first format, with default policies.
    pub fn new(sink: impl Sink + 'static) -> Self {
        Self::boxed(Box::new(sink))
    }

    /// The same for a sink of any type.
    #[must_use]
    pub fn boxed(sink: Box<dyn Sink>) -> Self {
        Self {
            sink,
            format: 0,
            route: Route::default(),
            buffer: BufferBounds::default(),
            batch: BatchPolicy::default(),
            retry: RetryPolicy::default(),
            breaker: BreakerPolicy::default(),
            spool: None,
            fallback: None,
            observes: false,
        }
    }
}

/// Counts of one sink. At every moment every record that came this far is in exactly one of
/// `written`, `dropped`, `diverted`, `spooled` and `buffered`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkSnapshot {
    /// The sink's name.
    pub name: String,
    /// Records that it took.
    pub written: u64,
    /// Records that it will not get: given up, skipped while broken, or its buffer was full.
    pub dropped: u64,
    /// Records that its fallback got instead.
    pub diverted: u64,
    /// Records that wait for it in its spool, those that an earlier process left included.
    pub spooled: u64,
    /// Failed attempts.
    pub errors: u64,
    /// Records waiting for it, those that it is working on included.
    pub buffered: u64,
    /// Its circuit is open: it keeps failing and is left alone for a while.
    pub broken: bool,
    /// How long its calls took.
    pub latency: Latency,
}

/// The worker's end of a lane.
pub(crate) struct Lane {
    shared: Arc<Shared>,
    fallback: Option<Arc<Shared>>,
    diagnostics: Arc<Diagnostics>,
    /// The number of the format that the sink reads; `None` when it reads frames.
    pub(crate) format: Option<usize>,
    pub(crate) route: Route,
    /// It gets only what others divert.
    pub(crate) only_diverted: bool,
    /// It keeps no records.
    pub(crate) observes: bool,
    ended: EndLatch,
}

/// A spool could not be opened: the sink, the folder, and what the system said.
pub(crate) struct SpoolError(
    pub(crate) String,
    pub(crate) PathBuf,
    pub(crate) std::io::Error,
);

fn open_spool(config: &SinkConfig, diagnostics: &Diagnostics) -> Result<Option<Spool>, SpoolError> {
    let Some(spool) = &config.spool else {
        return Ok(None);
    };
    let name = config.sink.name();
    let mut problems = Vec::new();
    let opened = Spool::open(spool, name, &mut problems)
        .map_err(|error| SpoolError(name.to_owned(), spool.folder.clone(), error))?;
    for problem in problems {
        diagnostics.report(
            &format!("sink {name}: spool"),
            &format!("sink `{name}`: a file of its spool cannot be read: {problem}"),
        );
    }
    Ok(Some(opened))
}

/// Lanes whose threads have not been started yet, in the order of their sinks.
pub(crate) struct Lanes(Vec<(Lane, Runner)>);

impl Lanes {
    /// Lays out the lanes of some sinks; numbers of fallbacks must have been checked.
    ///
    /// # Errors
    /// The sink whose spool cannot be opened, its folder, and what the system said.
    pub(crate) fn new(
        sinks: Vec<SinkConfig>,
        diagnostics: &Arc<Diagnostics>,
    ) -> Result<Self, SpoolError> {
        let shared: Vec<Arc<Shared>> = sinks
            .iter()
            .map(|config| {
                Ok(Arc::new(Shared::new(
                    config,
                    open_spool(config, diagnostics)?,
                )))
            })
            .collect::<Result<_, SpoolError>>()?;
        let targets: Vec<usize> = sinks.iter().filter_map(|sink| sink.fallback).collect();
        let lanes = sinks.into_iter().enumerate().map(|(number, config)| {
            let fallback = config
                .fallback
                .and_then(|number| shared.get(number))
                .cloned();
            if let Some(fallback) = &fallback {
                fallback.add_feeder();
            }
            let reads_text = config.sink.input() == SinkInput::Text;
            let lane = Lane {
                shared: Arc::clone(&shared[number]),
                fallback: fallback.clone(),
                diagnostics: Arc::clone(diagnostics),
                format: reads_text.then_some(config.format),
                route: config.route,
                only_diverted: targets.contains(&number),
                observes: config.observes,
                ended: EndLatch::default(),
            };
            let runner = Runner {
                number,
                sink: config.sink,
                format: config.format,
                shared: Arc::clone(&shared[number]),
                diagnostics: Arc::clone(diagnostics),
                batch: config.batch,
                retry: config.retry,
                breaker: Breaker::new(config.breaker),
                fallback,
                observes: config.observes,
            };
            (lane, runner)
        });
        Ok(Self(lanes.collect()))
    }

    /// Starts a thread for each.
    ///
    /// # Errors
    /// What the system said when it gave no thread; none is left running then.
    pub(crate) fn start(self) -> std::io::Result<Arc<[Lane]>> {
        let mut lanes = Vec::with_capacity(self.0.len());
        let mut runners = self.0.into_iter();
        while let Some((lane, runner)) = runners.next() {
            let end = lane.ended.guard();
            let started = std::thread::Builder::new()
                .name("fapilog-sink".to_owned())
                .spawn(move || runner.run(end));
            if let Err(error) = started {
                lanes.iter().for_each(Lane::close);
                for lane in std::iter::once(lane).chain(runners.map(|(lane, _)| lane)) {
                    lane.stop_diverting();
                }
                return Err(error);
            }
            lanes.push(lane);
        }
        Ok(lanes.into())
    }
}

impl Lane {
    /// Whether records are put in front of it to be kept.
    pub(crate) fn keeps(&self) -> bool {
        !self.only_diverted && !self.observes
    }

    /// The counts now. What is finished is read first, so that `buffered` is never negative.
    pub(crate) fn snapshot(&self) -> SinkSnapshot {
        let count = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        let (written, dropped) = (count(&self.shared.written), count(&self.shared.dropped));
        let diverted = count(&self.shared.diverted);
        let spooled = count(&self.shared.spooled);
        SinkSnapshot {
            name: self.shared.name.clone(),
            written,
            dropped,
            diverted,
            errors: count(&self.shared.errors),
            spooled,
            buffered: count(&self.shared.sent) - written - dropped - diverted - spooled,
            broken: self.shared.broken.load(Ordering::Relaxed),
            latency: self.shared.latency.snapshot(),
        }
    }

    /// Puts records in front of the sink.
    pub(crate) fn send(&self, load: Load, when_full: WhenFull) {
        // With a spool nobody waits: what has waited longest goes there.
        let when_full = if self.shared.has_spool {
            WhenFull::DropOldest
        } else {
            when_full
        };
        let refused = self.shared.offer(load, when_full);
        if refused.is_empty() {
            return;
        }
        self.shared.lose(refused, self.fallback.as_deref());
        let name = &self.shared.name;
        let fate = match &self.fallback {
            _ if self.shared.has_spool => "go to its spool".to_owned(),
            Some(fallback) => format!("go to `{}`", fallback.name),
            None => "are dropped".to_owned(),
        };
        self.diagnostics.report(
            &format!("sink {name}: full"),
            &format!("sink `{name}`: its buffer is full, records {fate}"),
        );
    }

    /// In a forked process: leaves its spool to the parent.
    pub(crate) fn forget(&self) {
        if let Ok(spool) = self.shared.spool.try_lock()
            && let Some(spool) = &*spool
        {
            spool.forget();
        }
    }

    /// Its thread will never run: its fallback need not wait for it.
    fn stop_diverting(&self) {
        if let Some(fallback) = &self.fallback {
            fallback.remove_feeder();
        }
    }

    /// Gives the sink what waits for a fuller batch.
    pub(crate) fn hurry(&self) {
        self.shared.hurry();
    }

    /// No more batches will come; the thread ends after the last one.
    pub(crate) fn close(&self) {
        self.shared.remove_feeder();
    }

    /// Waits for the thread's end; after the deadline tells it to give up what it retries and
    /// returns false.
    pub(crate) fn wait_for_end(&self, deadline: Instant) -> bool {
        let ended = self.ended.wait_until(deadline);
        if !ended {
            self.shared.abandon();
            if self.shared.has_spool {
                let left = self.shared.take_all();
                self.shared.lose(left, self.fallback.as_deref());
            }
        }
        ended
    }
}
