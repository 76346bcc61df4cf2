//! Fields that records get from what surrounds a call.

use std::sync::atomic::{AtomicBool, Ordering};

use fapilog_engine::{Context, FieldWriter};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::hot::{Encoder, Limits};
use crate::text_form;

/// The bound method `get` of the context variable.
static GET: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Something was bound once: until then no call asks.
static EVER_BOUND: AtomicBool = AtomicBool::new(false);

/// Fields of the current context (task or thread), encoded; the value of a `ContextVar`.
#[pyclass(frozen, module = "fapilog._engine")]
pub struct ContextFields {
    context: Context,
}

#[pymethods]
impl ContextFields {
    /// The fields of `parent`, without some, and others.
    #[new]
    #[pyo3(signature = (parent, fields, without))]
    fn new(
        parent: Option<&Self>,
        fields: &Bound<'_, PyDict>,
        without: Vec<String>,
    ) -> PyResult<Self> {
        EVER_BOUND.store(true, Ordering::Relaxed);
        let context = encoded(parent.map(|parent| &parent.context), Some(fields), &without)?;
        Ok(Self { context })
    }
}

/// Tells where the fields of the current context are.
#[pyfunction]
#[pyo3(signature = (get, /))]
pub fn use_context(py: Python<'_>, get: Py<PyAny>) {
    let _ = GET.set(py, get);
}

/// Hands the current context's fields to `take`, if there are any.
pub fn with_current<R>(py: Python<'_>, take: impl FnOnce(&[u8]) -> R) -> Option<R> {
    if !EVER_BOUND.load(Ordering::Relaxed) {
        return None;
    }
    let current = GET.get(py)?.bind(py).call0().ok()?;
    let fields = current.cast::<ContextFields>().ok()?.get();
    let encoded = fields.context.encoded();
    (!encoded.is_empty()).then(|| take(encoded))
}

/// A context with further fields.
pub fn encoded(
    before: Option<&Context>,
    fields: Option<&Bound<'_, PyDict>>,
    without: &[String],
) -> PyResult<Context> {
    text_form::forget_interrupt();
    let mut bytes = match before {
        Some(context) if without.is_empty() => context.encoded().to_vec(),
        Some(context) => context.without(without).encoded().to_vec(),
        None => Vec::new(),
    };
    if let Some(fields) = fields {
        let mut writer = FieldWriter::new(&mut bytes);
        let mut encoder = Encoder::new(&mut writer, Limits::RECORD_BYTES);
        encoder.bound_fields(fields);
    }
    text_form::raise_interrupt()?;
    Ok(Context::new(bytes))
}
