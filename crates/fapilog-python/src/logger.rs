//! The native part of a logger.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use fapilog_engine::{Context, Level, encode_text};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::context::encoded;
use crate::hot;
use crate::pipeline::Pipeline;

/// Base of `fapilog.Logger`: a name, a level, a bound context, and the pipeline it writes to.
/// Only the level ever changes; binding makes another one.
#[pyclass(frozen, subclass, module = "fapilog._engine")]
pub struct LoggerCore {
    pipeline: Arc<fapilog_engine::Pipeline>,
    name: String,
    /// Shared by loggers that have no level of their own.
    threshold: Arc<AtomicU8>,
    encoded_name: Vec<u8>,
    context: Context,
}

#[pymethods]
impl LoggerCore {
    /// A logger on `pipeline`. With `parent`, its context comes first, and its level is shared
    /// unless `level` is given; fields named in `without` are left out. `fields` are added to the
    /// context, in place of those of the same name.
    #[new]
    #[pyo3(signature = (pipeline, name, level, parent=None, fields=None, without=None))]
    fn new(
        pipeline: &Pipeline,
        name: String,
        level: Option<u8>,
        parent: Option<&Self>,
        fields: Option<&Bound<'_, PyDict>>,
        without: Option<Vec<String>>,
    ) -> PyResult<Self> {
        let before = parent.map(|parent| &parent.context);
        let context = encoded(before, fields, &without.unwrap_or_default())?;
        Ok(Self {
            threshold: match (level, parent) {
                (None, Some(parent)) => Arc::clone(&parent.threshold),
                (level, _) => Arc::new(AtomicU8::new(level.unwrap_or_default())),
            },
            ..Self::on(pipeline.engine(), name, context)
        })
    }

    /// Names of the bound fields, in order.
    #[getter]
    fn _bound_names(&self) -> Vec<String> {
        self.context.names()
    }

    /// Name that records carry as `logger`.
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    /// Number of the least severe level that is logged.
    #[getter]
    fn level(&self) -> u8 {
        self.threshold().number()
    }

    /// Changes the level, for every logger that shares it.
    fn _set_level(&self, level: u8) {
        self.threshold.store(level, Ordering::Relaxed);
    }

    /// Logs without ever waiting. Returns the record, encoded, when there is no room for it and
    /// the policy is to wait: [`LoggerCore::_submit`] it.
    #[pyo3(signature = (level, with_exception, message, fields))]
    fn _try_log<'py>(
        &self,
        py: Python<'py>,
        level: u8,
        with_exception: bool,
        message: &Bound<'py, PyAny>,
        fields: &Bound<'py, PyDict>,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let level = Level::new(level);
        if level < self.threshold() {
            return Ok(None);
        }
        let waiting = hot::try_log(self, level, message, fields, with_exception)?;
        Ok(waiting.map(|frame| PyBytes::new(py, &frame)))
    }

    /// Hands over what [`LoggerCore::_try_log`] gave back, waiting for room.
    fn _submit(&self, py: Python<'_>, frame: &[u8]) {
        py.detach(|| self.pipeline.submit_waiting(frame));
    }
}

impl LoggerCore {
    fn on(pipeline: Arc<fapilog_engine::Pipeline>, name: String, context: Context) -> Self {
        let mut encoded_name = Vec::new();
        encode_text(&mut encoded_name, name.as_bytes());
        Self {
            pipeline,
            name,
            threshold: Arc::default(),
            encoded_name,
            context,
        }
    }

    pub fn threshold(&self) -> Level {
        Level::new(self.threshold.load(Ordering::Relaxed))
    }

    pub fn pipeline(&self) -> &fapilog_engine::Pipeline {
        &self.pipeline
    }

    pub fn encoded_name(&self) -> &[u8] {
        &self.encoded_name
    }

    pub fn context(&self) -> &[u8] {
        self.context.encoded()
    }

    /// A call whose record could not be made: the application goes on, the loss is counted.
    pub fn report_lost_call(&self) {
        self.pipeline.lose_unencodable();
    }
}

/// Adds the class with its log methods to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<LoggerCore>()?;
    hot::install(&module.py().get_type::<LoggerCore>())
}
