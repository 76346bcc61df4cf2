//! What becomes of a record, gathered, and the frame that comes of it.

use std::ops::Range;

use fapilog_abi::frame::{HEADER_BYTES, LEVEL_AT};

use crate::encode::{Encode, ValueWriter, put_field_value, put_text};
use crate::record::{Record, is_reserved};
use crate::value::Value;

/// The changes of one record at a time; its memory is used again for the next one.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Keys and values, one after the other.
    buffer: Vec<u8>,
    fields: Vec<Field>,
    message: Option<Range<usize>>,
    /// The frame, or a value that is being made.
    out: Vec<u8>,
}

/// A field that gets another value, or goes.
#[derive(Debug)]
struct Field {
    key: Range<usize>,
    value: Option<Range<usize>>,
    is_written: bool,
}

impl Changes {
    pub(crate) fn clear(&mut self) {
        self.buffer.clear();
        self.fields.clear();
        self.message = None;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.message.is_none()
    }

    /// Gives a field a value. A key that every record has gets an underscore, as at a log call.
    pub(crate) fn set(&mut self, key: &str, value: &(impl Encode + ?Sized)) {
        let start = self.buffer.len();
        put_field_value(&mut self.buffer, value);
        let value = start..self.buffer.len();
        self.put(key, Some(value));
    }

    /// Takes a field out; what every record has stays.
    pub(crate) fn remove(&mut self, key: &str) {
        if !is_reserved(key.as_bytes()) {
            self.put(key, None);
        }
    }

    pub(crate) fn set_message(&mut self, text: &str) {
        let start = self.buffer.len();
        self.buffer.extend_from_slice(text.as_bytes());
        self.message = Some(start..self.buffer.len());
    }

    /// Whether a field of this key was set.
    pub(crate) fn sets(&self, key: &str) -> bool {
        let name = self.position(key.as_bytes());
        name.is_some_and(|at| self.fields[at].value.is_some())
    }

    fn put(&mut self, key: &str, value: Option<Range<usize>>) {
        if let Some(at) = self.position(key.as_bytes()) {
            self.fields[at].value = value;
            return;
        }
        let start = self.buffer.len();
        self.buffer.extend_from_slice(key.as_bytes());
        if is_reserved(key.as_bytes()) {
            self.buffer.push(b'_');
        }
        let key = start..self.buffer.len();
        self.fields.push(Field {
            key,
            value,
            is_written: false,
        });
    }

    fn position(&self, key: &[u8]) -> Option<usize> {
        let same = |field: &Field| {
            let name = &self.buffer[field.key.clone()];
            name == key || (is_reserved(key) && name.strip_suffix(b"_") == Some(key))
        };
        self.fields.iter().position(same)
    }

    /// Asks about each text of a record, the message first, and of what it was changed to.
    pub(crate) fn replace_texts(
        &mut self,
        record: Record<'_>,
        replace: &mut dyn FnMut(&str) -> Option<String>,
    ) {
        let message = match &self.message {
            Some(range) => String::from_utf8_lossy(&self.buffer[range.clone()]).into_owned(),
            None => record.message().to_owned(),
        };
        if let Some(text) = replace(&message) {
            self.set_message(&text);
        }
        let own = self.fields.len();
        for (key, value) in record.fields() {
            match self.position(key.as_bytes()) {
                Some(at) if at < own => {}
                // A key that comes twice: the last value counts, and none of them may stay.
                known => self.replace_in(key, value, known.is_some(), replace),
            }
        }
        self.replace_in_own(own, replace);
    }

    fn replace_in(
        &mut self,
        key: &str,
        value: Value<'_>,
        must: bool,
        replace: &mut dyn FnMut(&str) -> Option<String>,
    ) {
        self.out.clear();
        if rewrite(value, ValueWriter::new(&mut self.out), replace) || must {
            let start = self.buffer.len();
            self.buffer.extend_from_slice(&self.out);
            self.put(key, Some(start..self.buffer.len()));
        }
    }

    /// The same for the first fields, which were set before.
    fn replace_in_own(&mut self, own: usize, replace: &mut dyn FnMut(&str) -> Option<String>) {
        for at in 0..own {
            let Some(range) = self.fields[at].value.clone() else {
                continue;
            };
            let Some(value) = Value::parse(&self.buffer[range], 0) else {
                continue;
            };
            self.out.clear();
            if rewrite(value, ValueWriter::new(&mut self.out), replace) {
                let start = self.buffer.len();
                self.buffer.extend_from_slice(&self.out);
                self.fields[at].value = Some(start..self.buffer.len());
            }
        }
    }

    /// The frame of the changed record.
    pub(crate) fn frame(&mut self, record: Record<'_>) -> &[u8] {
        let Self {
            buffer,
            fields,
            message,
            out,
        } = self;
        out.clear();
        out.extend_from_slice(record.bytes().get(..HEADER_BYTES).unwrap_or_default());
        let message = message.clone().map(|range| &buffer[range]);
        if !record.is_flat() {
            put_text(out, record.raw_logger());
            put_text(out, message.unwrap_or(record.raw_message()));
        }
        let mut flat_message = message.filter(|_| record.is_flat());
        for field in record.raw_fields() {
            if field.key == b"message" && record.is_flat() && message.is_some() {
                if let Some(text) = flat_message.take() {
                    put_message(out, text);
                }
                continue;
            }
            let changed = |change: &&mut Field| buffer[change.key.clone()] == *field.key;
            match fields.iter_mut().find(changed) {
                Some(change) => write(change, buffer, out),
                None => out.extend_from_slice(field.all),
            }
        }
        for change in fields.iter_mut() {
            write(change, buffer, out);
        }
        if let Some(text) = flat_message {
            put_message(out, text);
        }
        let length = u32::try_from(out.len()).unwrap_or(u32::MAX);
        if let Some(place) = out.get_mut(..LEVEL_AT) {
            place.copy_from_slice(&length.to_le_bytes());
        }
        out
    }
}

fn put_message(out: &mut Vec<u8>, text: &[u8]) {
    put_text(out, b"message");
    out.push(fapilog_abi::frame::tag::STR);
    put_text(out, text);
}

/// Appends a changed field, the first time that it is met.
fn write(change: &mut Field, buffer: &[u8], out: &mut Vec<u8>) {
    if std::mem::replace(&mut change.is_written, true) {
        return;
    }
    if let Some(value) = &change.value {
        put_text(out, &buffer[change.key.clone()]);
        out.extend_from_slice(&buffer[value.clone()]);
    }
}

/// Writes a value with its texts replaced; whether any was.
fn rewrite(
    value: Value<'_>,
    out: ValueWriter<'_>,
    replace: &mut dyn FnMut(&str) -> Option<String>,
) -> bool {
    let mut is_changed = false;
    match value {
        Value::Str(text) => match replace(text) {
            Some(text) => {
                out.str(&text);
                is_changed = true;
            }
            None => out.str(text),
        },
        Value::List(items) => out.list(|list| {
            for item in items.iter() {
                list.push(Rewritten::new(item, replace, &mut is_changed));
            }
        }),
        Value::Map(entries) => out.map(|map| {
            for (key, value) in entries.iter() {
                map.push(key, Rewritten::new(value, replace, &mut is_changed));
            }
        }),
        other => other.encode(out),
    }
    is_changed
}

/// A value inside of another, on its way through [`rewrite`].
struct Rewritten<'v, 'r> {
    value: Value<'v>,
    inside: std::cell::RefCell<Inside<'r>>,
}

struct Inside<'r> {
    replace: &'r mut dyn FnMut(&str) -> Option<String>,
    is_changed: &'r mut bool,
}

impl<'v, 'r> Rewritten<'v, 'r> {
    fn new(
        value: Value<'v>,
        replace: &'r mut dyn FnMut(&str) -> Option<String>,
        is_changed: &'r mut bool,
    ) -> Self {
        let inside = Inside {
            replace,
            is_changed,
        };
        let inside = std::cell::RefCell::new(inside);
        Self { value, inside }
    }
}

impl Encode for Rewritten<'_, '_> {
    fn encode(&self, out: ValueWriter<'_>) {
        let mut inside = self.inside.borrow_mut();
        let is_changed = rewrite(self.value, out, &mut *inside.replace);
        *inside.is_changed |= is_changed;
    }
}
