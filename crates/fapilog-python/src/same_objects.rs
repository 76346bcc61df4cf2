//! Whether two dicts are the same record.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Whether two dicts have the same keys with the same values, as objects, in the same order.
///
/// Nothing of them is touched, so that references need not be counted: for most records this is all
/// that happens after a plugin.
pub fn has_same_objects(one: &Bound<'_, PyDict>, other: &Bound<'_, PyDict>) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let (mut one, mut other) = (Entries::of(one), Entries::of(other));
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (mine, others) if mine == others => {}
            _ => return false,
        }
    }
}

struct Entries<'a, 'py> {
    dict: &'a Bound<'py, PyDict>,
    position: ffi::Py_ssize_t,
}

impl<'a, 'py> Entries<'a, 'py> {
    fn of(dict: &'a Bound<'py, PyDict>) -> Self {
        Self { dict, position: 0 }
    }

    /// Addresses of the next key and its value, only to be compared.
    fn next(&mut self) -> Option<(*mut ffi::PyObject, *mut ffi::PyObject)> {
        let (mut key, mut value) = (std::ptr::null_mut(), std::ptr::null_mut());
        let dict = self.dict.as_ptr();
        // SAFETY: the thread is attached, as `Bound` says; no code of Python runs between the calls,
        // so that nobody changes the dict; the references are borrowed and not followed.
        let found =
            unsafe { ffi::PyDict_Next(dict, &raw mut self.position, &raw mut key, &raw mut value) };
        (found != 0).then_some((key, value))
    }
}
