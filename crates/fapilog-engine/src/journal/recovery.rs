//! What processes that have ended left behind.

use std::path::Path;
use std::sync::{Arc, Mutex};

use super::control::Control;
use super::folder::Folder;
use super::log::{Log, Place};
use super::segment::Entry;
use super::staged::{Slots, Staged};
use super::{CALLS, CONTROL, Journal, STAGES};
use crate::batch::Batch;
use crate::frame_reader::Frame;
use crate::portion::Selection;

/// Records of one batch when what was not yet staged is recovered.
const BATCH_RECORDS: usize = 512;

/// The journal of a process that has ended, taken over.
pub(crate) struct Recovered {
    journal: Arc<Journal>,
    slots: Slots,
    staged: Vec<(Place, Entry)>,
    calls: Vec<(Place, Entry)>,
}

/// A batch that was on its way to the sinks.
pub(crate) struct RecoveredBatch {
    pub(crate) staged: Staged,
    /// Records that it has by its own account.
    pub(crate) records: usize,
    pub(crate) batch: Batch,
}

/// Records that had not been through the stages.
pub(crate) struct RecoveredCalls {
    pub(crate) first: u64,
    /// Records that were stored.
    pub(crate) records: usize,
    /// Numbers that are done with when these records are.
    pub(crate) covers: usize,
    pub(crate) batch: Batch,
}

impl Recovered {
    /// Takes over every journal in a folder whose process has ended. What cannot be read is put
    /// aside and said in `problems`.
    pub(crate) fn all(
        parent: &Path,
        bytes: usize,
        sinks: &[&str],
        problems: &mut Vec<String>,
    ) -> std::io::Result<Vec<Self>> {
        let mut recovered = Vec::new();
        for folder in Folder::adopt(parent)? {
            let path = folder.path().to_owned();
            match Self::open(folder, bytes, sinks, problems) {
                Ok(journal) => recovered.push(journal),
                Err((folder, error)) => problems.push(match folder.put_aside() {
                    Ok(aside) => format!(
                        "the journal {} cannot be read and is kept as {}: {error}",
                        path.display(),
                        aside.display()
                    ),
                    Err(_) => format!("the journal {} cannot be read: {error}", path.display()),
                }),
            }
        }
        Ok(recovered)
    }

    fn open(
        folder: Folder,
        bytes: usize,
        sinks: &[&str],
        problems: &mut Vec<String>,
    ) -> Result<Self, (Folder, std::io::Error)> {
        let read = || -> std::io::Result<_> {
            let control = Control::open(&folder.path().join(CONTROL))?;
            let mut strange = Vec::new();
            // What it left stands there already: new entries may take as much again.
            let open = |prefix, strange: &mut Vec<String>| {
                Log::open(folder.path(), prefix, bytes, strange)
            };
            let calls = open(CALLS, &mut strange)?;
            let staged = open(STAGES, &mut strange)?;
            Ok((control, calls, staged, strange))
        };
        let (control, (calls_log, calls), (stages_log, staged), strange) = match read() {
            Ok(read) => read,
            Err(error) => return Err((folder, error)),
        };
        problems.extend(
            strange
                .into_iter()
                .map(|what| format!("a file of a journal cannot be read: {what}")),
        );
        let slots = Slots::matching(control.sinks(), sinks);
        let journal = Journal {
            folder,
            control,
            calls: Mutex::new(calls_log),
            stages: Mutex::new(stages_log),
            unprotected: std::sync::atomic::AtomicU64::new(0),
            problem: Mutex::new(None),
        };
        Ok(Self {
            journal: Arc::new(journal),
            slots,
            staged,
            calls,
        }
        .without_settled())
    }

    /// Leaves out what its process was done with.
    fn without_settled(mut self) -> Self {
        let after_batches = self
            .staged
            .iter()
            .map(|(_, entry)| entry.head.first + u64::from(entry.head.covers));
        let staged_before = after_batches
            .max()
            .unwrap_or(0)
            .max(self.journal.control.staged());
        let batches = std::mem::take(&mut self.staged);
        for (place, entry) in batches {
            let staged = self.staged_at(&place, &entry);
            if staged.is_settled() {
                staged.release();
            } else {
                self.staged.push((place, entry));
            }
        }
        self.calls
            .retain(|(_, entry)| entry.head.first >= staged_before);
        super::lock(&self.journal.calls).release_before(staged_before);
        self
    }

    fn staged_at(&self, place: &Place, entry: &Entry) -> Staged {
        Staged::new(&self.journal, place.clone(), &entry.head).with_slots(self.slots.clone())
    }

    /// The journal, to be forgotten in a forked process.
    pub(crate) fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// Whether an entry was being written when its process ended.
    pub(crate) fn is_torn(&self) -> bool {
        super::lock(&self.journal.calls).is_torn() || super::lock(&self.journal.stages).is_torn()
    }

    /// All its records.
    pub(crate) fn records(&self) -> u64 {
        let batches = self.staged.iter();
        let staged: u64 = batches
            .map(|(_, entry)| u64::from(entry.head.records))
            .sum();
        staged + self.calls.len() as u64
    }

    /// The batches that were on their way to sinks, in order.
    pub(crate) fn batches(&self) -> impl Iterator<Item = RecoveredBatch> {
        self.staged.iter().map(|(place, entry)| RecoveredBatch {
            staged: self.staged_at(place, entry),
            records: entry.head.records as usize,
            batch: batch_of([place.segment.body(entry)]),
        })
    }

    /// The records that had not been through the stages, in order.
    pub(crate) fn calls(&self) -> impl Iterator<Item = RecoveredCalls> {
        self.calls.chunks(BATCH_RECORDS).filter_map(|entries| {
            let first = entries.first()?.1.head.first;
            let last = entries.last()?.1.head.first;
            Some(RecoveredCalls {
                first,
                records: entries.len(),
                covers: usize::try_from(last - first).ok()? + 1,
                batch: batch_of(
                    entries
                        .iter()
                        .map(|(place, entry)| place.segment.body(entry)),
                ),
            })
        })
    }

    /// Stores what became of recovered calls in the journal that they come from.
    pub(crate) fn stage(&self, first: u64, covers: usize, batch: &Batch) -> Option<Staged> {
        self.journal
            .stage(first, covers, batch)
            .map(|staged| staged.with_slots(self.slots.clone()))
    }
}

impl RecoveredBatch {
    /// The records that a sink was about to write when its process ended, and where.
    pub(crate) fn noted(&self, sink: usize) -> Option<(super::Intent, Selection)> {
        let intent = self.staged.noted(sink)?;
        let numbers: Arc<[u32]> = (intent.from..intent.to.min(self.records()))
            .filter(|&number| !self.staged.is_marked(sink, number as usize))
            .collect();
        let count = numbers.len();
        Some((intent, Selection::Picked(numbers, 0..count)))
    }

    fn records(&self) -> u32 {
        u32::try_from(self.batch.records()).unwrap_or(u32::MAX)
    }
}

/// The frames of some bodies; what is no frame is left out.
fn batch_of(bodies: impl IntoIterator<Item = Vec<u8>>) -> Batch {
    let mut batch = Batch::default();
    for body in bodies {
        let mut rest = body.as_slice();
        while !rest.is_empty()
            && let Ok((frame, after)) = Frame::split(rest)
        {
            batch.push(frame.bytes());
            rest = after;
        }
    }
    batch
}
