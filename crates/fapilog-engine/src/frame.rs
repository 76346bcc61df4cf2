//! The record frame: one record as compact, self-contained bytes.
//!
//! Layout, little-endian, version 1:
//!
//! | offset | size | content |
//! |---|---|---|
//! | 0 | 4 | length of the whole frame in bytes, header included |
//! | 4 | 1 | level number |
//! | 5 | 1 | flags, see [`Flags`] |
//! | 6 | 2 | zero |
//! | 8 | 8 | time, microseconds since the Unix epoch (signed) |
//! | 16 | – | *captured* frame: text logger, text message, fields; *flat* frame: fields |
//!
//! A field is a text (its key) and a value; fields go on until the frame ends. A text is a `u32`
//! length and that many bytes of UTF-8. A value is a tag byte and its content, see [`Tag`].
//!
//! A *captured* frame comes from a log call. A *flat* frame comes back from a plugin that saw the
//! record as one flat mapping and may have changed any of it; its keys already include
//! `timestamp`, `level`, `logger` and `message`.

use crate::frame_reader::FrameError;
use crate::level::Level;

/// Size of the fixed part, in bytes.
pub const HEADER_BYTES: usize = 16;

/// Keys that every record has: a field of that name gets an underscore appended (`level_`), so
/// that no application can overwrite them by accident.
pub const RESERVED_KEYS: [&str; 4] = ["timestamp", "level", "logger", "message"];

/// Bits of the flags byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    /// Nothing special: a captured frame without repeated keys.
    pub const NONE: Self = Self(0);
    /// The body is one flat mapping, see the module's text.
    pub const FLAT: Self = Self(1);
    /// A key may appear twice (context and fields of the call); the last one counts.
    pub const MAY_REPEAT: Self = Self(2);

    /// Whether every bit of `other` is set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// First byte of a value; says how to read what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Tag {
    /// Nothing follows.
    Null = 0,
    /// Nothing follows.
    False = 1,
    /// Nothing follows.
    True = 2,
    /// 8 bytes, signed.
    Int = 3,
    /// A text of decimal digits, perhaps with a sign: integers beyond 64 bits.
    BigInt = 4,
    /// 8 bytes, IEEE 754.
    Float = 5,
    /// A text.
    Str = 6,
    /// `u32` length in bytes of what follows, `u32` count, that many values.
    List = 7,
    /// `u32` length in bytes of what follows, `u32` count, that many fields.
    Map = 8,
}

/// Where the length and count of an open list or map stands; made by [`FrameWriter::begin_list`] and
/// [`FrameWriter::begin_map`], given back to [`FrameWriter::end`].
#[derive(Debug)]
#[must_use = "an open container must be ended, or its length and count stay zero"]
pub struct Open(usize);

/// Appends one frame to a buffer.
///
/// The writer never fails and never allocates beyond the buffer's growth. A frame that is not
/// ended by [`FrameWriter::finish`] is taken back out of the buffer.
#[derive(Debug)]
pub struct FrameWriter<'a> {
    buffer: &'a mut Vec<u8>,
    start: usize,
    finished: bool,
}

impl<'a> FrameWriter<'a> {
    /// Begins a captured frame; the logger's name as made by [`encode_text`] comes first.
    pub fn captured(
        buffer: &'a mut Vec<u8>,
        level: Level,
        flags: Flags,
        micros: i64,
        encoded_logger: &[u8],
        message: &[u8],
    ) -> Self {
        let mut writer = Self::begin(buffer, level, flags, micros);
        writer.buffer.extend_from_slice(encoded_logger);
        writer.text(message);
        writer
    }

    /// Begins a flat frame: the caller writes every key, the reserved ones too.
    pub fn flat(buffer: &'a mut Vec<u8>, level: Level, micros: i64) -> Self {
        Self::begin(buffer, level, Flags::FLAT, micros)
    }

    fn begin(buffer: &'a mut Vec<u8>, level: Level, flags: Flags, micros: i64) -> Self {
        let start = buffer.len();
        let mut header = [0_u8; HEADER_BYTES];
        header[4] = level.number();
        header[5] = flags.0;
        header[8..16].copy_from_slice(&micros.to_le_bytes());
        buffer.extend_from_slice(&header);
        Self {
            buffer,
            start,
            finished: false,
        }
    }

    /// Bytes of this frame so far, header included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// Never true: a frame has a header. Here because `len` is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends fields that were written before by [`FieldWriter`], such as a bound context.
    pub fn encoded_fields(&mut self, fields: &[u8]) {
        self.buffer.extend_from_slice(fields);
    }

    /// Sets [`Flags::MAY_REPEAT`].
    pub fn may_repeat(&mut self) {
        if let Some(flags) = self.buffer.get_mut(self.start + 5) {
            *flags |= Flags::MAY_REPEAT.0;
        }
    }

    /// The values of this frame's fields.
    pub fn fields(&mut self) -> FieldWriter<'_> {
        FieldWriter {
            buffer: self.buffer,
        }
    }

    fn text(&mut self, text: &[u8]) {
        encode_text(self.buffer, text);
    }

    /// Writes the length into the header of a frame that was copied together by hand and begins
    /// at `start`.
    pub(crate) fn close(buffer: &mut [u8], start: usize) -> Result<(), FrameError> {
        let length = u32::try_from(buffer.len() - start)
            .map_err(|_| FrameError("the frame is longer than 4 GiB"))?;
        buffer[start..start + 4].copy_from_slice(&length.to_le_bytes());
        Ok(())
    }

    /// Ends the frame and returns its length in bytes.
    ///
    /// # Errors
    /// [`FrameTooLong`] when the frame is longer than its 32-bit length can say; the frame is
    /// taken back out of the buffer.
    pub fn finish(mut self) -> Result<usize, FrameTooLong> {
        let length = self.len();
        let encoded = u32::try_from(length).map_err(|_| FrameTooLong)?;
        self.buffer[self.start..self.start + 4].copy_from_slice(&encoded.to_le_bytes());
        self.finished = true;
        Ok(length)
    }
}

impl Drop for FrameWriter<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.buffer.truncate(self.start);
        }
    }
}

/// The frame would be longer than 4 GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record is longer than 4 GiB")]
pub struct FrameTooLong;

/// Appends keys and values to a buffer, as fields of a frame or as a context to keep.
///
/// The caller alternates [`FieldWriter::key`] and one value; lists and maps nest.
#[derive(Debug)]
pub struct FieldWriter<'a> {
    buffer: &'a mut Vec<u8>,
}

impl<'a> FieldWriter<'a> {
    /// Writes to a buffer of one's own, for fields that will go into many frames.
    pub fn new(buffer: &'a mut Vec<u8>) -> Self {
        Self { buffer }
    }

    /// Appends fields that were written before.
    pub fn encoded(&mut self, fields: &[u8]) {
        self.buffer.extend_from_slice(fields);
    }

    /// Bytes in the buffer.
    #[must_use]
    pub fn buffer_len(&self) -> usize {
        self.buffer.len()
    }

    /// Takes everything after `length` out again.
    pub fn truncate(&mut self, length: usize) {
        self.buffer.truncate(length);
    }

    /// A field's key in a captured frame: reserved keys get an underscore appended. Returns
    /// whether that was done: another field may then have the same key.
    pub fn key(&mut self, key: &[u8]) -> bool {
        let reserved = is_reserved(key);
        if reserved {
            self.length(key.len() + 1);
            self.buffer.extend_from_slice(key);
            self.buffer.push(b'_');
        } else {
            self.raw_key(key);
        }
        reserved
    }

    /// A key as it is: inside maps and in flat frames.
    pub fn raw_key(&mut self, key: &[u8]) {
        encode_text(self.buffer, key);
    }

    /// `null`.
    pub fn null(&mut self) {
        self.tag(Tag::Null);
    }

    /// `true` or `false`.
    pub fn bool(&mut self, value: bool) {
        self.tag(if value { Tag::True } else { Tag::False });
    }

    /// An integer of 64 bits.
    pub fn int(&mut self, value: i64) {
        self.tag(Tag::Int);
        self.buffer.extend_from_slice(&value.to_le_bytes());
    }

    /// An integer of any size as decimal digits with an optional sign; other text is kept as a
    /// string, so that no caller can put raw text into the encoded line.
    pub fn big_int(&mut self, digits: &[u8]) {
        let unsigned = digits.strip_prefix(b"-").unwrap_or(digits);
        let is_number = !unsigned.is_empty() && unsigned.iter().all(u8::is_ascii_digit);
        self.tag(if is_number { Tag::BigInt } else { Tag::Str });
        encode_text(self.buffer, digits);
    }

    /// A floating-point number, finite or not.
    pub fn float(&mut self, value: f64) {
        self.tag(Tag::Float);
        self.buffer.extend_from_slice(&value.to_le_bytes());
    }

    /// A string of UTF-8.
    pub fn str(&mut self, value: &[u8]) {
        self.tag(Tag::Str);
        encode_text(self.buffer, value);
    }

    /// Opens a list; its values follow.
    pub fn begin_list(&mut self) -> Open {
        self.begin(Tag::List)
    }

    /// Opens a map; its fields follow.
    pub fn begin_map(&mut self) -> Open {
        self.begin(Tag::Map)
    }

    /// Ends a list or map that holds `count` values or fields.
    pub fn end(&mut self, open: Open, count: u32) {
        let length = u32::try_from(self.buffer.len() - open.0 - 4).unwrap_or(u32::MAX);
        self.buffer[open.0..open.0 + 4].copy_from_slice(&length.to_le_bytes());
        self.buffer[open.0 + 4..open.0 + 8].copy_from_slice(&count.to_le_bytes());
    }

    fn begin(&mut self, tag: Tag) -> Open {
        self.tag(tag);
        let position = self.buffer.len();
        self.buffer.extend_from_slice(&[0; 8]);
        Open(position)
    }

    fn tag(&mut self, tag: Tag) {
        self.buffer.push(tag as u8);
    }

    fn length(&mut self, length: usize) {
        encode_length(self.buffer, length);
    }
}

/// Appends a text: `u32` length and the bytes. Text beyond 4 GiB is cut.
pub fn encode_text(buffer: &mut Vec<u8>, text: &[u8]) {
    let text = &text[..text.len().min(u32::MAX as usize)];
    encode_length(buffer, text.len());
    buffer.extend_from_slice(text);
}

fn encode_length(buffer: &mut Vec<u8>, length: usize) {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    buffer.extend_from_slice(&length.to_le_bytes());
}

/// Whether a key is one that every record has. The length decides almost always.
fn is_reserved(key: &[u8]) -> bool {
    RESERVED_KEYS
        .iter()
        .any(|reserved| key.len() == reserved.len() && key == reserved.as_bytes())
}
