//! The one file with `unsafe` code: a file's bytes as shared memory.
#![expect(
    unsafe_code,
    reason = "a store into mapped memory is what survives a killed process without a system call"
)]

use std::fs::File;
use std::sync::atomic::AtomicU64;

use memmap2::{MmapOptions, MmapRaw};

/// The bytes of a file, shared with the system: what is stored here outlives the process.
///
/// The file must keep its length while it is mapped: the folders are private and locked, and
/// space is reserved beforehand, so that neither a shorter file nor a full disk can fault.
#[derive(Debug)]
pub(super) struct Map(MmapRaw);

impl Map {
    /// Maps the first `length` bytes of a file that has at least as many.
    pub(super) fn new(file: &File, length: usize) -> std::io::Result<Self> {
        MmapOptions::new().len(length).map_raw(file).map(Self)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Stores bytes; false, and nothing is stored, where they do not fit. Nobody else may use
    /// these bytes at the same time.
    pub(super) fn store(&self, at: usize, bytes: &[u8]) -> bool {
        let Some(end) = at.checked_add(bytes.len()) else {
            return false;
        };
        if end > self.len() {
            return false;
        }
        let source = bytes.as_ptr();
        // SAFETY: `at` is within the mapping.
        let target = unsafe { self.0.as_mut_ptr().add(at) };
        // SAFETY: source and target are valid for this length (checked above); they cannot
        // overlap, for no slice into the mapping is ever given out.
        unsafe { std::ptr::copy_nonoverlapping(source, target, bytes.len()) };
        true
    }

    /// A copy of some bytes; `None` where there are not so many. Nobody may be storing them.
    pub(super) fn load(&self, at: usize, length: usize) -> Option<Vec<u8>> {
        if at.checked_add(length)? > self.len() {
            return None;
        }
        let mut bytes = vec![0; length];
        // SAFETY: `at` is within the mapping.
        let source = unsafe { self.0.as_ptr().add(at) };
        // SAFETY: both are valid for this length, and a new vector overlaps nothing.
        unsafe { std::ptr::copy_nonoverlapping(source, bytes.as_mut_ptr(), length) };
        Some(bytes)
    }

    /// The number at a multiple of eight; `None` outside.
    pub(super) fn word(&self, at: usize) -> Option<&AtomicU64> {
        if !at.is_multiple_of(8) || at.checked_add(8)? > self.len() {
            return None;
        }
        // SAFETY: `at` is within the mapping.
        let word = unsafe { self.0.as_mut_ptr().add(at) };
        // SAFETY: eight bytes lie there, aligned since mappings begin at a page, and whoever uses
        // a word uses it as an atomic one, for as long as the mapping lives.
        Some(unsafe { AtomicU64::from_ptr(word.cast()) })
    }
}

#[cfg(test)]
mod tests {
    use super::Map;
    use std::sync::atomic::Ordering;

    #[test]
    fn nothing_outside_is_touched() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(64).unwrap();
        let map = Map::new(&file, 64).unwrap();
        assert!(map.store(60, b"abcd"));
        assert!(!map.store(61, b"abcd"));
        assert!(!map.store(usize::MAX, b"a"));
        assert_eq!(map.load(60, 4).unwrap(), b"abcd");
        assert!(map.load(61, 4).is_none());
        assert!(map.load(usize::MAX, 2).is_none());
        assert!(map.word(60).is_none());
        assert!(map.word(64).is_none());
        map.word(8).unwrap().store(u64::MAX, Ordering::Release);
        assert_eq!(map.load(8, 8).unwrap(), [0xff; 8]);
    }
}
