//! Records for tests.

use std::fmt;

use fapilog_abi::frame::{FLAGS_AT, FLAT, HEADER_BYTES, MAY_REPEAT};

use crate::encode::{Encode, put_field_value, put_text};
use crate::level::Level;
use crate::record::{Record, is_reserved};

/// A record of a test's own.
#[derive(Clone, PartialEq, Eq)]
pub struct TestRecord {
    bytes: Vec<u8>,
}

impl TestRecord {
    /// A record of level INFO and logger `test`, as a log call makes it, logged at the beginning of
    /// 1970.
    #[must_use]
    pub fn new(message: &str) -> Self {
        Self::build(Level::INFO, "test", message)
    }

    /// The same with a level and a logger.
    #[must_use]
    pub fn build(level: Level, logger: &str, message: &str) -> Self {
        let mut bytes = vec![0; HEADER_BYTES];
        bytes[4] = level.0;
        put_text(&mut bytes, logger.as_bytes());
        put_text(&mut bytes, message.as_bytes());
        Self { bytes }.measured()
    }

    pub(super) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    /// The same with one more field. A key that is there already comes twice, as it does when it is
    /// bound to the logger and given with the call.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Encode) -> Self {
        let reserved = is_reserved(key.as_bytes()) && !self.view().is_flat();
        let key = format!("{key}{}", if reserved { "_" } else { "" });
        if self.view().contains(&key) {
            self.bytes[FLAGS_AT] |= MAY_REPEAT;
        }
        put_text(&mut self.bytes, key.as_bytes());
        put_field_value(&mut self.bytes, &value);
        self.measured()
    }

    /// The same, logged at a time in microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn at(mut self, micros: i64) -> Self {
        self.bytes[8..HEADER_BYTES].copy_from_slice(&micros.to_le_bytes());
        self
    }

    /// The same as it comes back from a plugin in Python: one flat mapping. Test both forms.
    #[must_use]
    pub fn flat(&self) -> Self {
        let view = self.view();
        let mut bytes = self.bytes[..HEADER_BYTES].to_vec();
        bytes[FLAGS_AT] = FLAT;
        let level = view.level().to_string();
        for (key, value) in [
            ("timestamp", "1970-01-01T00:00:00.000000Z"),
            ("level", &level),
            ("logger", view.logger()),
            ("message", view.message()),
        ] {
            put_text(&mut bytes, key.as_bytes());
            put_field_value(&mut bytes, value);
        }
        for field in view.raw_fields() {
            bytes.extend_from_slice(field.all);
        }
        Self { bytes }.measured()
    }

    /// What a plugin sees of it.
    ///
    /// # Panics
    /// The frame is not whole, which only a plugin can have done.
    #[must_use]
    #[expect(clippy::expect_used, reason = "in tests, which are to fail here")]
    pub fn view(&self) -> Record<'_> {
        Record::split(&self.bytes).expect("a whole frame").0
    }

    /// The frame.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same with one byte of it changed: for tests of what a plugin makes of damage.
    #[must_use]
    pub fn damaged(&self, at: usize, byte: u8) -> Self {
        let mut damaged = self.clone();
        if let Some(place) = damaged.bytes.get_mut(at) {
            *place = byte;
        }
        damaged
    }

    /// The same, cut off after so many bytes.
    #[must_use]
    pub fn cut(&self, length: usize) -> Self {
        let mut cut = self.clone();
        cut.bytes.truncate(length);
        cut
    }

    fn measured(mut self) -> Self {
        let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        self.bytes[..4].copy_from_slice(&length.to_le_bytes());
        self
    }
}

impl fmt::Debug for TestRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Record::split(&self.bytes) {
            Some((record, [])) => record.fmt(formatter),
            _ => write!(formatter, "no frame: {:?}", self.bytes),
        }
    }
}
