//! Values of a plugin's own, written as frames have them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use fapilog_abi::frame::{MAX_DEPTH, tag};

use crate::value::Value;

/// What stands in the place of a list or map that is nested deeper than a record may be.
const TOO_DEEP: &str = "[too deep]";

/// What can be the value of a field.
pub trait Encode {
    /// Writes the value, by calling one method of the writer; `null` when it calls none.
    fn encode(&self, out: ValueWriter<'_>);
}

/// Takes one value.
#[derive(Debug)]
pub struct ValueWriter<'w> {
    buffer: &'w mut Vec<u8>,
    depth: usize,
}

impl<'w> ValueWriter<'w> {
    pub(crate) fn new(buffer: &'w mut Vec<u8>) -> Self {
        Self { buffer, depth: 0 }
    }

    /// `null`.
    pub fn null(self) {
        self.buffer.push(tag::NULL);
    }

    /// `true` or `false`.
    pub fn bool(self, value: bool) {
        self.buffer.push(if value { tag::TRUE } else { tag::FALSE });
    }

    /// An integer.
    pub fn int(self, value: i64) {
        self.buffer.push(tag::INT);
        self.buffer.extend_from_slice(&value.to_le_bytes());
    }

    /// An integer of any size: decimal digits, perhaps with `-`. Anything else becomes a text.
    pub fn big_int(self, digits: &str) {
        let unsigned = digits.strip_prefix('-').unwrap_or(digits);
        let is_number = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit());
        self.buffer
            .push(if is_number { tag::BIG_INT } else { tag::STR });
        put_text(self.buffer, digits.as_bytes());
    }

    /// A floating-point number.
    pub fn float(self, value: f64) {
        self.buffer.push(tag::FLOAT);
        self.buffer.extend_from_slice(&value.to_le_bytes());
    }

    /// A text.
    pub fn str(self, value: &str) {
        self.buffer.push(tag::STR);
        put_text(self.buffer, value.as_bytes());
    }

    /// A list of what the function puts into it.
    pub fn list(mut self, fill: impl FnOnce(&mut ListWriter<'_>)) {
        let Some((depth, open)) = self.open(tag::LIST) else {
            return;
        };
        let buffer = &mut *self.buffer;
        let mut list = ListWriter {
            buffer,
            depth,
            count: 0,
        };
        fill(&mut list);
        let count = list.count;
        close(self.buffer, open, count);
    }

    /// A map of what the function puts into it.
    pub fn map(mut self, fill: impl FnOnce(&mut MapWriter<'_>)) {
        let Some((depth, open)) = self.open(tag::MAP) else {
            return;
        };
        let buffer = &mut *self.buffer;
        let mut map = MapWriter {
            buffer,
            depth,
            count: 0,
        };
        fill(&mut map);
        let count = map.count;
        close(self.buffer, open, count);
    }

    /// Begins a list or map: its depth, and where its length stands.
    fn open(&mut self, tag: u8) -> Option<(usize, usize)> {
        if self.depth >= MAX_DEPTH {
            self.buffer.push(tag::STR);
            put_text(self.buffer, TOO_DEEP.as_bytes());
            return None;
        }
        self.buffer.push(tag);
        let open = self.buffer.len();
        self.buffer.extend_from_slice(&[0; 8]);
        Some((self.depth + 1, open))
    }
}

/// Takes the values of a list.
#[derive(Debug)]
pub struct ListWriter<'w> {
    buffer: &'w mut Vec<u8>,
    depth: usize,
    count: u32,
}

impl ListWriter<'_> {
    /// Puts a value at the end.
    pub fn push(&mut self, value: impl Encode) {
        put_value(self.buffer, self.depth, &value);
        self.count += 1;
    }
}

/// Takes the fields of a map.
#[derive(Debug)]
pub struct MapWriter<'w> {
    buffer: &'w mut Vec<u8>,
    depth: usize,
    count: u32,
}

impl MapWriter<'_> {
    /// Puts a field at the end.
    pub fn push(&mut self, key: &str, value: impl Encode) {
        put_text(self.buffer, key.as_bytes());
        put_value(self.buffer, self.depth, &value);
        self.count += 1;
    }
}

/// Appends a text. One that is longer than a length can say is cut; no host takes it anyway.
pub(crate) fn put_text(buffer: &mut Vec<u8>, text: &[u8]) {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    buffer.extend_from_slice(&length.to_le_bytes());
    buffer.extend_from_slice(text.get(..length as usize).unwrap_or(text));
}

fn put_value(buffer: &mut Vec<u8>, depth: usize, value: &impl Encode) {
    let before = buffer.len();
    value.encode(ValueWriter { buffer, depth });
    if buffer.len() == before {
        buffer.push(tag::NULL);
    }
}

/// Appends a value, which is no part of another.
pub(crate) fn put_field_value(buffer: &mut Vec<u8>, value: &(impl Encode + ?Sized)) {
    put_value(buffer, 0, &value);
}

/// Writes length and count of a list or map that is complete.
fn close(buffer: &mut [u8], open: usize, count: u32) {
    let length = u32::try_from(buffer.len() - open - 4).unwrap_or(u32::MAX);
    if let Some(place) = buffer.get_mut(open..open + 4) {
        place.copy_from_slice(&length.to_le_bytes());
    }
    if let Some(place) = buffer.get_mut(open + 4..open + 8) {
        place.copy_from_slice(&count.to_le_bytes());
    }
}

impl<T: Encode + ?Sized> Encode for &T {
    fn encode(&self, out: ValueWriter<'_>) {
        (**self).encode(out);
    }
}

impl Encode for bool {
    fn encode(&self, out: ValueWriter<'_>) {
        out.bool(*self);
    }
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl Encode for $type {
            fn encode(&self, out: ValueWriter<'_>) {
                match i64::try_from(*self) {
                    Ok(number) => out.int(number),
                    Err(_) => out.big_int(&self.to_string()),
                }
            }
        }
    )*};
}

integers!(
    i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize
);

impl Encode for f32 {
    fn encode(&self, out: ValueWriter<'_>) {
        out.float(f64::from(*self));
    }
}

impl Encode for f64 {
    fn encode(&self, out: ValueWriter<'_>) {
        out.float(*self);
    }
}

impl Encode for str {
    fn encode(&self, out: ValueWriter<'_>) {
        out.str(self);
    }
}

impl Encode for String {
    fn encode(&self, out: ValueWriter<'_>) {
        out.str(self);
    }
}

impl Encode for Cow<'_, str> {
    fn encode(&self, out: ValueWriter<'_>) {
        out.str(self);
    }
}

/// `None` is `null`.
impl<T: Encode> Encode for Option<T> {
    fn encode(&self, out: ValueWriter<'_>) {
        match self {
            Some(value) => value.encode(out),
            None => out.null(),
        }
    }
}

impl<T: Encode> Encode for [T] {
    fn encode(&self, out: ValueWriter<'_>) {
        out.list(|list| self.iter().for_each(|value| list.push(value)));
    }
}

impl<T: Encode, const N: usize> Encode for [T; N] {
    fn encode(&self, out: ValueWriter<'_>) {
        self.as_slice().encode(out);
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, out: ValueWriter<'_>) {
        self.as_slice().encode(out);
    }
}

impl<K: AsRef<str>, V: Encode> Encode for BTreeMap<K, V> {
    fn encode(&self, out: ValueWriter<'_>) {
        out.map(|map| {
            self.iter()
                .for_each(|(key, value)| map.push(key.as_ref(), value));
        });
    }
}

impl<K: AsRef<str>, V: Encode, S> Encode for HashMap<K, V, S> {
    fn encode(&self, out: ValueWriter<'_>) {
        out.map(|map| {
            self.iter()
                .for_each(|(key, value)| map.push(key.as_ref(), value));
        });
    }
}

impl Encode for Value<'_> {
    fn encode(&self, out: ValueWriter<'_>) {
        match self {
            Self::Null => out.null(),
            Self::Bool(flag) => out.bool(*flag),
            Self::Int(number) => out.int(*number),
            Self::BigInt(digits) => out.big_int(digits),
            Self::Float(number) => out.float(*number),
            Self::Str(text) => out.str(text),
            Self::List(items) => out.list(|list| items.iter().for_each(|item| list.push(item))),
            Self::Map(entries) => out.map(|map| {
                entries.iter().for_each(|(key, value)| map.push(key, value));
            }),
        }
    }
}

#[cfg(feature = "serde")]
impl Encode for serde_json::Value {
    fn encode(&self, out: ValueWriter<'_>) {
        match self {
            Self::Null => out.null(),
            Self::Bool(flag) => out.bool(*flag),
            Self::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(number), _, _) => out.int(number),
                (None, Some(number), _) => out.big_int(&number.to_string()),
                (None, None, Some(number)) => out.float(number),
                (None, None, None) => out.null(),
            },
            Self::String(text) => out.str(text),
            Self::Array(items) => items.encode(out),
            Self::Object(entries) => out.map(|map| {
                entries.iter().for_each(|(key, value)| map.push(key, value));
            }),
        }
    }
}
