//! A batch on its way to the sinks: encoded once, shared by all of them, accounted for at the end.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::batch::{Batch, Frames};
use crate::journal::Staged;
use crate::ledger::{DropReason, Ledger};
use crate::pool::BufferPool;

/// The text of a batch in one format.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    text: Vec<u8>,
    /// Where each record's line ends.
    ends: Vec<usize>,
}

impl Lines {
    /// No lines yet; those of `records` records will go into `buffer`.
    pub(crate) fn reusing(buffer: Vec<u8>, records: usize) -> Self {
        Self {
            text: buffer,
            ends: Vec::with_capacity(records),
        }
    }

    /// Appends one record's line through `encode`, which appends to the text it is given or, when
    /// it fails, leaves it alone.
    pub(crate) fn push<E>(
        &mut self,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        encode(&mut self.text)?;
        self.ends.push(self.text.len());
        Ok(())
    }

    /// The lines of some records, each ended by a line feed.
    pub(crate) fn of(&self, records: Range<usize>) -> &[u8] {
        self.text.get(self.span(records)).unwrap_or_default()
    }

    fn span(&self, records: Range<usize>) -> Range<usize> {
        self.start(records.start)..self.start(records.end)
    }

    fn start(&self, record: usize) -> usize {
        record
            .checked_sub(1)
            .and_then(|previous| self.ends.get(previous))
            .copied()
            .unwrap_or(0)
    }
}

/// One batch for all sinks. When the last sink lets go of it, the ledger learns what became of
/// every record – also when a sink's thread panicked on the way.
#[derive(Debug)]
pub(crate) struct Delivery {
    batch: Batch,
    /// By the number of the format; empty for one that no sink of this pipeline reads.
    lines: Vec<Lines>,
    /// One bit a record: some sink has taken it.
    taken: Vec<AtomicU64>,
    /// The batch in the journal, in crash-safe mode.
    staged: Option<Staged>,
    /// Some records are left for the next process.
    left: AtomicBool,
    ledger: Arc<Ledger>,
    pool: Arc<BufferPool>,
}

impl Delivery {
    pub(crate) fn new(
        batch: Batch,
        lines: Vec<Lines>,
        staged: Option<Staged>,
        ledger: Arc<Ledger>,
        pool: Arc<BufferPool>,
    ) -> Self {
        let words = batch.records().div_ceil(64);
        Self {
            batch,
            lines,
            taken: (0..words).map(|_| AtomicU64::new(0)).collect(),
            staged,
            left: AtomicBool::new(false),
            ledger,
            pool,
        }
    }

    /// Number of records.
    pub(crate) fn records(&self) -> usize {
        self.batch.records()
    }

    /// Memory that frames and lines take, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.batch.bytes()
            + self
                .lines
                .iter()
                .map(|lines| lines.text.len())
                .sum::<usize>()
    }

    /// The records as frames.
    pub(crate) fn frames(&self) -> Frames<'_> {
        self.batch.frames()
    }

    /// The records' texts in a format.
    pub(crate) fn lines(&self, format: usize) -> &Lines {
        static NONE: Lines = Lines {
            text: Vec::new(),
            ends: Vec::new(),
        };
        self.lines.get(format).unwrap_or(&NONE)
    }

    /// The batch in the journal, in crash-safe mode.
    pub(crate) fn staged(&self) -> Option<&Staged> {
        self.staged.as_ref()
    }

    /// A sink will not get some records now, but may in the next process; false when that is not
    /// possible.
    pub(crate) fn leave(&self) -> bool {
        self.left.store(true, Ordering::Relaxed);
        self.staged.is_some()
    }

    pub(crate) fn mark_taken(&self, records: impl Iterator<Item = usize>) {
        for record in records {
            if let Some(word) = self.taken.get(record / 64) {
                word.fetch_or(1 << (record % 64), Ordering::Relaxed);
            }
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        let records = self.batch.records() as u64;
        let taken: u64 = self
            .taken
            .iter()
            .map(|word| u64::from(word.load(Ordering::Relaxed).count_ones()))
            .sum();
        self.pool
            .give(std::mem::take(&mut self.batch).into_buffer());
        for lines in self.lines.drain(..) {
            self.pool.give(lines.text);
        }
        if let Some(staged) = &self.staged
            && !self.left.load(Ordering::Relaxed)
        {
            staged.settle();
        }
        self.ledger.deliver(taken);
        self.ledger
            .drop_records(DropReason::SinkFailed, records.saturating_sub(taken));
    }
}
