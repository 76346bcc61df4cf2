//! One record, read where it lies.

use std::fmt;
use std::time::{Duration, SystemTime};

use fapilog_abi::frame::{FLAGS_AT, FLAT, HEADER_BYTES, LEVEL_AT, MICROS_AT, RESERVED_KEYS};

use crate::cursor::Cursor;
use crate::level::Level;
use crate::value::{Value, utf8};

/// One record of a batch. Nothing of it is copied: it is valid during the call it was given to.
///
/// A host of this ABI hands over whole frames. Should one not be whole, what can be read ends before
/// the fault; nothing panics.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    bytes: &'a [u8],
    logger: &'a [u8],
    message: &'a [u8],
    fields: Cursor<'a>,
}

impl<'a> Record<'a> {
    /// The record at the beginning of bytes, and what follows it.
    pub(crate) fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let length = Cursor(bytes).number()? as usize;
        if length < HEADER_BYTES {
            return None;
        }
        let (bytes, rest) = bytes.split_at_checked(length)?;
        let mut fields = Cursor(bytes.get(HEADER_BYTES..)?);
        let (mut logger, mut message) = (&[][..], &[][..]);
        if bytes[FLAGS_AT] & FLAT == 0 {
            logger = fields.text()?;
            message = fields.text()?;
        }
        let record = Self {
            bytes,
            logger,
            message,
            fields,
        };
        Some((record, rest))
    }

    /// The frame, header included; `docs/specs/record-frame.md` has its layout.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Severity.
    #[must_use]
    pub fn level(&self) -> Level {
        Level(self.bytes.get(LEVEL_AT).copied().unwrap_or_default())
    }

    /// When it was logged, in microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn micros(&self) -> i64 {
        let time = self.bytes.get(MICROS_AT..).unwrap_or_default();
        Cursor(time).array().map(i64::from_le_bytes).unwrap_or(0)
    }

    /// When it was logged.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        let micros = self.micros();
        let distance = Duration::from_micros(micros.unsigned_abs());
        let epoch = SystemTime::UNIX_EPOCH;
        let time = if micros < 0 {
            epoch.checked_sub(distance)
        } else {
            epoch.checked_add(distance)
        };
        time.unwrap_or(epoch)
    }

    /// Name of the logger; empty when a plugin has made something else of it than a text.
    #[must_use]
    pub fn logger(&self) -> &'a str {
        self.head("logger", self.logger)
    }

    /// The message; empty when a plugin has made something else of it than a text.
    #[must_use]
    pub fn message(&self) -> &'a str {
        self.head("message", self.message)
    }

    fn head(&self, key: &str, captured: &'a [u8]) -> &'a str {
        if !self.is_flat() {
            return utf8(captured).unwrap_or_default();
        }
        let value = self.last(key).and_then(|value| Value::parse(value, 0));
        value.and_then(|value| value.as_str()).unwrap_or_default()
    }

    /// The value of a field; the last one when there are several, which is the one that counts.
    /// Timestamp, level, logger and message are no fields.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        if is_reserved(key.as_bytes()) {
            return None;
        }
        Value::parse(self.last(key)?, 0)
    }

    /// Whether there is a field of that key.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        !is_reserved(key.as_bytes()) && self.last(key).is_some()
    }

    /// Keys and values of the fields, in order, without timestamp, level, logger and message. A key
    /// may come twice (bound to the logger and given with the call): the last one counts.
    #[must_use]
    pub fn fields(&self) -> Fields<'a> {
        Fields(self.fields)
    }

    fn last(&self, key: &str) -> Option<&'a [u8]> {
        let found = self.fields.filter(|field| field.key == key.as_bytes());
        found.last().map(|field| field.value)
    }

    pub(crate) fn is_flat(&self) -> bool {
        self.bytes
            .get(FLAGS_AT)
            .is_some_and(|flags| flags & FLAT != 0)
    }

    pub(crate) fn raw_fields(&self) -> Cursor<'a> {
        self.fields
    }

    pub(crate) fn raw_logger(&self) -> &'a [u8] {
        self.logger
    }

    pub(crate) fn raw_message(&self) -> &'a [u8] {
        self.message
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_map()
            .entry(&"timestamp", &self.micros())
            .entry(&"level", &format_args!("{}", self.level()))
            .entry(&"logger", &self.logger())
            .entry(&"message", &self.message())
            .entries(self.fields())
            .finish()
    }
}

/// The fields of a record.
#[derive(Clone)]
pub struct Fields<'a>(Cursor<'a>);

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a str, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let field = self.0.find(|field| !is_reserved(field.key))?;
        Some((utf8(field.key)?, Value::parse(field.value, 0)?))
    }
}

/// Whether a key is one that every record has. The length decides almost always.
pub(crate) fn is_reserved(key: &[u8]) -> bool {
    RESERVED_KEYS
        .iter()
        .any(|reserved| key == reserved.as_bytes())
}
