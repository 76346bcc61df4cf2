//! Values that JSON has no form for: what they become in a record.
//!
//! | value | becomes |
//! |---|---|
//! | `bytes`, `bytearray`, `memoryview` | text; what is not UTF-8 as `\xNN`; cut with `…[of N bytes]` |
//! | `datetime`, `date`, `time` | `isoformat()` |
//! | `Enum` member | its value |
//! | instance of a dataclass, of pydantic, attrs or msgspec | a map of its fields |
//! | scalar or array of numpy | a number or list; a large array only says its shape |
//! | `lambda`, or made by `fapilog.lazy` | what it returns, called now |
//! | exception | a map, see [`crate::exception`] |
//! | mapping, sequence of other classes, `set`, `frozenset` | a map or list |
//! | subclass of `str`, `int`, `float` | like the built-in |
//! | `int` of about 4,300 digits and more | hexadecimal text |
//! | anything else, also `Decimal`, `UUID`, `Path` | `str(value)` |
//! | whose `str()` raises | `[unprintable NAME: ERROR]` |
//!
//! `KeyboardInterrupt` and `SystemExit` are no errors of a value: a signal handler may raise them
//! while a value is asked for its text. They are kept until the record is written, see
//! [`raise_interrupt`].

use std::cell::Cell;

use pyo3::exceptions::{PyBaseException, PyException};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyByteArray, PyBytes, PyFloat, PyFrozenSet, PyInt, PyMemoryView, PySet, PySlice, PyString,
    PyType,
};

use crate::exception;
use crate::hot::{Entry, Limits};

/// A value nearer to JSON.
pub enum Form<'py> {
    /// Text, of any length.
    Text(String),
    /// A built-in value to go on with.
    Other(Bound<'py, PyAny>),
    /// A list: at most [`Limits::ITEMS`] of its items, and how many it has.
    Items(Vec<Bound<'py, PyAny>>, usize),
    /// A map: at most [`Limits::ITEMS`] of its entries, and how many it has.
    Entries(Vec<Entry<'py>>, usize),
}

thread_local! {
    static INTERRUPT: Cell<Option<PyErr>> = const { Cell::new(None) };
}

/// Forgets an interrupt that nobody raised.
pub fn forget_interrupt() {
    INTERRUPT.take();
}

/// Raises what interrupted this thread since the last [`forget_interrupt`].
pub fn raise_interrupt() -> PyResult<()> {
    INTERRUPT.take().map_or(Ok(()), Err)
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
    if is_lazy(value)? {
        return Ok(Form::Other(value.call0()?));
    }
    // Asked of the class: an object that answers to every name is no dataclass.
    for attribute in FIELDS_OF_MODELS {
        if value.get_type().hasattr(attribute)? {
            return model(value, attribute);
        }
    }
    if let Some(form) = of_numpy(value)? {
        return Ok(form);
    }
    if value.is_instance(classes.mapping.bind(py))? {
        return mapping(value);
    }
    let is_set = value.is_instance_of::<PySet>() || value.is_instance_of::<PyFrozenSet>();
    if is_set || value.is_instance(classes.sequence.bind(py))? {
        // A copy: it may change while its items are asked for their text.
        let items: PyResult<Vec<_>> = value.try_iter()?.take(Limits::ITEMS).collect();
        let items = items?;
        let total = value.len()?.max(items.len());
        return Ok(Form::Items(items, total));
    }
    text(value.str()?.as_any())
}

fn mapping<'py>(value: &Bound<'py, PyAny>) -> PyResult<Form<'py>> {
    let entries: PyResult<Vec<_>> = value
        .try_iter()?
        .take(Limits::ITEMS)
        .map(|key| {
            let key = key?;
            let item = value.get_item(&key)?;
            Ok((key, item))
        })
        .collect();
    let entries = entries?;
    let total = value.len()?.max(entries.len());
    Ok(Form::Entries(entries, total))
}

fn binary<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Form<'py>>> {
    let is_binary = value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyByteArray>()
        || value.is_instance_of::<PyMemoryView>();
    if !is_binary {
        return Ok(None);
    }
    let py = value.py();
    let view = PyMemoryView::from(value)?;
    let bytes = view.getattr("nbytes")?.extract::<usize>()?;
    let most = isize::try_from(Limits::STRING_BYTES).unwrap_or(isize::MAX);
    let first = view.get_item(PySlice::new(py, 0, most, 1))?;
    let decoded = first
        .call_method0("tobytes")?
        .call_method1("decode", ("utf-8", "backslashreplace"))?
        .extract::<String>()?;
    if bytes <= Limits::STRING_BYTES && decoded.len() <= Limits::STRING_BYTES {
        return Ok(Some(Form::Text(decoded)));
    }
    let marker = format!("…[of {bytes} bytes]");
    let room = Limits::STRING_BYTES - marker.len();
    Ok(Some(Form::Text(
        String::from_utf8_lossy(head(decoded.as_bytes(), room)).into_owned() + &marker,
    )))
}

/// The beginning of a UTF-8 text, at most `most` bytes, not inside of a character.
pub fn head(text: &[u8], most: usize) -> &[u8] {
    let mut end = most.min(text.len());
    while text
        .get(end)
        .is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000)
        && end > 0
    {
        end -= 1;
    }
    &text[..end]
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

/// Attributes of classes that name the fields of their instances: those of dataclasses, pydantic,
/// attrs and msgspec.
const FIELDS_OF_MODELS: [&str; 4] = [
    "__dataclass_fields__",
    "__pydantic_fields__",
    "__attrs_attrs__",
    "__struct_fields__",
];

fn model<'py>(value: &Bound<'py, PyAny>, attribute: &str) -> PyResult<Form<'py>> {
    let names = value.get_type().getattr(attribute)?;
    let mut entries = Vec::new();
    for name in names.try_iter()?.take(Limits::ITEMS) {
        let name = name?;
        // attrs has objects that describe fields, the others have names.
        let name = match name.cast_into::<PyString>() {
            Ok(name) => name,
            Err(error) => error.into_inner().getattr("name")?.cast_into()?,
        };
        // A field may not be set yet, or be raised by a property of the same name.
        let field = match value.getattr(&name) {
            Ok(field) => field,
            Err(error) => PyString::new(value.py(), &unprintable(value, &error)).into_any(),
        };
        entries.push((name.into_any(), field));
    }
    Ok(Form::Entries(entries, names.len()?))
}

/// Scalars and arrays of numpy, which is not imported for this: numbers become numbers, arrays
/// lists, as far as a list may be long.
fn of_numpy<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Form<'py>>> {
    let class = value.get_type();
    let module = class.module()?;
    if !module
        .to_str()
        .is_ok_and(|name| name == "numpy" || name.starts_with("numpy."))
    {
        return Ok(None);
    }
    if !class.hasattr("tolist")? || !class.hasattr("size")? {
        return Ok(None);
    }
    let size = value.getattr("size")?.extract::<usize>()?;
    let rank = value.getattr("ndim")?.extract::<usize>()?;
    if rank == 0 {
        return Ok(Some(Form::Other(value.call_method0("item")?)));
    }
    if size > Limits::ITEMS {
        let shape = value.getattr("shape")?.str()?;
        return Ok(Some(Form::Text(format!("[array of shape {shape}]"))));
    }
    Ok(Some(Form::Other(value.call_method0("tolist")?)))
}

/// The class whose instances are called for their value.
static LAZY: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// Tells the class of lazy values.
#[pyfunction]
#[pyo3(signature = (class_, /))]
pub fn use_lazy(py: Python<'_>, class_: Py<PyType>) {
    let _ = LAZY.set(py, class_);
}

/// Whether a value is to be called: made by `fapilog.lazy`, or a `lambda`. Other functions are
/// values like any other: a callback in a field must not be called by accident.
fn is_lazy(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    if LAZY.get(py).is_some_and(|class| value.get_type().is(class)) {
        return Ok(true);
    }
    let function = Classes::get(py)?.function.bind(py);
    Ok(value.get_type().is(function) && value.getattr("__name__")?.eq("<lambda>")?)
}

fn text<'py>(text: &Bound<'py, PyAny>) -> PyResult<Form<'py>> {
    Ok(Form::Other(text.clone()))
}

/// `str(object)`, or a text that says why there is none. A lazy value is called first.
pub fn text_of(object: &Bound<'_, PyAny>) -> String {
    if is_lazy(object).unwrap_or(false) {
        return match object.call0() {
            Ok(value) => plain_text_of(&value),
            Err(error) => unprintable(object, &error),
        };
    }
    plain_text_of(object)
}

fn plain_text_of(object: &Bound<'_, PyAny>) -> String {
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

/// Largest integer written in decimal, in bits: a little below 4,300 digits, up to which Python
/// and others read a number. Making the digits takes time that grows with the square of this.
const DECIMAL_BITS: usize = 14_280;

/// Largest integer written in hexadecimal, in bits.
const HEXADECIMAL_BITS: usize = 4 * (Limits::STRING_BYTES - 8);

/// Decimal digits of an integer beyond 64 bits.
///
/// # Errors
/// Another text when there are too many digits.
pub fn digits_of(number: &Bound<'_, PyAny>) -> Result<String, String> {
    let attempt = || -> PyResult<Result<String, String>> {
        let bits = number.call_method0("bit_length")?.extract::<usize>()?;
        if bits <= DECIMAL_BITS {
            return Ok(Ok(number.str()?.extract()?));
        }
        if bits <= HEXADECIMAL_BITS {
            return Ok(Err(number
                .call_method1("__format__", ("#x",))?
                .extract()?));
        }
        Ok(Err(format!("[integer of {bits} bits]")))
    };
    attempt().unwrap_or_else(|error| Err(unprintable(number, &error)))
}

fn unprintable(object: &Bound<'_, PyAny>, error: &PyErr) -> String {
    if !error.is_instance_of::<PyException>(object.py()) {
        INTERRUPT.set(Some(error.clone_ref(object.py())));
    }
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
    function: Py<PyAny>,
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
                function: class("types", "FunctionType")?,
            })
        })
    }
}
