//! Plugins in libraries: the capsule that holds their table.
#![expect(unsafe_code, reason = "a capsule is a pointer")]

use fapilog_abi::CAPSULE;
use fapilog_engine::{NativeError, NativeTable};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::ffi::PyCapsule_GetPointer;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

/// The checked table in a capsule.
fn table_of(capsule: &Bound<'_, PyAny>) -> PyResult<NativeTable> {
    let capsule = capsule.cast::<PyCapsule>()?;
    // SAFETY: a capsule, and a name that ends with zero.
    let table = unsafe { PyCapsule_GetPointer(capsule.as_ptr(), CAPSULE.as_ptr()) };
    if table.is_null() {
        return Err(PyErr::fetch(capsule.py()));
    }
    // SAFETY: by its name, what the capsule holds is a table, and it stays.
    unsafe { NativeTable::check(table) }.map_err(|error| PyTypeError::new_err(error.to_string()))
}

/// The kind and name of the plugin in a capsule.
///
/// Raises TypeError for a plugin of another ABI, ValueError for a capsule of another name.
#[pyfunction]
pub fn native_plugin(capsule: &Bound<'_, PyAny>) -> PyResult<(&'static str, Option<String>)> {
    let table = table_of(capsule)?;
    Ok((table.kind(), table.name()))
}

/// Makes a part of the engine of the plugin in a capsule and starts it, with the GIL released.
pub fn start<T: Send>(
    name: &str,
    capsule: &Py<PyAny>,
    config: &str,
    make: impl FnOnce(NativeTable, &str, &str) -> Result<T, NativeError> + Send,
) -> PyResult<T> {
    Python::attach(|py| {
        let table = table_of(capsule.bind(py))?;
        py.detach(|| make(table, name, config))
            .map_err(|error| PyRuntimeError::new_err((name.to_owned(), error.to_string())))
    })
}
