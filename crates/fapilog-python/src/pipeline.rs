//! The engine's pipeline for Python.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fapilog_engine::{
    Admission, DropReason, Latency, Level, Overflow, PipelineConfig, QueueBounds, StartError,
};
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::leaving;
use crate::parts::{DurableSpec, FormatSpec, SinkSpec, StageSpec, seconds};

/// How often a wait looks whether the user wants it to end (Ctrl-C).
const SIGNALS_EVERY: Duration = Duration::from_millis(100);

/// A running pipeline.
#[pyclass(frozen, module = "fapilog._engine")]
pub struct Pipeline {
    engine: Arc<fapilog_engine::Pipeline>,
}

#[pymethods]
impl Pipeline {
    /// Starts the pipeline's threads.
    ///
    /// `overflow` is the policy's name; `block_seconds` is how long a full queue makes a caller
    /// wait (with `block`, or with a record of a protected level); `sample_one_in` is of `sample`.
    #[new]
    #[pyo3(signature = (
        *, sinks, stages, formats, queue_records, queue_bytes, overflow, block_seconds,
        sample_one_in, protected, capture_thread, durable,
    ))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of one caller")]
    fn new(
        sinks: Vec<SinkSpec>,
        stages: Vec<StageSpec>,
        formats: Vec<FormatSpec>,
        queue_records: usize,
        queue_bytes: usize,
        overflow: &str,
        block_seconds: f64,
        sample_one_in: u32,
        protected: Vec<u8>,
        capture_thread: bool,
        durable: Option<DurableSpec>,
        py: Python<'_>,
    ) -> PyResult<Self> {
        let config = PipelineConfig {
            bounds: QueueBounds {
                records: queue_records,
                bytes: queue_bytes,
            },
            admission: Admission {
                overflow: match overflow {
                    "block" => Overflow::Block(seconds(block_seconds)?),
                    "drop_newest" => Overflow::DropNewest,
                    "drop_oldest" => Overflow::DropOldest,
                    "sample" => Overflow::Sample(sample_one_in),
                    _ => return Err(PyValueError::new_err("there is no such policy")),
                },
                protected: protected.into_iter().map(Level::new).collect(),
                protected_wait: seconds(block_seconds)?,
            },
            stages: stages
                .into_iter()
                .map(StageSpec::build)
                .collect::<PyResult<_>>()?,
            formats: formats
                .into_iter()
                .map(FormatSpec::build)
                .collect::<PyResult<_>>()?,
            capture_thread,
            durable: durable.map(DurableSpec::build).transpose()?,
            // A file system that hangs must not hold up other threads of the application.
            sinks: py.detach(|| {
                sinks
                    .into_iter()
                    .map(SinkSpec::build)
                    .collect::<PyResult<_>>()
            })?,
        };
        let engine = py
            .detach(|| fapilog_engine::Pipeline::start(config))
            .map_err(|error| match error {
                StartError::Journal { folder, source }
                | StartError::Spool { folder, source, .. } => {
                    PyOSError::new_err((source.raw_os_error(), source.to_string(), folder))
                }
                error => PyRuntimeError::new_err(error.to_string()),
            })?;
        Ok(Self {
            engine: Arc::new(engine),
        })
    }

    /// Waits until all records accepted so far are settled; false when `timeout` seconds passed.
    fn flush(&self, py: Python<'_>, timeout: f64) -> PyResult<bool> {
        let deadline = Instant::now() + seconds(timeout)?;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let slice = left.min(SIGNALS_EVERY);
            if py.detach(|| self.engine.flush(slice)) {
                return Ok(true);
            }
            py.check_signals()?;
            if left.is_zero() {
                return Ok(false);
            }
        }
    }

    /// Ends the pipeline: `(undelivered records, stages stuck, names of sinks stuck)`.
    fn close(&self, py: Python<'_>, timeout: f64) -> PyResult<(u64, bool, Vec<String>)> {
        let limit = seconds(timeout)?;
        let report = py.detach(|| self.engine.close(limit));
        Ok((report.undelivered, report.stuck_stages, report.stuck_sinks))
    }

    /// Counts of the whole pipeline.
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let snapshot = self.engine.snapshot();
        let dropped = PyDict::new(py);
        for (reason, count) in DropReason::ALL.iter().zip(snapshot.dropped) {
            dropped.set_item(reason.name(), count)?;
        }
        let counts = PyDict::new(py);
        counts.set_item("submitted", snapshot.submitted)?;
        counts.set_item("delivered", snapshot.delivered)?;
        counts.set_item("filtered", snapshot.filtered)?;
        counts.set_item("dropped", dropped)?;
        counts.set_item("queued", snapshot.queued)?;
        Ok(counts)
    }

    /// Counts of each sink, in the order of the sinks.
    fn sinks<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let sinks = self.engine.sinks().into_iter();
        sinks
            .map(|sink| {
                let counts = PyDict::new(py);
                counts.set_item("name", sink.name)?;
                counts.set_item("written", sink.written)?;
                counts.set_item("dropped", sink.dropped)?;
                counts.set_item("diverted", sink.diverted)?;
                counts.set_item("spooled", sink.spooled)?;
                counts.set_item("errors", sink.errors)?;
                counts.set_item("buffered", sink.buffered)?;
                counts.set_item("broken", sink.broken)?;
                counts.set_item("latency", latency(py, sink.latency)?)?;
                Ok(counts)
            })
            .collect()
    }

    /// Counts of each stage, in the order of the stages.
    fn stages<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let stages = self.engine.stages().into_iter();
        stages
            .map(|stage| {
                let counts = PyDict::new(py);
                counts.set_item("name", stage.name)?;
                counts.set_item("records", stage.records)?;
                counts.set_item("filtered", stage.filtered)?;
                counts.set_item("lost", stage.lost)?;
                counts.set_item("errors", stage.errors)?;
                counts.set_item("latency", latency(py, stage.latency)?)?;
                Ok(counts)
            })
            .collect()
    }

    /// Counts of crash-safe mode; `None` without it.
    fn durable<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(durable) = self.engine.durable() else {
            return Ok(None);
        };
        let counts = PyDict::new(py);
        counts.set_item("recovered", durable.recovered)?;
        counts.set_item("unprotected", durable.unprotected)?;
        counts.set_item("bytes", durable.bytes)?;
        Ok(Some(counts))
    }

    /// Called in the child process after a fork: the threads did not come along.
    fn forget_after_fork(&self) {
        leaving::forget_after_fork();
        crate::hot::forget_thread();
        self.engine.forget_after_fork();
    }

    /// What the first record after a fork calls, in the child process: it makes another pipeline
    /// and gives it to `revive`.
    fn on_fork(&self, revive: Py<PyAny>) {
        self.engine.on_fork(move || {
            Python::attach(|py| {
                if let Err(error) = revive.call0(py) {
                    error.write_unraisable(py, Some(revive.bind(py)));
                }
            });
        });
    }

    /// In a forked process: everything of this pipeline goes to `other` from now on.
    fn revive(&self, other: &Self) {
        self.engine.revive(other.engine());
    }

    /// Says something about the pipeline on standard error, at most every 10 seconds a key.
    fn report(&self, key: &str, message: &str) {
        self.engine.diagnostics().report(key, message);
    }
}

impl Pipeline {
    pub fn engine(&self) -> Arc<fapilog_engine::Pipeline> {
        Arc::clone(&self.engine)
    }
}

/// `{count, total_ns, buckets: [(bound in microseconds, count)]}`.
fn latency(py: Python<'_>, latency: Latency) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("count", latency.count)?;
    dict.set_item("total_ns", latency.total_ns)?;
    dict.set_item("buckets", latency.buckets)?;
    Ok(dict)
}
