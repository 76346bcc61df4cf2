//! The native part of a logger.

use std::sync::Arc;

use fapilog_engine::{Context, FieldWriter, Level, encode_text};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::hot::{self, Encoder, Limits};
use crate::pipeline::Pipeline;
use crate::text_form;

/// Base of `fapilog.Logger`: a name, a level, a bound context, and the pipeline it writes to.
/// Nothing of it ever changes; binding makes another one.
#[pyclass(frozen, subclass, module = "fapilog._engine")]
pub struct LoggerCore {
    pipeline: Arc<fapilog_engine::Pipeline>,
    name: String,
    threshold: Level,
    encoded_name: Vec<u8>,
    context: Context,
}

#[pymethods]
impl LoggerCore {
    /// A logger on `pipeline`; with `parent`, its context comes first; `fields` are added to it,
    /// in place of those of the same name.
    #[new]
    #[pyo3(signature = (pipeline, name, level, parent=None, fields=None))]
    fn new(
        pipeline: &Pipeline,
        name: String,
        level: u8,
        parent: Option<&Self>,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        text_form::forget_interrupt();
        let mut encoded_name = Vec::new();
        encode_text(&mut encoded_name, name.as_bytes());
        let mut context = parent
            .map(|parent| parent.context.encoded().to_vec())
            .unwrap_or_default();
        if let Some(fields) = fields {
            let mut writer = FieldWriter::new(&mut context);
            let mut encoder = Encoder::new(&mut writer, Limits::RECORD_BYTES);
            encoder.bound_fields(fields);
        }
        text_form::raise_interrupt()?;
        Ok(Self {
            pipeline: pipeline.engine(),
            name,
            threshold: Level::new(level),
            encoded_name,
            context: Context::new(context),
        })
    }

    /// Name that records carry as `logger`.
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    /// Number of the least severe level that is logged.
    #[getter]
    fn level(&self) -> u8 {
        self.threshold.number()
    }
}

impl LoggerCore {
    pub fn threshold(&self) -> Level {
        self.threshold
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
