//! Segments in a folder, the oldest first, bounded in bytes.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::segment::{Entry, EntryHead, Segment};

/// Room for entries in one file: large enough that a busy service makes a few files a second,
/// small enough that one needed entry does not hold much.
const SEGMENT_BYTES: usize = 4 * 1024 * 1024;

/// Why an entry could not be appended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppendError {
    /// The bound is reached.
    #[error("it is full ({0} bytes)")]
    Full(usize),
    /// The system gave no file.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

/// Where an entry is.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) segment: Arc<Segment>,
    pub(crate) marks: usize,
}

/// Files named `PREFIX-NUMBER.seg`; entries are appended to the last one.
#[derive(Debug)]
pub(crate) struct Log {
    folder: PathBuf,
    prefix: &'static str,
    segments: VecDeque<Arc<Segment>>,
    number: u64,
    bytes: usize,
    limit: usize,
    segment_bytes: usize,
}

impl Log {
    /// A log without files; with at most `limit` bytes in its files.
    pub(crate) fn new(folder: &Path, prefix: &'static str, limit: usize) -> Self {
        Self {
            folder: folder.to_owned(),
            prefix,
            segments: VecDeque::new(),
            number: 0,
            bytes: 0,
            limit,
            segment_bytes: SEGMENT_BYTES.min((limit / 4).max(4096)),
        }
    }

    /// A log with the files that another process left, and what is in them, in order; files that
    /// are none of ours are named in `strange`.
    pub(crate) fn open(
        folder: &Path,
        prefix: &'static str,
        limit: usize,
        strange: &mut Vec<String>,
    ) -> std::io::Result<(Self, Vec<(Place, Entry)>)> {
        let mut log = Self::new(folder, prefix, limit);
        let mut entries = Vec::new();
        for (number, path) in files(folder, prefix)? {
            log.number = number + 1;
            let segment = match Segment::open(&path) {
                Ok(Some(segment)) => Arc::new(segment),
                Ok(None) => {
                    std::fs::remove_file(&path)?;
                    continue;
                }
                Err(error) => {
                    strange.push(format!("{}: {error}", path.display()));
                    continue;
                }
            };
            while let Some(entry) = segment.read() {
                segment.live.fetch_add(1, Ordering::Relaxed);
                let place = Place {
                    segment: Arc::clone(&segment),
                    marks: entry.marks,
                };
                entries.push((place, entry));
            }
            log.bytes += segment.bytes();
            log.segments.push_back(segment);
        }
        // Appended entries go to a file of this process: the others' ends may be torn.
        Ok((log, entries))
    }

    /// Bytes of all files.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a file ends in something that is no whole entry.
    pub(crate) fn is_torn(&self) -> bool {
        self.segments.iter().any(|segment| segment.is_torn())
    }

    /// Appends an entry; it counts as needed.
    pub(crate) fn append(&mut self, head: &EntryHead, body: &[u8]) -> Result<Place, AppendError> {
        if let Some(place) = self.append_to_last(head, body) {
            return Ok(place);
        }
        self.add_segment(Segment::room_for(head, body.len()))?;
        self.append_to_last(head, body)
            .ok_or(AppendError::Full(self.limit))
    }

    fn append_to_last(&self, head: &EntryHead, body: &[u8]) -> Option<Place> {
        // Files of another process are only read.
        let segment = self.segments.back().filter(|last| last.is_own)?;
        let marks = segment.append(head, body)?;
        segment.live.fetch_add(1, Ordering::Relaxed);
        Some(Place {
            segment: Arc::clone(segment),
            marks,
        })
    }

    fn add_segment(&mut self, needed: usize) -> Result<(), AppendError> {
        self.remove_unneeded();
        let room = needed.max(self.segment_bytes);
        if self.bytes + room > self.limit {
            return Err(AppendError::Full(self.limit));
        }
        let name = format!("{}-{:012}.seg", self.prefix, self.number);
        let segment = Segment::create(&self.folder.join(name), room)?;
        self.number += 1;
        self.bytes += segment.bytes();
        self.segments.push_back(Arc::new(segment));
        Ok(())
    }

    /// Removes files without an entry that is needed, but for the last.
    fn remove_unneeded(&mut self) {
        let last = self.segments.len().saturating_sub(1);
        let mut number = 0;
        let mut freed = 0;
        self.segments.retain(|segment| {
            let stays = number == last || segment.live.load(Ordering::Acquire) > 0;
            number += 1;
            if !stays {
                freed += segment.bytes();
                segment.remove();
            }
            stays
        });
        self.bytes -= freed;
    }

    /// Entries about records before this number are no longer needed.
    pub(crate) fn release_before(&mut self, number: u64) {
        for segment in &self.segments {
            if segment.next() > number {
                break;
            }
            segment.live.store(0, Ordering::Release);
        }
    }

    /// Whether any entry is still needed.
    pub(crate) fn is_needed(&self) -> bool {
        self.segments
            .iter()
            .any(|segment| segment.live.load(Ordering::Acquire) > 0)
    }
}

/// The files of a log, by number.
fn files(folder: &Path, prefix: &str) -> std::io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let number = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.strip_prefix(prefix)?.strip_prefix('-'))
            .and_then(|name| name.strip_suffix(".seg"))
            .and_then(|number| number.parse().ok());
        if let Some(number) = number {
            found.push((number, path));
        }
    }
    found.sort_unstable();
    Ok(found)
}
