//! What a plugin does with a record.

use crate::changes::Changes;
use crate::encode::Encode;
use crate::record::Record;

/// Changes a record: for processors and redactors. What it says takes effect when the plugin returns
/// without a failure.
#[derive(Debug)]
pub struct Edit<'e> {
    record: Record<'e>,
    changes: &'e mut Changes,
}

impl<'e> Edit<'e> {
    pub(crate) fn new(record: Record<'e>, changes: &'e mut Changes) -> Self {
        changes.clear();
        Self { record, changes }
    }

    /// Gives a field a value, in its place, or at the end when it is not there. A key that every
    /// record has (`timestamp`, `level`, `logger`, `message`) gets an underscore, as it does at a log
    /// call.
    pub fn set(&mut self, key: &str, value: impl Encode) {
        self.changes.set(key, &value);
    }

    /// Takes a field out. Timestamp, level, logger and message stay.
    pub fn remove(&mut self, key: &str) {
        if self.record.contains(key) || self.changes.sets(key) {
            self.changes.remove(key);
        }
    }

    /// Gives the record another message.
    pub fn set_message(&mut self, text: &str) {
        self.changes.set_message(text);
    }

    /// Asks about the message and every text in every field, also inside of lists and maps and in
    /// what was set before; `Some` takes its place. Keys and the logger's name are not asked about.
    pub fn replace_texts(&mut self, mut replace: impl FnMut(&str) -> Option<String>) {
        self.changes.replace_texts(self.record, &mut replace);
    }

    /// Whether it says anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Adds fields to a record: for enrichers.
#[derive(Debug)]
pub struct Additions<'e> {
    record: Record<'e>,
    changes: &'e mut Changes,
}

impl<'e> Additions<'e> {
    pub(crate) fn new(record: Record<'e>, changes: &'e mut Changes) -> Self {
        changes.clear();
        Self { record, changes }
    }

    /// Adds a field at the end, unless there is one of that key, which stays as it is. Returns
    /// whether it was added. A key that every record has gets an underscore.
    pub fn add(&mut self, key: &str, value: impl Encode) -> bool {
        let is_new = !self.record.contains(key) && !self.changes.sets(key);
        if is_new {
            self.changes.set(key, &value);
        }
        is_new
    }
}
