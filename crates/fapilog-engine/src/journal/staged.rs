//! A batch in the journal, on its way to the sinks.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::control::Intent;
use super::log::Place;
use super::segment::EntryHead;
use super::{Journal, identities};

/// A batch in the journal: one bit for each record and sink says that the sink is done with the
/// record, and the first word that all are done with all.
#[derive(Clone, Debug)]
pub(crate) struct Staged {
    journal: Arc<Journal>,
    place: Place,
    first: u64,
    records: usize,
    /// The number in the journal's list of each sink of this pipeline.
    slots: Slots,
}

/// Which of a journal's sinks the pipeline's sinks are.
#[derive(Clone, Debug)]
pub(super) enum Slots {
    /// The journal is the pipeline's own.
    Same,
    /// The journal was made by another process, maybe for other sinks.
    Of(Arc<[Option<usize>]>),
}

impl Slots {
    pub(super) fn matching(journal: &[u64], sinks: &[&str]) -> Self {
        let slot = |identity| journal.iter().position(|&known| known == identity);
        Self::Of(identities(sinks).into_iter().map(slot).collect())
    }

    pub(super) fn get(&self, sink: usize) -> Option<usize> {
        match self {
            Self::Same => Some(sink),
            Self::Of(slots) => slots.get(sink).copied().flatten(),
        }
    }
}

impl Staged {
    pub(super) fn new(journal: &Arc<Journal>, place: Place, head: &EntryHead) -> Self {
        Self {
            journal: Arc::clone(journal),
            place,
            first: head.first,
            records: head.records as usize,
            slots: Slots::Same,
        }
    }

    /// The same of a journal that another process made.
    pub(super) fn with_slots(self, slots: Slots) -> Self {
        Self { slots, ..self }
    }

    /// Words for the marks of a batch.
    pub(super) fn words(records: usize, sinks: usize) -> usize {
        1 + sinks * records.div_ceil(64)
    }

    /// The sink is done with these records.
    pub(crate) fn mark(&self, sink: usize, records: impl Iterator<Item = usize>) {
        let Some(slot) = self.slots.get(sink) else {
            return;
        };
        for record in records {
            if let Some(word) = self.word(slot, record) {
                word.fetch_or(1 << (record % 64), Ordering::Release);
            }
        }
    }

    /// Whether the sink is done with a record.
    pub(crate) fn is_marked(&self, sink: usize, record: usize) -> bool {
        self.slots
            .get(sink)
            .is_some_and(|slot| self.has_bit(slot, record))
    }

    /// Whether any sink of the process that stored it was done with a record.
    pub(crate) fn is_marked_by_any(&self, record: usize) -> bool {
        (0..self.journal.control.sinks().len()).any(|slot| self.has_bit(slot, record))
    }

    fn has_bit(&self, slot: usize, record: usize) -> bool {
        self.word(slot, record)
            .is_some_and(|word| word.load(Ordering::Acquire) >> (record % 64) & 1 == 1)
    }

    fn word(&self, slot: usize, record: usize) -> Option<&std::sync::atomic::AtomicU64> {
        if slot >= self.journal.control.sinks().len() || record >= self.records {
            return None;
        }
        let word = 1 + slot * self.records.div_ceil(64) + record / 64;
        self.place.segment.mark(self.place.marks, word)
    }

    pub(super) fn is_settled(&self) -> bool {
        let word = self.place.segment.mark(self.place.marks, 0);
        word.is_none_or(|word| word.load(Ordering::Acquire) != 0)
    }

    /// Every sink is done with every record.
    pub(crate) fn settle(&self) {
        if let Some(word) = self.place.segment.mark(self.place.marks, 0)
            && word.swap(1, Ordering::AcqRel) == 0
        {
            self.release();
        }
    }

    /// Nobody needs the entry any more.
    pub(super) fn release(&self) {
        self.place.segment.live.fetch_sub(1, Ordering::AcqRel);
    }

    /// What a sink was about to write of this batch when its process ended.
    pub(super) fn noted(&self, sink: usize) -> Option<Intent> {
        let (first, intent) = self.journal.control.noted(self.slots.get(sink)?)?;
        (first == self.first).then_some(intent)
    }
}

/// Lets a sink note what it is about to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noting<'a> {
    pub(crate) staged: &'a Staged,
    pub(crate) sink: usize,
    /// The records, by their numbers in the batch.
    pub(crate) from: usize,
    pub(crate) to: usize,
}

impl Noting<'_> {
    pub(crate) fn note(&self, file: (u64, u64), offset: u64) {
        let Some(slot) = self.staged.slots.get(self.sink) else {
            return;
        };
        let number = |record| u32::try_from(record).unwrap_or(u32::MAX);
        let intent = Intent {
            file,
            offset,
            from: number(self.from),
            to: number(self.to),
        };
        self.staged
            .journal
            .control
            .note(slot, self.staged.first, &intent);
    }
}
