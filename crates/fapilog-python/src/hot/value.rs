//! Python values to frame values: the exact built-in types here, everything else in
//! [`crate::text_form`].

use fapilog_engine::FieldWriter;
use pyo3::exceptions::{PyBaseException, PyUnicodeEncodeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use crate::text_form::{self, Form};

/// Bounds of one record. What is cut off leaves a visible marker.
pub struct Limits;

impl Limits {
    /// Containers inside containers.
    pub const DEPTH: usize = 16;
    /// Items of one container, and fields of one call; beyond, the last one says how many are
    /// missing.
    pub const ITEMS: usize = 1_000;
    /// Bytes of one string, in UTF-8, its marker included.
    pub const STRING_BYTES: usize = 64 * 1024;
    /// Bytes of a record after which values are left out.
    pub const RECORD_BYTES: usize = 1024 * 1024;
    /// The same for what a plugin returns: more, so that it leaves alone what a call let through.
    pub const FLAT_RECORD_BYTES: usize = 2 * Self::RECORD_BYTES;
}

/// Room for the marker of a string that was cut.
const MARKER_BYTES: usize = 48;

/// The UTF-8 of a `str`, borrowed where there is one, else made.
pub(super) enum Text<'a> {
    Borrowed(&'a [u8]),
    Owned(Vec<u8>),
}

impl<'a> Text<'a> {
    /// The text of a message or key: a `str` as it is, anything else through `str()`.
    ///
    /// Inlined, so that a borrowed text stays in registers: through memory it costs as much as all
    /// the rest of a short field.
    #[inline(always)]
    pub(super) fn of(object: Borrowed<'a, '_, PyAny>) -> Self {
        match utf8_of(object) {
            Some(text) if text.len() <= Limits::STRING_BYTES => Self::Borrowed(text),
            text => Self::Owned(made_text(object, text)),
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }
}

/// The UTF-8 of an exact `str`, but for one with lone surrogates, which UTF-8 cannot hold.
#[inline(always)]
fn utf8_of<'a>(object: Borrowed<'a, '_, PyAny>) -> Option<&'a [u8]> {
    if !is_exact_str(object) {
        return None;
    }
    let mut length = 0;
    // SAFETY: `object` is an exact str; the UTF-8 belongs to it and lives as long as it does.
    let text = unsafe { ffi::PyUnicode_AsUTF8AndSize(object.as_ptr(), &raw mut length) };
    if text.is_null() {
        return None;
    }
    // SAFETY: not null, so `length` bytes of UTF-8, by CPython's documentation.
    Some(unsafe { std::slice::from_raw_parts(text.cast(), length.unsigned_abs()) })
}

/// A text that is no `str`, holds lone surrogates (written as the escape that Python shows for
/// them), or is longer than a text may be.
#[cold]
#[inline(never)]
fn made_text(object: Borrowed<'_, '_, PyAny>, text: Option<&[u8]>) -> Vec<u8> {
    let made = match text {
        Some(long) => return cut_counted(long),
        None if is_exact_str(object) => escaped_surrogates(object),
        None => text_form::text_of(&object).into_bytes(),
    };
    if made.len() > Limits::STRING_BYTES {
        return cut_counted(&made);
    }
    made
}

/// Clears the error that the failed encoding left, and encodes in another way.
fn escaped_surrogates(text: Borrowed<'_, '_, PyAny>) -> Vec<u8> {
    let error = PyErr::take(text.py());
    debug_assert!(
        error.is_none_or(|error| error.is_instance_of::<PyUnicodeEncodeError>(text.py()))
    );
    text_form::backslash_replaced(&text).into_bytes()
}

/// The beginning of a text and a marker that says how much is missing; together within
/// [`Limits::STRING_BYTES`], so that a second pass through a plugin leaves them alone.
fn cut_counted(text: &[u8]) -> Vec<u8> {
    let end = text_form::head(text, Limits::STRING_BYTES - MARKER_BYTES).len();
    let mut short = text[..end].to_vec();
    short.extend_from_slice(format!("…[{} bytes more]", text.len() - end).as_bytes());
    short
}

/// Writes Python values; never fails, never raises.
pub struct Encoder<'w, 'b> {
    fields: &'w mut FieldWriter<'b>,
    /// Where the buffer is full.
    end: usize,
    /// Containers that are being written: one of them again is a cycle.
    open: Vec<*mut ffi::PyObject>,
}

impl<'w, 'b> Encoder<'w, 'b> {
    /// Writes behind what is in the buffer already, until it is `end` bytes long.
    pub fn new(fields: &'w mut FieldWriter<'b>, end: usize) -> Self {
        Self {
            fields,
            end,
            open: Vec::new(),
        }
    }

    /// A field of a captured frame; whether its key was changed, see [`FieldWriter::key`].
    pub fn field(&mut self, key: &[u8], value: Borrowed<'_, '_, PyAny>) -> bool {
        let renamed = self.fields.key(key);
        self.value(value);
        renamed
    }

    /// Fields of captured frames to come.
    pub fn bound_fields(&mut self, fields: &Bound<'_, PyDict>) {
        let total = fields.len();
        for (index, (key, value)) in entries(fields).into_iter().enumerate() {
            if self.is_full() || index >= kept(total) {
                return self.more_fields(total - index);
            }
            self.field(Text::of(key.as_borrowed()).as_bytes(), value.as_borrowed());
        }
    }

    /// Fields of a flat frame: keys are written as they are.
    pub fn flat_fields(&mut self, fields: &Bound<'_, PyDict>) {
        // A copy, see `entries`.
        let fields: Vec<Entry<'_>> = fields.iter().collect();
        for (index, (key, value)) in fields.iter().enumerate() {
            if self.is_full() {
                return self.more_fields(fields.len() - index);
            }
            self.raw_field(key.as_borrowed(), value.as_borrowed());
        }
    }

    /// Says that fields were left out.
    pub fn more_fields(&mut self, count: usize) {
        self.fields.raw_key("…".as_bytes());
        self.fields.str(format!("[{count} more]").as_bytes());
    }

    fn raw_field(&mut self, key: Borrowed<'_, '_, PyAny>, value: Borrowed<'_, '_, PyAny>) {
        self.fields.raw_key(Text::of(key).as_bytes());
        self.value(value);
    }

    /// Whether no more values are written.
    pub fn is_full(&self) -> bool {
        self.fields.buffer_len() > self.end
    }

    /// A field that holds an exception in structured form.
    pub fn exception(&mut self, key: &[u8], raised: &Bound<'_, PyBaseException>) {
        self.fields.key(key);
        self.form(crate::exception::structured(raised));
    }

    /// Any value.
    pub fn value(&mut self, value: Borrowed<'_, '_, PyAny>) {
        if self.is_full() {
            return self
                .fields
                .str("[left out: the record is too large]".as_bytes());
        }
        // SAFETY: every object has a type.
        let class = unsafe { ffi::Py_TYPE(value.as_ptr()) };
        if class == &raw mut ffi::PyUnicode_Type {
            self.fields.str(Text::of(value).as_bytes());
        } else if class == &raw mut ffi::PyLong_Type {
            self.int(value);
        } else if value.is_none() {
            self.fields.null();
        } else if class == &raw mut ffi::PyBool_Type {
            self.fields.bool(is_true(value));
        } else if class == &raw mut ffi::PyFloat_Type {
            // SAFETY: an exact float; cannot fail.
            self.fields
                .float(unsafe { ffi::PyFloat_AsDouble(value.as_ptr()) });
        } else {
            self.other(value);
        }
    }

    fn other(&mut self, value: Borrowed<'_, '_, PyAny>) {
        if let Ok(dict) = value.cast::<PyDict>() {
            self.inside(value, |encoder| encoder.map(entries(&dict), dict.len()));
        } else if let Ok(list) = value.cast::<PyList>() {
            self.inside(value, |encoder| encoder.list(list.iter(), list.len()));
        } else if let Ok(tuple) = value.cast::<PyTuple>() {
            self.inside(value, |encoder| encoder.list(tuple.iter(), tuple.len()));
        } else {
            self.inside(value, |encoder| encoder.form(text_form::of(&value)));
        }
    }

    /// A value that [`text_form`] has brought nearer to JSON.
    fn form(&mut self, form: Form<'_>) {
        match form {
            Form::Text(text) => {
                let bytes = text.as_bytes();
                if bytes.len() > Limits::STRING_BYTES {
                    self.fields.str(&cut_counted(bytes));
                } else {
                    self.fields.str(bytes);
                }
            }
            Form::Items(items, total) => self.list(items.into_iter(), total),
            Form::Entries(entries, total) => self.map(entries, total),
            Form::Other(object) => self.value(object.as_borrowed()),
        }
    }

    fn int(&mut self, value: Borrowed<'_, '_, PyAny>) {
        let mut overflow = 0;
        // SAFETY: an exact int; sets `overflow` instead of failing.
        let number =
            unsafe { ffi::PyLong_AsLongLongAndOverflow(value.as_ptr(), &raw mut overflow) };
        if overflow == 0 {
            self.fields.int(number);
        } else {
            match text_form::digits_of(&value) {
                Ok(digits) => self.fields.big_int(digits.as_bytes()),
                Err(text) => self.fields.str(text.as_bytes()),
            }
        }
    }

    /// Writes a container, unless it is too deep or inside itself.
    fn inside(&mut self, value: Borrowed<'_, '_, PyAny>, write: impl FnOnce(&mut Self)) {
        let pointer = value.as_ptr();
        if self.open.contains(&pointer) {
            return self.fields.str(b"[cycle]");
        }
        if self.open.len() >= Limits::DEPTH {
            return self.fields.str(b"[too deep]");
        }
        self.open.push(pointer);
        write(self);
        self.open.pop();
    }

    fn list<'py>(&mut self, items: impl Iterator<Item = Bound<'py, PyAny>>, total: usize) {
        let list = self.fields.begin_list();
        let mut count = 0;
        for item in items.take(kept(total)) {
            if self.is_full() {
                break;
            }
            self.value(item.as_borrowed());
            count += 1;
        }
        let more = total.saturating_sub(count as usize);
        if more > 0 && (self.is_full() || kept(total) < total) {
            self.fields.str(format!("[{more} more]").as_bytes());
            count += 1;
        }
        self.fields.end(list, count);
    }

    fn map(&mut self, entries: Vec<Entry<'_>>, total: usize) {
        let map = self.fields.begin_map();
        let mut count = 0;
        for (key, value) in entries.into_iter().take(kept(total)) {
            if self.is_full() {
                break;
            }
            self.raw_field(key.as_borrowed(), value.as_borrowed());
            count += 1;
        }
        let more = total.saturating_sub(count as usize);
        if more > 0 && (self.is_full() || kept(total) < total) {
            self.more_fields(more);
            count += 1;
        }
        self.fields.end(map, count);
    }
}

/// A key and its value.
pub type Entry<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// How many of so many items are written: all, or room is left for the marker.
fn kept(total: usize) -> usize {
    if total > Limits::ITEMS {
        Limits::ITEMS - 1
    } else {
        total
    }
}

/// The entries as they are now: asking a value for its text may run code that changes the dict,
/// which an iterator would not survive.
fn entries<'py>(dict: &Bound<'py, PyDict>) -> Vec<Entry<'py>> {
    dict.iter().take(Limits::ITEMS).collect()
}

fn is_exact_str(object: Borrowed<'_, '_, PyAny>) -> bool {
    object.is_exact_instance_of::<PyString>()
}

fn is_true(object: Borrowed<'_, '_, PyAny>) -> bool {
    // SAFETY: `Py_True` lives as long as the interpreter.
    object.as_ptr() == unsafe { ffi::Py_True() }
}
