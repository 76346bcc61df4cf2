//! What a sink is given.

use std::cell::Cell;

use crate::record::Record;

/// Records, in order, for a sink that takes records.
#[derive(Debug)]
pub struct Records<'a> {
    bytes: &'a [u8],
    count: u32,
    taken: Cell<u32>,
}

impl<'a> Records<'a> {
    pub(crate) fn new(bytes: &'a [u8], count: u32) -> Self {
        Self {
            bytes,
            count,
            taken: Cell::new(0),
        }
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there is none; no host asks that of a sink.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Each record.
    pub fn iter(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let mut rest = self.bytes;
        (0..self.count).map_while(move |_| {
            let (record, after) = Record::split(rest)?;
            rest = after;
            Some(record)
        })
    }

    /// Says that one more of the first records is where it belongs. Should the sink fail afterwards,
    /// only the others come again.
    pub fn took_one(&self) {
        self.taken.set(self.taken.get().saturating_add(1));
    }

    pub(crate) fn taken(&self) -> u32 {
        self.taken.get().min(self.count)
    }
}

/// Records as texts in the sink's format, for a sink that takes texts.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a str,
    count: u32,
    taken: Cell<u32>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str, count: u32) -> Self {
        Self {
            text,
            count,
            taken: Cell::new(0),
        }
    }

    /// How many records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there is none; no host asks that of a sink.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All of them, each ended by a line feed.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The lines: one for each record in JSON, logfmt and ECS; more in a format that people read.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.text.lines()
    }

    /// Says that one more of the first records is where it belongs. Should the sink fail afterwards,
    /// only the others come again.
    pub fn took_one(&self) {
        self.taken.set(self.taken.get().saturating_add(1));
    }

    pub(crate) fn taken(&self) -> u32 {
        self.taken.get().min(self.count)
    }
}
