//! Values that JSON has no form for: what they become in a record.
//!
//! | value | becomes |
//! |---|---|
//! | `bytes`, `bytearray`, `memoryview` | text; what is not UTF-8 as `\xNN` |
//! | `datetime`, `date`, `time` | `isoformat()` |
//! | `Enum` member | its value |
//! | dataclass instance | a map of its fields |
//! | exception | a map, see [`crate::exception`] |
//! | mapping, sequence of other classes, `set` | a map or list |
//! | subclass of `str`, `int`, `float` | like the built-in |
//! | `int` beyond 4,300 digits | hexadecimal text |
//! | anything else, also `Decimal`, `UUID`, `Path` | `str(value)` |
//! | whose `str()` raises | `[unprintable NAME: ERROR]` |

use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMemoryView, PySet, PyString, PyType,
};

use crate::exception;
use crate::hot::Limits;

/// A value nearer to JSON.
pub enum Form<'py> {
    /// Text, of any length.
    Text(String),
    /// A built-in value to go on with.
    Other(Bound<'py, PyAny>),
}

/// What a value of no exact built-in type becomes. Never fails: what raises becomes a text that
/// says so.
pub fn of<'py>(value: &Bound<'py, PyAny>) -> Form<'py> {
    attempt(value).unwrap_or_else(|error| Form::Text(unprintable(value, &error)))
}

fn attempt<'py>(value: &Bound<'py, PyAny>) -> PyResult<Form<'py>> {
    let py = value.py();
    if let Some(form) = binary(value)? {
        return Ok(form);
    }
    if let Ok(raised) = value.cast::<PyBaseException>() {
        return Ok(exception::structured(raised));
    }
    let classes = Classes::get(py)?;
    if value.is_instance(classes.enumeration.bind(py))? {
        return Ok(Form::Other(value.getattr("value")?));
    }
    if let Some(form) = built_in_subclass(value)? {
        return Ok(form);
    }
    if value.is_instance(classes.date.bind(py))? || value.is_instance(classes.time.bind(py))? {
        return text(&value.call_method0("isoformat")?);
    }
    if value.hasattr("__dataclass_fields__")? && !value.is_instance_of::<PyType>() {
        return dataclass(value);
    }
    if value.is_instance(classes.mapping.bind(py))? {
        let map = PyDict::new(py);
        for key in value.try_iter()?.take(Limits::ITEMS + 1) {
            let key = key?;
            map.set_item(&key, value.get_item(&key)?)?;
        }
        return Ok(Form::Other(map.into_any()));
    }
    if value.is_instance(classes.sequence.bind(py))? {
        let items: PyResult<Vec<_>> = value.try_iter()?.take(Limits::ITEMS + 1).collect();
        return Ok(Form::Other(PyList::new(py, items?)?.into_any()));
    }
    text(value.str()?.as_any())
}

fn binary<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Form<'py>>> {
    let is_binary = value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyByteArray>()
        || value.is_instance_of::<PyMemoryView>();
    if !is_binary {
        return Ok(None);
    }
    let length = value.len()?;
    let head =
        value
            .py()
            .get_type::<PyBytes>()
            .call1((value.get_item(pyo3::types::PySlice::new(
                value.py(),
                0,
                isize::try_from(Limits::STRING_BYTES).unwrap_or(isize::MAX),
                1,
            ))?,))?;
    let decoded = head.call_method1("decode", ("utf-8", "backslashreplace"))?;
    let mut text = decoded.extract::<String>()?;
    if length > Limits::STRING_BYTES {
        text.push_str(&format!("…[{} bytes more]", length - Limits::STRING_BYTES));
    }
    Ok(Some(Form::Text(text)))
}

fn built_in_subclass<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Form<'py>>> {
    let py = value.py();
    // The built-in's own method: a subclass may have changed what its `str()` gives.
    let through = |class: Bound<'py, PyType>, method: &str| -> PyResult<Option<Form<'py>>> {
        Ok(Some(Form::Other(class.call_method1(method, (value,))?)))
    };
    if value.is_instance_of::<PyString>() {
        return through(py.get_type::<PyString>(), "__str__");
    }
    if value.is_instance_of::<PyInt>() {
        return through(py.get_type::<PyInt>(), "__int__");
    }
    if value.is_instance_of::<PyFloat>() {
        return through(py.get_type::<PyFloat>(), "__float__");
    }
    Ok(None)
}

fn dataclass<'py>(value: &Bound<'py, PyAny>) -> PyResult<Form<'py>> {
    let map = PyDict::new(value.py());
    for name in value.getattr("__dataclass_fields__")?.try_iter()? {
        let name = name?.cast_into::<PyString>()?;
        // A field may not be set yet, or be raised by a property of the same name.
        match value.getattr(&name) {
            Ok(field) => map.set_item(name, field)?,
            Err(error) => map.set_item(name, unprintable(value, &error))?,
        }
    }
    Ok(Form::Other(map.into_any()))
}

fn text<'py>(text: &Bound<'py, PyAny>) -> PyResult<Form<'py>> {
    Ok(Form::Other(text.clone()))
}

/// `str(object)`, or a text that says why there is none.
pub fn text_of(object: &Bound<'_, PyAny>) -> String {
    match object.str() {
        Ok(text) => text
            .extract()
            .unwrap_or_else(|_| backslash_replaced(text.as_any())),
        Err(error) => unprintable(object, &error),
    }
}

/// A `str` with lone surrogates as Python shows them (`\ud800`).
pub fn backslash_replaced(text: &Bound<'_, PyAny>) -> String {
    let encoded = text
        .call_method1("encode", ("utf-8", "backslashreplace"))
        .and_then(|bytes| bytes.extract::<Vec<u8>>());
    match encoded {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => unprintable(text, &error),
    }
}

/// Decimal digits of an integer beyond 64 bits; beyond Python's limit for them, hexadecimal text.
pub fn digits_of(number: &Bound<'_, PyAny>) -> String {
    let decimal = number.str().and_then(|digits| digits.extract::<String>());
    decimal
        .or_else(|_| number.call_method1("__format__", ("#x",))?.extract())
        .unwrap_or_else(|error| unprintable(number, &error))
}

/// The items of a set as they are now; of at most [`Limits::ITEMS`].
pub fn items_of<'py>(set: &Bound<'py, PySet>) -> Vec<Bound<'py, PyAny>> {
    set.iter().take(Limits::ITEMS).collect()
}

fn unprintable(object: &Bound<'_, PyAny>, error: &PyErr) -> String {
    let name = |class: Bound<'_, PyType>| {
        class
            .name()
            .map_or_else(|_| "object".to_owned(), |name| name.to_string())
    };
    let py = object.py();
    format!(
        "[unprintable {}: {}]",
        name(object.get_type()),
        name(error.get_type(py))
    )
}

/// Classes of the standard library, looked up once.
struct Classes {
    enumeration: Py<PyAny>,
    date: Py<PyAny>,
    time: Py<PyAny>,
    mapping: Py<PyAny>,
    sequence: Py<PyAny>,
}

impl Classes {
    fn get(py: Python<'_>) -> PyResult<&Self> {
        static CLASSES: PyOnceLock<Classes> = PyOnceLock::new();
        CLASSES.get_or_try_init(py, || {
            let class = |module: &str, name: &str| -> PyResult<Py<PyAny>> {
                Ok(py.import(module)?.getattr(name)?.unbind())
            };
            Ok(Self {
                enumeration: class("enum", "Enum")?,
                date: class("datetime", "date")?,
                time: class("datetime", "time")?,
                mapping: class("collections.abc", "Mapping")?,
                sequence: class("collections.abc", "Sequence")?,
            })
        })
    }
}
