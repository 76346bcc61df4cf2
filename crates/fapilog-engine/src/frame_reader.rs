//! Reading record frames. No input can make it panic or read out of bounds: frames will also come
//! back from disk, where anything may stand.

use crate::frame::{Flags, HEADER_BYTES, Tag};
use crate::level::Level;

/// Containers nested deeper than this are not followed.
pub const MAX_DEPTH: usize = 64;

/// The bytes are no frame, or a frame that contradicts itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed record frame: {0}")]
pub struct FrameError(pub &'static str);

/// One frame, header read, body not yet.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    bytes: &'a [u8],
    level: Level,
    flags: Flags,
    micros: i64,
}

impl<'a> Frame<'a> {
    /// The frame at the beginning of `bytes` and what follows it.
    ///
    /// # Errors
    /// [`FrameError`] when the header is cut off or states a length that is not there.
    pub fn split(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), FrameError> {
        let header: &[u8; HEADER_BYTES] = bytes
            .first_chunk()
            .ok_or(FrameError("the header is cut off"))?;
        let length = read_u32(header, 0) as usize;
        if length < HEADER_BYTES || length > bytes.len() {
            return Err(FrameError("the stated length is not there"));
        }
        let (bytes, rest) = bytes.split_at(length);
        let mut micros = [0; 8];
        micros.copy_from_slice(&header[8..16]);
        let frame = Self {
            bytes,
            level: Level::new(header[4]),
            flags: Flags(header[5]),
            micros: i64::from_le_bytes(micros),
        };
        Ok((frame, rest))
    }

    /// All bytes of the frame, header included.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The fixed part, whose length is that of the whole frame.
    pub(crate) fn header(&self) -> &'a [u8] {
        &self.bytes[..HEADER_BYTES]
    }

    /// All that follows the fixed part.
    pub(crate) fn body(&self) -> &'a [u8] {
        &self.bytes[HEADER_BYTES..]
    }

    /// Every field as plugins see them, in their order; of a captured frame `logger` and `message`
    /// come first, and neither the time nor the level, which the header has.
    pub(crate) fn top(
        &self,
    ) -> Result<impl Iterator<Item = Result<Field<'a>, FrameError>> + Clone, FrameError> {
        let (first, fields) = if self.flags.contains(Flags::FLAT) {
            (None, self.flat())
        } else {
            let captured = self.captured()?;
            let logger = (b"logger".as_slice(), Value::Str(captured.logger));
            let message = (b"message".as_slice(), Value::Str(captured.message));
            (Some([Ok(logger), Ok(message)]), captured.fields)
        };
        Ok(first.into_iter().flatten().chain(fields))
    }

    /// The last value of a field at the top of the record, see [`Frame::top`].
    pub(crate) fn field(&self, key: &[u8]) -> Option<Value<'a>> {
        self.top()
            .ok()?
            .flatten()
            .filter(|(name, _)| *name == key)
            .last()
            .map(|(_, value)| value)
    }

    /// Severity.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// Flags of the header.
    #[must_use]
    pub fn flags(&self) -> Flags {
        self.flags
    }

    /// Time in microseconds since the Unix epoch.
    #[must_use]
    pub fn micros(&self) -> i64 {
        self.micros
    }

    /// Logger, message and fields of a captured frame.
    ///
    /// # Errors
    /// [`FrameError`] when the body is cut off.
    pub fn captured(&self) -> Result<Captured<'a>, FrameError> {
        let mut cursor = Cursor(self.body());
        let logger = cursor.text()?;
        let message = cursor.text()?;
        Ok(Captured {
            logger,
            message,
            fields: Fields { cursor },
        })
    }

    /// Fields of a flat frame.
    #[must_use]
    pub fn flat(&self) -> Fields<'a> {
        Fields::new(self.body())
    }
}

/// Body of a captured frame.
#[derive(Clone, Debug)]
pub struct Captured<'a> {
    /// Name of the logger, UTF-8.
    pub logger: &'a [u8],
    /// The message, UTF-8.
    pub message: &'a [u8],
    /// What was bound and passed.
    pub fields: Fields<'a>,
}

/// A key and its value.
pub type Field<'a> = (&'a [u8], Value<'a>);

/// The fields that follow, each a key and a value; ends after the first malformed one.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Fields<'a> {
    /// Fields as written by [`crate::FieldWriter`].
    #[must_use]
    pub fn new(encoded: &'a [u8]) -> Self {
        Self {
            cursor: Cursor(encoded),
        }
    }

    /// Bytes not read yet.
    #[must_use]
    pub fn bytes_left(&self) -> usize {
        self.cursor.0.len()
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, FrameError>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.0.is_empty() {
            return None;
        }
        let field = self.cursor.field(0);
        if field.is_err() {
            self.cursor.0 = &[];
        }
        Some(field)
    }
}

/// A value; texts are UTF-8 by the writer's promise and checked by whoever needs it.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// Decimal digits of an integer beyond 64 bits.
    BigInt(&'a [u8]),
    /// A floating-point number.
    Float(f64),
    /// A string.
    Str(&'a [u8]),
    /// Values in order.
    List(Items<'a>),
    /// Keys and values in order.
    Map(Entries<'a>),
}

/// Values of a list.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    cursor: Cursor<'a>,
    left: u32,
    depth: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Value<'a>, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let value = self.cursor.value(self.depth);
        if value.is_err() {
            self.left = 0;
        }
        Some(value)
    }
}

/// Fields of a map.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    cursor: Cursor<'a>,
    left: u32,
    depth: usize,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Field<'a>, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let field = self.cursor.field(self.depth);
        if field.is_err() {
            self.left = 0;
        }
        Some(field)
    }
}

/// The bytes not read yet.
#[derive(Clone, Debug)]
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    #[inline(always)]
    fn take(&mut self, length: usize) -> Result<&'a [u8], FrameError> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(FrameError("a value is cut off"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FrameError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    #[inline(always)]
    fn count(&mut self) -> Result<u32, FrameError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    #[inline(always)]
    fn text(&mut self) -> Result<&'a [u8], FrameError> {
        let length = self.count()?;
        self.take(length as usize)
    }

    #[inline(always)]
    fn field(&mut self, depth: usize) -> Result<Field<'a>, FrameError> {
        Ok((self.text()?, self.value(depth)?))
    }

    #[inline(always)]
    fn value(&mut self, depth: usize) -> Result<Value<'a>, FrameError> {
        let [tag] = self.array()?;
        Ok(match tag {
            t if t == Tag::Null as u8 => Value::Null,
            t if t == Tag::False as u8 => Value::Bool(false),
            t if t == Tag::True as u8 => Value::Bool(true),
            t if t == Tag::Int as u8 => Value::Int(i64::from_le_bytes(self.array()?)),
            t if t == Tag::BigInt as u8 => Value::BigInt(self.text()?),
            t if t == Tag::Float as u8 => Value::Float(f64::from_le_bytes(self.array()?)),
            t if t == Tag::Str as u8 => Value::Str(self.text()?),
            t if t == Tag::List as u8 => {
                let (cursor, left) = self.container(depth)?;
                let depth = depth + 1;
                Value::List(Items {
                    cursor,
                    left,
                    depth,
                })
            }
            t if t == Tag::Map as u8 => {
                let (cursor, left) = self.container(depth)?;
                let depth = depth + 1;
                Value::Map(Entries {
                    cursor,
                    left,
                    depth,
                })
            }
            _ => return Err(FrameError("a value has an unknown tag")),
        })
    }

    /// Inside of a container and its count; moves this cursor behind the container.
    fn container(&mut self, depth: usize) -> Result<(Self, u32), FrameError> {
        if depth >= MAX_DEPTH {
            return Err(FrameError("values are nested too deeply"));
        }
        let length = self.count()?;
        let mut inside = Self(self.take(length as usize)?);
        let count = inside.count()?;
        Ok((inside, count))
    }
}

fn read_u32(bytes: &[u8; HEADER_BYTES], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}
