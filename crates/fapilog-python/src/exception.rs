//! Exceptions as structured values.
//!
//! `{"type": "ValueError", "module": "builtins", "message": "…", "frames": [{"file": "…", "line":
//! 3, "function": "f"}, …], "cause": {…}}`; frames stand in the order of the calls. `cause` is what
//! `raise … from` names, else what was being handled and is not suppressed; `notes` and `exceptions`
//! are there for exceptions with notes and for groups.

use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::text_form::{Form, text_of};

/// Frames kept of one traceback: the outermost and innermost halves.
const FRAMES: usize = 50;

/// Exceptions kept of one chain.
const CHAIN: usize = 5;

/// Exceptions kept of one group.
const MEMBERS: usize = 10;

/// Notes kept of one exception.
const NOTES: usize = 10;

/// The exception that the calling code is handling.
pub fn in_flight(py: Python<'_>) -> Option<Bound<'_, PyBaseException>> {
    let info = py.import("sys").ok()?.call_method0("exc_info").ok()?;
    from_exc_info(&info)
}

/// The exception that an `exc_info=` argument means: an exception, a triple as `sys.exc_info()`
/// gives it, or any true value for the one being handled.
pub fn from_exc_info<'py>(value: &Bound<'py, PyAny>) -> Option<Bound<'py, PyBaseException>> {
    if let Ok(raised) = value.cast::<PyBaseException>() {
        return Some(raised.clone());
    }
    if let Ok(triple) = value.cast::<PyTuple>() {
        return triple.get_item(1).ok()?.cast_into().ok();
    }
    if value.is_truthy().unwrap_or(false) {
        return in_flight(value.py());
    }
    None
}

/// The structured form of an exception and its causes.
pub fn structured<'py>(raised: &Bound<'py, PyBaseException>) -> Form<'py> {
    match described(raised, CHAIN) {
        Ok(map) => Form::Other(map.into_any()),
        Err(_) => Form::Text(text_of(raised)),
    }
}

fn described<'py>(
    raised: &Bound<'py, PyBaseException>,
    chain: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let map = PyDict::new(raised.py());
    let class = raised.get_type();
    map.set_item("type", class.qualname()?)?;
    map.set_item("module", class.module()?)?;
    map.set_item("message", text_of(raised))?;
    map.set_item("frames", frames(&raised.getattr("__traceback__")?)?)?;
    if let Some(notes) = notes(raised) {
        map.set_item("notes", notes)?;
    }
    if chain > 1
        && let Some(members) = members(raised, chain)?
    {
        map.set_item("exceptions", members)?;
    }
    if let Some(cause) = cause(raised)? {
        if chain > 1 {
            map.set_item("cause", described(&cause, chain - 1)?)?;
        } else {
            map.set_item("cause", "[more causes]")?;
        }
    }
    Ok(map)
}

/// What `add_note` added (PEP 678).
fn notes<'py>(raised: &Bound<'py, PyBaseException>) -> Option<Bound<'py, PyList>> {
    let notes = raised.getattr("__notes__").ok()?;
    let notes = notes.cast_into::<PyList>().ok()?;
    let kept = notes.iter().take(NOTES).map(|note| text_of(&note));
    let list = PyList::new(raised.py(), kept).ok()?;
    (!list.is_empty()).then_some(list)
}

/// The exceptions of a group (PEP 654).
fn members<'py>(
    raised: &Bound<'py, PyBaseException>,
    chain: usize,
) -> PyResult<Option<Bound<'py, PyList>>> {
    let Ok(group) = raised
        .py()
        .import("builtins")?
        .getattr("BaseExceptionGroup")
    else {
        return Ok(None);
    };
    if !raised.is_instance(&group)? {
        return Ok(None);
    }
    let members = raised.getattr("exceptions")?.cast_into::<PyTuple>()?;
    let list = PyList::empty(raised.py());
    for member in members.iter().take(MEMBERS) {
        list.append(described(&member.cast_into()?, chain - 1)?)?;
    }
    if members.len() > MEMBERS {
        list.append(format!("[{} more]", members.len() - MEMBERS))?;
    }
    Ok(Some(list))
}

fn cause<'py>(
    raised: &Bound<'py, PyBaseException>,
) -> PyResult<Option<Bound<'py, PyBaseException>>> {
    let stated = raised.getattr("__cause__")?;
    if !stated.is_none() {
        return Ok(stated.cast_into().ok());
    }
    if raised.getattr("__suppress_context__")?.is_truthy()? {
        return Ok(None);
    }
    Ok(raised.getattr("__context__")?.cast_into().ok())
}

fn frames<'py>(traceback: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let py = traceback.py();
    let mut places = Vec::new();
    let mut next = traceback.clone();
    while !next.is_none() {
        places.push(next.clone());
        next = next.getattr("tb_next")?;
    }
    let list = PyList::empty(py);
    let left_out = places.len().saturating_sub(FRAMES);
    for (index, place) in places.iter().enumerate() {
        if left_out > 0 && index == FRAMES / 2 {
            list.append(format!("[{left_out} frames left out]"))?;
        }
        let kept = index < FRAMES / 2 || index >= FRAMES / 2 + left_out;
        if kept {
            list.append(frame(place)?)?;
        }
    }
    Ok(list)
}

fn frame<'py>(place: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let code = place.getattr("tb_frame")?.getattr("f_code")?;
    let map = PyDict::new(place.py());
    map.set_item("file", code.getattr("co_filename")?)?;
    map.set_item("line", place.getattr("tb_lineno")?)?;
    map.set_item("function", code.getattr("co_name")?)?;
    Ok(map)
}
