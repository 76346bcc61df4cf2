//! Parts of a pipeline as the Python face names them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use fapilog_engine::{
    BatchPolicy, BreakerPolicy, BufferBounds, BuildError, BuildSinkError, DurableConfig, Encoder,
    Level, RetryPolicy, Route, Sink, SinkConfig, SpoolConfig, Stage, build_format, build_redactor,
    build_sink, build_stage, native_sink, native_stage,
};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

use crate::native;
use crate::python_format::PythonFormat;
use crate::python_sink::PythonSink;
use crate::python_stage::PythonStage;

/// Bound of a spool when none is given.
const SPOOL_BYTES: usize = 256 * 1024 * 1024;

/// A stage.
#[derive(FromPyObject)]
pub enum StageSpec {
    /// `(kind, type, options as JSON)`: one of the engine's own.
    Native(String, String, String),
    /// `(run, stop)`: adjacent plugins in the plugin host.
    Python(Py<PyAny>, Py<PyAny>),
    /// `(name, capsule, configuration as JSON)`: a plugin in a library.
    Library(String, Py<PyAny>, String),
}

/// Where records go.
#[derive(FromPyObject)]
pub enum Target {
    /// `(type, options as JSON)`: one of the engine's own.
    Native(String, String),
    /// `(name, write, close, whether it takes texts)`: a plugin in the plugin host.
    Python(String, Py<PyAny>, Py<PyAny>, bool),
    /// `(name, capsule, configuration as JSON)`: a plugin in a library.
    Library(String, Py<PyAny>, String),
}

/// Crash-safe mode: `(folder, bytes, [(type, options as JSON) of each redactor])`.
#[derive(FromPyObject)]
pub struct DurableSpec(PathBuf, usize, Vec<(String, String)>);

impl DurableSpec {
    pub fn build(self) -> PyResult<DurableConfig> {
        let redactor = |(name, options): (String, String)| {
            let built = build_redactor(&name, &options).map_err(|error| bad_options(&error))?;
            Ok((name, built))
        };
        Ok(DurableConfig {
            folder: self.0,
            bytes: self.1,
            redactors: self.2.into_iter().map(redactor).collect::<PyResult<_>>()?,
        })
    }
}

/// A destination with everything that is said about it; see `fapilog.sinks.Destination`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct SinkSpec {
    target: Target,
    format: usize,
    minimum: Option<u8>,
    maximum: Option<u8>,
    loggers: Vec<String>,
    fields: HashMap<String, Vec<String>>,
    buffer_records: Option<usize>,
    buffer_bytes: Option<usize>,
    batch_records: Option<usize>,
    batch_bytes: Option<usize>,
    batch_delay: Option<f64>,
    attempts: Option<u32>,
    first_delay: Option<f64>,
    longest_delay: Option<f64>,
    breaker_failures: Option<u32>,
    breaker_open: Option<f64>,
    spool: Option<PathBuf>,
    spool_bytes: Option<usize>,
    fallback: Option<usize>,
    observes: bool,
}

impl StageSpec {
    pub fn build(self) -> PyResult<Box<dyn Stage>> {
        match self {
            Self::Native(kind, name, options) => {
                build_stage(&kind, &name, &options).map_err(|error| bad_options(&error))
            }
            Self::Python(run, stop) => Ok(Box::new(PythonStage::new(run, stop))),
            Self::Library(name, capsule, config) => {
                native::start(&name, &capsule, &config, native_stage)
            }
        }
    }
}

impl SinkSpec {
    pub fn build(self) -> PyResult<SinkConfig> {
        let route = Route {
            minimum: self.minimum.map(Level::new),
            maximum: self.maximum.map(Level::new),
            loggers: self.loggers,
            fields: self.fields.into_iter().collect(),
        };
        let (buffer, batch) = (BufferBounds::default(), BatchPolicy::default());
        let (retry, breaker) = (RetryPolicy::default(), BreakerPolicy::default());
        Ok(SinkConfig {
            sink: self.target.open()?,
            format: self.format,
            route,
            buffer: BufferBounds {
                records: self.buffer_records.unwrap_or(buffer.records),
                bytes: self.buffer_bytes.unwrap_or(buffer.bytes),
            },
            batch: BatchPolicy {
                records: self.batch_records.unwrap_or(batch.records),
                bytes: self.batch_bytes.unwrap_or(batch.bytes),
                delay: or_default(self.batch_delay, batch.delay)?,
            },
            retry: RetryPolicy {
                attempts: self.attempts.unwrap_or(retry.attempts),
                first_delay: or_default(self.first_delay, retry.first_delay)?,
                longest_delay: or_default(self.longest_delay, retry.longest_delay)?,
            },
            breaker: BreakerPolicy {
                failures: self.breaker_failures.unwrap_or(breaker.failures),
                open_for: or_default(self.breaker_open, breaker.open_for)?,
            },
            spool: self.spool.map(|folder| SpoolConfig {
                folder,
                bytes: self.spool_bytes.unwrap_or(SPOOL_BYTES),
            }),
            fallback: self.fallback,
            observes: self.observes,
        })
    }
}

impl Target {
    fn open(self) -> PyResult<Box<dyn Sink>> {
        match self {
            Self::Python(name, write, close, takes_texts) => {
                Ok(Box::new(PythonSink::new(name, write, close, takes_texts)))
            }
            Self::Library(name, capsule, config) => {
                native::start(&name, &capsule, &config, native_sink)
            }
            Self::Native(name, options) => {
                build_sink(&name, &options).map_err(|error| match error {
                    BuildSinkError::File(error) => {
                        let reason = error.source.to_string();
                        PyOSError::new_err((error.source.raw_os_error(), reason, error.path))
                    }
                    BuildSinkError::Options(error) => bad_options(&error),
                })
            }
        }
    }
}

/// A text form.
#[derive(FromPyObject)]
pub enum FormatSpec {
    /// `(type, options as JSON)`: one of the engine's own.
    Native(String, String),
    /// `(function,)`: makes the text of a record.
    Python((Py<PyAny>,)),
}

impl FormatSpec {
    pub fn build(self) -> PyResult<Box<dyn Encoder>> {
        match self {
            Self::Native(name, options) => {
                build_format(&name, &options).map_err(|error| bad_options(&error))
            }
            Self::Python((function,)) => Ok(Box::new(PythonFormat::new(function))),
        }
    }
}

fn or_default(number: Option<f64>, default: Duration) -> PyResult<Duration> {
    number.map_or(Ok(default), seconds)
}

/// A duration from a number of seconds.
pub fn seconds(number: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(number)
        .map_err(|_| PyValueError::new_err(format!("`{number}` is no number of seconds")))
}

fn bad_options(error: &BuildError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
