#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

mod context;
mod exception;
mod gate;
#[expect(unsafe_code, reason = "the fast call protocol has no safe binding")]
mod hot;
mod keys;
mod leaving;
mod logger;
mod mapping;
mod native;
mod parts;
mod pipeline;
mod python_format;
mod python_sink;
mod python_stage;
#[expect(
    unsafe_code,
    reason = "references that are only borrowed have no safe binding"
)]
mod same_objects;
mod text_form;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// The engine of fapilog. Private: use `import fapilog`.
#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<pipeline::Pipeline>()?;
    module.add_class::<leaving::Waiter>()?;
    module.add_class::<context::ContextFields>()?;
    module.add_function(wrap_pyfunction!(context::use_context, module)?)?;
    module.add_function(wrap_pyfunction!(text_form::use_lazy, module)?)?;
    module.add_function(wrap_pyfunction!(register_level, module)?)?;
    module.add_function(wrap_pyfunction!(gate::check_range, module)?)?;
    module.add_function(wrap_pyfunction!(leaving::leave, module)?)?;
    module.add_function(wrap_pyfunction!(native::native_plugin, module)?)?;
    module.add_function(wrap_pyfunction!(say, module)?)?;
    module.add_function(wrap_pyfunction!(pattern_fault, module)?)?;
    module.add_function(wrap_pyfunction!(read_toml, module)?)?;
    module.add(
        "KNOWN_PATTERNS",
        PyTuple::new(module.py(), fapilog_engine::KNOWN_PATTERNS)?,
    )?;
    logger::register(module)
}

/// Says one line about fapilog itself on standard error; never waits.
#[pyfunction]
#[pyo3(signature = (message, /))]
fn say(message: &str) {
    fapilog_engine::say(message);
}

/// Gives a name to a level's number, for good; what is wrong with it, or None.
#[pyfunction]
#[pyo3(signature = (number, name, /))]
fn register_level(number: u8, name: &str) -> Option<String> {
    let registered = fapilog_engine::Level::new(number).register(name);
    registered.err().map(|error| error.to_string())
}

/// What is wrong with a regular expression; None when nothing is.
#[pyfunction]
#[pyo3(signature = (pattern, /))]
fn pattern_fault(pattern: &str) -> Option<String> {
    fapilog_engine::compile_pattern(pattern).err()
}

/// A TOML document as JSON; no setting is a date or time. The same for every Python: 3.10 has no
/// reader of its own.
///
/// # Errors
/// `ValueError` with line and column.
#[pyfunction]
#[pyo3(signature = (text, /))]
fn read_toml(text: &str) -> PyResult<String> {
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| PyValueError::new_err(error.to_string()))?;
    serde_json::to_string(&table).map_err(|error| PyValueError::new_err(error.to_string()))
}
