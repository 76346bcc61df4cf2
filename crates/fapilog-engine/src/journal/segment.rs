//! A file of entries, one after the other: see `docs/specs/journal.md`.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::map::Map;
use crate::frame::HEADER_BYTES;

const MAGIC: [u8; 8] = *b"FAPILOGS";
const VERSION: u32 = 1;
const FILE_HEADER: usize = 16;
const ENTRY_HEADER: usize = 32;

/// Longest body that is believed: a batch of the queue, with the values that enrichers added.
const MAX_BODY: usize = 1 << 30;

/// What stands in an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EntryHead {
    /// Number of the first record that the entry is about.
    pub(crate) first: u64,
    /// How many numbers it covers, from `first` on.
    pub(crate) covers: u32,
    /// Records in its body.
    pub(crate) records: u32,
    /// Words for marks behind the body.
    pub(crate) words: u32,
}

/// A mapped file; entries are appended by one thread at a time, marks are set by any.
#[derive(Debug)]
pub(crate) struct Segment {
    path: PathBuf,
    map: Map,
    /// Where the next entry goes.
    end: AtomicUsize,
    /// Number after the last record that an entry is about.
    next: AtomicU64,
    /// Entries that are still needed.
    pub(crate) live: AtomicUsize,
    /// Made by this process, which may append to it.
    pub(crate) is_own: bool,
}

/// An entry that was found.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) head: EntryHead,
    at: usize,
    length: usize,
    /// Where its marks are.
    pub(crate) marks: usize,
}

impl Segment {
    /// Makes a file with room for `bytes` bytes of entries.
    ///
    /// # Errors
    /// What the system said; no file is left behind.
    pub(crate) fn create(path: &Path, bytes: usize) -> std::io::Result<Self> {
        let file = open_new(path)?;
        let length = bytes + FILE_HEADER;
        Self::lay_out(path, &file, length).inspect_err(|_| {
            // It is of no use to anybody.
            let _ = std::fs::remove_file(path);
        })
    }

    fn lay_out(path: &Path, file: &File, length: usize) -> std::io::Result<Self> {
        reserve(file, length)?;
        let map = Map::new(file, length)?;
        map.store(8, &VERSION.to_le_bytes());
        map.store(0, &MAGIC);
        Ok(Self::over(path, map, true))
    }

    /// Opens a file that another process left; `None` for one that its process was killed over
    /// while it made it: nothing was stored there yet.
    ///
    /// # Errors
    /// What the system said, or that the file is none of ours.
    pub(crate) fn open(path: &Path) -> std::io::Result<Option<Self>> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
        if length == 0 {
            return Ok(None);
        }
        if length < FILE_HEADER {
            return Err(Error::new(ErrorKind::InvalidData, "it is too short"));
        }
        let map = Map::new(&file, length)?;
        let magic = map.load(0, MAGIC.len());
        let first_entry = map.load(FILE_HEADER, ENTRY_HEADER);
        // The magic bytes are written last of a new file, and before any entry.
        if magic == Some(vec![0; MAGIC.len()]) && first_entry == Some(vec![0; ENTRY_HEADER]) {
            return Ok(None);
        }
        if magic.as_deref() != Some(&MAGIC) {
            return Err(Error::new(ErrorKind::InvalidData, "it is not a segment"));
        }
        if map.load(8, 4).as_deref() != Some(&VERSION.to_le_bytes()) {
            return Err(Error::new(
                ErrorKind::InvalidData,
                "it was written by another version of fapilog",
            ));
        }
        Ok(Some(Self::over(path, map, false)))
    }

    fn over(path: &Path, map: Map, is_own: bool) -> Self {
        Self {
            path: path.to_owned(),
            map,
            end: AtomicUsize::new(FILE_HEADER),
            next: AtomicU64::new(0),
            live: AtomicUsize::new(0),
            is_own,
        }
    }

    /// Bytes on the disk.
    pub(crate) fn bytes(&self) -> usize {
        self.map.len()
    }

    /// Number after the last record that an entry is about.
    pub(crate) fn next(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    /// How many bytes an entry takes.
    pub(crate) fn room_for(head: &EntryHead, body: usize) -> usize {
        ENTRY_HEADER + body.next_multiple_of(8) + 8 * head.words as usize
    }

    /// Appends an entry, by one thread at a time; the place of its marks, or `None` when it does
    /// not fit.
    pub(crate) fn append(&self, head: &EntryHead, body: &[u8]) -> Option<usize> {
        let at = self.end.load(Ordering::Relaxed);
        let end = at + Self::room_for(head, body.len());
        if end > self.map.len() || body.is_empty() || body.len() > MAX_BODY {
            return None;
        }
        let fields = encode(head);
        self.map.store(at + 8, &fields);
        self.map.store(at + ENTRY_HEADER, body);
        // Last, and at once: an entry is there or it is not.
        let length = u64::try_from(body.len()).ok()?;
        let sum = u64::from(checksum(&fields, body));
        self.map
            .word(at)?
            .store(length | sum << 32, Ordering::Release);
        self.end.store(end, Ordering::Relaxed);
        self.next
            .store(head.first + u64::from(head.covers), Ordering::Relaxed);
        Some(end - 8 * head.words as usize)
    }

    /// The next entry that was appended by another process; `None` after the last whole one.
    pub(crate) fn read(&self) -> Option<Entry> {
        let at = self.end.load(Ordering::Relaxed);
        let lead = self.map.word(at)?.load(Ordering::Acquire);
        let length = (lead & u64::from(u32::MAX)) as usize;
        if length == 0 || length > MAX_BODY {
            return None;
        }
        let fields: [u8; ENTRY_HEADER - 8] =
            self.map.load(at + 8, ENTRY_HEADER - 8)?.try_into().ok()?;
        let head = decode(&fields)?;
        if head.records as usize > length / HEADER_BYTES {
            return None; // no body of this length holds so many frames
        }
        let end = at.checked_add(Self::room_for(&head, length))?;
        if end > self.map.len() {
            return None;
        }
        let body = self.map.load(at + ENTRY_HEADER, length)?;
        if u64::from(checksum(&fields, &body)) != lead >> 32 || head.first < self.next() {
            return None;
        }
        self.end.store(end, Ordering::Relaxed);
        self.next.store(
            head.first.checked_add(u64::from(head.covers))?,
            Ordering::Relaxed,
        );
        Some(Entry {
            head,
            at: at + ENTRY_HEADER,
            length,
            marks: end - 8 * head.words as usize,
        })
    }

    /// An entry that was just appended.
    pub(crate) fn entry(&self, head: &EntryHead, marks: usize, length: usize) -> Entry {
        Entry {
            head: *head,
            at: marks - length.next_multiple_of(8),
            length,
            marks,
        }
    }

    /// What stands in an entry.
    pub(crate) fn body(&self, entry: &Entry) -> Vec<u8> {
        self.map.load(entry.at, entry.length).unwrap_or_default()
    }

    /// Whether something stands after the last whole entry: an entry that was being written when
    /// its process ended, or damage.
    pub(crate) fn is_torn(&self) -> bool {
        let end = self.end.load(Ordering::Relaxed);
        let word = self.map.word(end);
        word.is_some_and(|word| word.load(Ordering::Relaxed) != 0)
    }

    /// One of an entry's words for marks.
    pub(crate) fn mark(&self, marks: usize, word: usize) -> Option<&AtomicU64> {
        self.map.word(marks + 8 * word)
    }

    /// Removes the file; the mapping lives on until it is dropped.
    pub(crate) fn remove(&self) {
        // What cannot be removed is found, and found settled, at the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A new file that nobody else may read.
pub(super) fn open_new(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Takes space on the disk, so that a later store cannot fail.
pub(super) fn reserve(file: &File, length: usize) -> std::io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    fallocate(file, FallocateFlags::empty(), 0, length as u64)?;
    Ok(())
}

fn encode(head: &EntryHead) -> [u8; ENTRY_HEADER - 8] {
    let mut fields = [0; ENTRY_HEADER - 8];
    fields[..8].copy_from_slice(&head.first.to_le_bytes());
    fields[8..12].copy_from_slice(&head.covers.to_le_bytes());
    fields[12..16].copy_from_slice(&head.records.to_le_bytes());
    fields[16..20].copy_from_slice(&head.words.to_le_bytes());
    fields
}

fn decode(fields: &[u8; ENTRY_HEADER - 8]) -> Option<EntryHead> {
    let number = |at: usize| -> Option<u32> {
        let bytes = fields.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes))
    };
    Some(EntryHead {
        first: u64::from_le_bytes(fields.get(..8)?.try_into().ok()?),
        covers: number(8)?,
        records: number(12)?,
        words: number(16)?,
    })
}

fn checksum(fields: &[u8], body: &[u8]) -> u32 {
    if cfg!(fuzzing) {
        return 0; // what a fuzzer cannot guess would hide the rest from it
    }
    let mut sum = crc32fast::Hasher::new();
    sum.update(fields);
    sum.update(body);
    sum.finalize()
}
