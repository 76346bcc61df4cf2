#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

mod exception;
mod gate;
#[expect(unsafe_code, reason = "the fast call protocol has no safe binding")]
mod hot;
mod leaving;
mod logger;
mod mapping;
mod parts;
mod pipeline;
mod python_sink;
mod python_stage;
mod text_form;

use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// The engine of fapilog. Private: use `import fapilog`.
#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<pipeline::Pipeline>()?;
    module.add_class::<leaving::Waiter>()?;
    module.add_function(wrap_pyfunction!(gate::check_range, module)?)?;
    module.add_function(wrap_pyfunction!(leaving::leave, module)?)?;
    module.add_function(wrap_pyfunction!(say, module)?)?;
    module.add_function(wrap_pyfunction!(pattern_fault, module)?)?;
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

/// What is wrong with a regular expression; None when nothing is.
#[pyfunction]
#[pyo3(signature = (pattern, /))]
fn pattern_fault(pattern: &str) -> Option<String> {
    fapilog_engine::compile_pattern(pattern).err()
}
