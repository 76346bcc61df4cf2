//! The C functions behind `logger.info(…)` and its siblings.

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fapilog_engine::Level;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use super::call::{Arguments, log};
use crate::logger::LoggerCore;

/// A method's name, its level, whether it adds the exception in flight, and its documentation.
struct Method {
    name: &'static CStr,
    function: ffi::PyCFunctionFastWithKeywords,
    documentation: &'static CStr,
}

const METHODS: [Method; 8] = [
    Method {
        name: c"trace",
        function: entry::<{ Level::TRACE.number() }, false>,
        documentation: c"trace($self, message, /, **fields)\n--\n\nLog at level TRACE.",
    },
    Method {
        name: c"debug",
        function: entry::<{ Level::DEBUG.number() }, false>,
        documentation: c"debug($self, message, /, **fields)\n--\n\nLog at level DEBUG.",
    },
    Method {
        name: c"info",
        function: entry::<{ Level::INFO.number() }, false>,
        documentation: c"info($self, message, /, **fields)\n--\n\nLog at level INFO.",
    },
    Method {
        name: c"warning",
        function: entry::<{ Level::WARNING.number() }, false>,
        documentation: c"warning($self, message, /, **fields)\n--\n\nLog at level WARNING.",
    },
    Method {
        name: c"error",
        function: entry::<{ Level::ERROR.number() }, false>,
        documentation: c"error($self, message, /, **fields)\n--\n\nLog at level ERROR.",
    },
    Method {
        name: c"critical",
        function: entry::<{ Level::CRITICAL.number() }, false>,
        documentation: c"critical($self, message, /, **fields)\n--\n\nLog at level CRITICAL.",
    },
    Method {
        name: c"log",
        function: entry_of_any_level,
        documentation: c"log($self, level, message, /, **fields)\n--\n\n\
            Log at a level, given by name or number.",
    },
    Method {
        name: c"exception",
        function: entry::<{ Level::ERROR.number() }, true>,
        documentation: c"exception($self, message, /, **fields)\n--\n\n\
            Log at level ERROR, with the exception being handled.",
    },
];

/// Adds the methods to the class.
pub fn install(class: &Bound<'_, PyType>) -> PyResult<()> {
    for method in METHODS {
        // Lives as long as the descriptor, which is as long as the process.
        let definition = Box::leak(Box::new(ffi::PyMethodDef {
            ml_name: method.name.as_ptr(),
            ml_meth: ffi::PyMethodDefPointer {
                PyCFunctionFastWithKeywords: method.function,
            },
            ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
            ml_doc: method.documentation.as_ptr(),
        }));
        // SAFETY: `class` is a type; the definition is never freed.
        let descriptor = unsafe { ffi::PyDescr_NewMethod(class.as_type_ptr(), definition) };
        // SAFETY: a new reference, or null with an exception set.
        let descriptor = unsafe { Bound::from_owned_ptr_or_err(class.py(), descriptor)? };
        class.setattr(method.name, descriptor)?;
    }
    Ok(())
}

/// One log call as CPython makes it.
///
/// # Safety
/// Called by CPython only, as a method of [`LoggerCore`]: attached to the interpreter, `logger` an
/// instance of the class (the method descriptor checks it), `arguments` valid for the positional
/// ones and one for each name in `names`, which is a tuple or null.
unsafe extern "C" fn entry<const LEVEL: u8, const WITH_EXCEPTION: bool>(
    logger: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    positional: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: CPython calls attached to the interpreter.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: a live object for the time of the call, by the caller's promise.
    let logger = unsafe { Borrowed::from_ptr(py, logger) };
    // SAFETY: an instance of the class, checked by the method descriptor.
    let core = unsafe { logger.cast_unchecked::<LoggerCore>() }.get();
    let level = Level::new(LEVEL);
    if level < core.threshold() {
        return py.None().into_ptr();
    }
    // SAFETY: forwarded from the caller's promise.
    let arguments = unsafe { Arguments::new(py, arguments, positional, names) };
    run(py, core, || log(core, level, &arguments, WITH_EXCEPTION))
}

/// A call of `log(level, …)`.
///
/// # Safety
/// As [`entry`].
unsafe extern "C" fn entry_of_any_level(
    logger: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    positional: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: CPython calls attached to the interpreter.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: a live object for the time of the call, by the caller's promise.
    let logger = unsafe { Borrowed::from_ptr(py, logger) };
    // SAFETY: an instance of the class, checked by the method descriptor.
    let core = unsafe { logger.cast_unchecked::<LoggerCore>() }.get();
    // SAFETY: forwarded from the caller's promise.
    let arguments = unsafe { Arguments::new(py, arguments, positional, names) };
    run(py, core, || {
        let (level, arguments) = arguments.split_first();
        let level =
            level.ok_or_else(|| PyTypeError::new_err("log() needs a level and a message"))?;
        let level = level_of(&level)?;
        if level < core.threshold() {
            return Ok(());
        }
        log(core, level, &arguments, false)
    })
}

/// A level given by name or number.
fn level_of(value: &Bound<'_, PyAny>) -> PyResult<Level> {
    if let Ok(number) = value.extract::<u8>() {
        return Ok(Level::new(number));
    }
    let named = value.cast::<PyString>().ok();
    let known = named.and_then(|name| Level::from_name(name.to_str().ok()?));
    known.ok_or_else(|| {
        let names = Level::names().collect::<Vec<_>>().join(", ");
        PyValueError::new_err(format!(
            "a level is {names}, a registered name, or a number from 0 to 255"
        ))
    })
}

/// Runs a call; no panic leaves it.
fn run(
    py: Python<'_>,
    core: &LoggerCore,
    call: impl FnOnce() -> PyResult<()>,
) -> *mut ffi::PyObject {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => py.None().into_ptr(),
        Ok(Err(misuse)) => {
            misuse.restore(py);
            std::ptr::null_mut()
        }
        Err(_) => {
            core.report_lost_call();
            py.None().into_ptr()
        }
    }
}
