//! The engine's pipeline for Python.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fapilog_engine::{
    DropReason, FileSink, NullSink, Overflow, PipelineConfig, QueueBounds, Sink, Stage, StreamSink,
};
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::leaving;
use crate::python_sink::PythonSink;
use crate::python_stage::PythonStage;

/// How often a wait looks whether the user wants it to end (Ctrl-C).
const SIGNALS_EVERY: Duration = Duration::from_millis(100);

/// A running pipeline.
#[pyclass(frozen, module = "fapilog._engine")]
pub struct Pipeline {
    engine: Arc<fapilog_engine::Pipeline>,
}

/// A destination, as the Python face names it.
#[derive(FromPyObject)]
enum SinkSpec {
    /// `(name, write, close)`: a plugin in the plugin host.
    Python(String, Py<PyAny>, Py<PyAny>),
    /// `(path,)`: a file.
    File((PathBuf,)),
    /// `"stdout"`, `"stderr"` or `"null"`.
    Named(String),
}

#[pymethods]
impl Pipeline {
    /// Starts the pipeline's threads.
    ///
    /// `stages` is `(run, stop)` of the plugin host or None. `block_seconds` is how long a full
    /// queue makes a caller wait; None drops at once.
    #[new]
    #[pyo3(signature = (*, sinks, stages, queue_records, queue_bytes, block_seconds))]
    fn new(
        sinks: Vec<SinkSpec>,
        stages: Option<(Py<PyAny>, Py<PyAny>)>,
        queue_records: usize,
        queue_bytes: usize,
        block_seconds: Option<f64>,
        py: Python<'_>,
    ) -> PyResult<Self> {
        let overflow = match block_seconds {
            Some(limit) => Overflow::Block(seconds(limit)?),
            None => Overflow::DropNewest,
        };
        let stages =
            stages.map(|(run, stop)| -> Box<dyn Stage> { Box::new(PythonStage::new(run, stop)) });
        let config = PipelineConfig {
            bounds: QueueBounds {
                records: queue_records,
                bytes: queue_bytes,
            },
            overflow,
            stages: stages.into_iter().collect(),
            // A file system that hangs must not hold up other threads of the application.
            sinks: py.detach(|| sinks.into_iter().map(open).collect::<PyResult<_>>())?,
        };
        let engine = fapilog_engine::Pipeline::start(config)
            .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
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

    /// Counts of each sink: `(name, written, dropped, errors, buffered)`.
    fn sinks(&self) -> Vec<(String, u64, u64, u64, u64)> {
        let sinks = self.engine.sinks().into_iter();
        sinks
            .map(|sink| {
                (
                    sink.name,
                    sink.written,
                    sink.dropped,
                    sink.errors,
                    sink.buffered,
                )
            })
            .collect()
    }

    /// Called in the child process after a fork: the threads did not come along.
    fn forget_after_fork(&self) {
        leaving::forget_after_fork();
        self.engine.forget_after_fork();
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

fn open(spec: SinkSpec) -> PyResult<Box<dyn Sink>> {
    Ok(match spec {
        SinkSpec::Python(name, write, close) => Box::new(PythonSink::new(name, write, close)),
        SinkSpec::File((path,)) => Box::new(FileSink::open(&path).map_err(|error| {
            let reason = error.source.to_string();
            PyOSError::new_err((error.source.raw_os_error(), reason, error.path))
        })?),
        SinkSpec::Named(name) => match name.as_str() {
            "stdout" => Box::new(StreamSink::stdout()),
            "stderr" => Box::new(StreamSink::stderr()),
            "null" => Box::new(NullSink),
            _ => return Err(PyValueError::new_err(format!("no sink is named `{name}`"))),
        },
    })
}

fn seconds(number: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(number)
        .map_err(|_| PyValueError::new_err(format!("`{number}` is no number of seconds")))
}
