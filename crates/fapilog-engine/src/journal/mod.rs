//! Crash-safe mode: what was logged stands in mapped files before the call returns, and goes when
//! every sink is done with it. What a killed process left is delivered by the next one.
//!
//! Two logs in a folder. `calls` has one entry for each record as it was logged, redacted. A
//! record leaves it when its batch has been through the stages and stands in `stages`, the way it
//! will be delivered, with a mark for each record and sink.

mod control;
mod folder;
mod log;
mod map;
mod recovery;
mod segment;
mod staged;

pub use control::Intent;
pub(crate) use folder::Folder;
pub(crate) use log::{Log, Place};
pub(crate) use recovery::{Recovered, RecoveredBatch};
pub(crate) use segment::{Entry, EntryHead};
pub(crate) use staged::{Noting, Staged};

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use crate::batch::Batch;
use crate::stages::FrameRedactor;
use control::Control;
use log::AppendError;

const CONTROL: &str = "control";
const CALLS: &str = "calls";
const STAGES: &str = "stages";

/// Crash-safe mode of a pipeline.
pub struct DurableConfig {
    /// Where journals are kept, each in a folder of its own; made when it is not there.
    pub folder: PathBuf,
    /// Most bytes that the files of this pipeline may take. What finds no room is delivered all
    /// the same, without this protection, and counted.
    pub bytes: usize,
    /// Take the secrets out of a record before it is stored, in order, by name; run by the thread
    /// that logs.
    pub redactors: Vec<(String, Box<dyn FrameRedactor>)>,
}

/// Counts of crash-safe mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DurableSnapshot {
    /// Records that an earlier process had left.
    pub recovered: u64,
    /// Records that were accepted but found no room in the journal, by no means lost as long as
    /// the process lives.
    pub unprotected: u64,
    /// Bytes of the journal's files.
    pub bytes: u64,
}

/// The journal of a pipeline, of this process or of one that has ended.
#[derive(Debug)]
pub(crate) struct Journal {
    folder: Folder,
    control: Control,
    calls: Mutex<Log>,
    stages: Mutex<Log>,
    unprotected: AtomicU64,
    problem: Mutex<Option<String>>,
}

impl Journal {
    /// Makes a journal for sinks of these names.
    ///
    /// # Errors
    /// What the system said; nothing is left behind.
    pub(crate) fn create(parent: &Path, bytes: usize, sinks: &[&str]) -> std::io::Result<Self> {
        let (folder, control) = Folder::create(parent, |path| {
            Control::create(&path.join(CONTROL), &identities(sinks))
        })?;
        let log = |prefix| Mutex::new(Log::new(folder.path(), prefix, bytes / 2));
        Ok(Self {
            calls: log(CALLS),
            stages: log(STAGES),
            folder,
            control,
            unprotected: AtomicU64::new(0),
            problem: Mutex::new(None),
        })
    }

    /// Stores a record that comes into the queue. To be called in the order of the numbers.
    pub(crate) fn store_call(&self, number: u64, frame: &[u8]) {
        let head = EntryHead {
            first: number,
            covers: 1,
            records: 1,
            words: 0,
        };
        if let Err(error) = lock(&self.calls).append(&head, frame) {
            self.leave_unprotected(1, &error);
        }
    }

    /// Stores a batch that has been through the stages, made of `covers` records from number
    /// `first` on, with room for marks of all sinks; they are no longer needed as they were
    /// logged.
    pub(crate) fn stage(
        self: &Arc<Self>,
        first: u64,
        covers: usize,
        batch: &Batch,
    ) -> Option<Staged> {
        let covers = u32::try_from(covers).unwrap_or(u32::MAX);
        let staged = (!batch.is_empty())
            .then(|| self.store_batch(first, covers, batch))
            .flatten();
        let next = first + u64::from(covers);
        self.control.set_staged(next);
        lock(&self.calls).release_before(next);
        staged
    }

    fn store_batch(self: &Arc<Self>, first: u64, covers: u32, batch: &Batch) -> Option<Staged> {
        let records = u32::try_from(batch.records()).ok()?;
        let head = EntryHead {
            first,
            covers,
            records,
            words: u32::try_from(Staged::words(batch.records(), self.control.sinks().len()))
                .ok()?,
        };
        match lock(&self.stages).append(&head, batch.encoded()) {
            Ok(place) => Some(Staged::new(self, place, &head)),
            Err(error) => {
                self.leave_unprotected(u64::from(records), &error);
                None
            }
        }
    }

    fn leave_unprotected(&self, records: u64, error: &AppendError) {
        self.unprotected.fetch_add(records, Ordering::Relaxed);
        lock(&self.problem).get_or_insert_with(|| error.to_string());
    }

    /// What went wrong since it was last asked.
    pub(crate) fn take_problem(&self) -> Option<String> {
        lock(&self.problem).take()
    }

    /// Records that found no room.
    pub(crate) fn unprotected(&self) -> u64 {
        self.unprotected.load(Ordering::Relaxed)
    }

    /// Bytes of its files.
    pub(crate) fn bytes(&self) -> usize {
        lock(&self.calls).bytes() + lock(&self.stages).bytes()
    }

    /// In a forked process: leaves everything to the parent.
    pub(crate) fn forget(&self) {
        self.folder.forget();
    }

    /// Removes the folder if nothing in it is needed; nothing may be stored afterwards.
    pub(crate) fn finish(&self) {
        let needed = || lock(&self.calls).is_needed() || lock(&self.stages).is_needed();
        if !self.folder.is_copy() && !needed() {
            self.folder.remove();
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.finish();
    }
}

/// What sinks are known by: their names, and which of those with the same name.
pub(crate) fn identities(sinks: &[&str]) -> Vec<u64> {
    let identity = |(number, name): (usize, &&str)| {
        let same = sinks
            .iter()
            .take(number)
            .filter(|other| other == &name)
            .count();
        let hash = Sha256::digest(format!("{same} {name}"));
        hash.iter()
            .take(8)
            .fold(0, |sum, &byte| sum << 8 | u64::from(byte))
    };
    sinks.iter().enumerate().map(identity).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
