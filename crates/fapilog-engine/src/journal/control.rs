//! The page of a journal that is changed in place: how far the stages are, and what each file
//! sink is about to write.

use std::fs::OpenOptions;
use std::io::{Error, ErrorKind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::map::Map;
use super::segment::{open_new, reserve};

const MAGIC: [u8; 8] = *b"FAPILOGJ";
const VERSION: u32 = 1;
const STAGED: usize = 16;
const SINKS: usize = 64;
const SINK_BYTES: usize = 64;

/// Most sinks that a page is believed to have.
const MAX_SINKS: usize = 4096;

/// Bytes that a file sink is about to append, noted before it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Device and inode of the file.
    pub file: (u64, u64),
    /// Length of the file before; others may append to it in between.
    pub offset: u64,
    /// First of the records, by its number in its batch.
    pub from: u32,
    /// The number after the last of them.
    pub to: u32,
}

#[derive(Debug)]
pub(super) struct Control {
    map: Map,
    /// The sinks' identities, in their order.
    sinks: Vec<u64>,
}

impl Control {
    pub(super) fn create(path: &Path, sinks: &[u64]) -> std::io::Result<Self> {
        let length = SINKS + SINK_BYTES * sinks.len();
        let file = open_new(path)?;
        reserve(&file, length)?;
        let map = Map::new(&file, length)?;
        for (number, sink) in sinks.iter().enumerate() {
            map.store(SINKS + SINK_BYTES * number, &sink.to_le_bytes());
        }
        let count = u32::try_from(sinks.len()).unwrap_or(u32::MAX);
        map.store(12, &count.to_le_bytes());
        map.store(8, &VERSION.to_le_bytes());
        map.store(0, &MAGIC);
        Ok(Self {
            map,
            sinks: sinks.to_vec(),
        })
    }

    pub(super) fn open(path: &Path) -> std::io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
        let damaged = || Error::new(ErrorKind::InvalidData, "its control page is damaged");
        if length < SINKS {
            return Err(damaged());
        }
        let map = Map::new(&file, length)?;
        let lead = map.load(0, 16).ok_or_else(damaged)?;
        if lead.get(..8) != Some(&MAGIC) || lead.get(8..12) != Some(&VERSION.to_le_bytes()) {
            return Err(damaged());
        }
        let count = map.word(8).ok_or_else(damaged)?.load(Ordering::Relaxed) >> 32;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count > MAX_SINKS || SINKS + SINK_BYTES * count > length {
            return Err(damaged());
        }
        let sink = |number| {
            let word = map.word(SINKS + SINK_BYTES * number)?;
            Some(word.load(Ordering::Relaxed))
        };
        let sinks = (0..count).map_while(sink).collect();
        Ok(Self { map, sinks })
    }

    /// The sinks' identities, in their order.
    pub(super) fn sinks(&self) -> &[u64] {
        &self.sinks
    }

    /// Records before this number have been through the stages.
    pub(super) fn staged(&self) -> u64 {
        self.map
            .word(STAGED)
            .map_or(0, |word| word.load(Ordering::Acquire))
    }

    pub(super) fn set_staged(&self, number: u64) {
        if let Some(word) = self.map.word(STAGED) {
            word.store(number, Ordering::Release);
        }
    }

    /// Notes what a sink is about to write of the batch whose first record has this number.
    pub(super) fn note(&self, sink: usize, batch: u64, intent: &Intent) {
        let Some([state, rest @ ..]) = self.words(sink) else {
            return;
        };
        // Not valid while it is changed.
        state.store(0, Ordering::Release);
        let records = u64::from(intent.from) | u64::from(intent.to) << 32;
        let values = [intent.file.0, intent.file.1, intent.offset, records];
        for (word, value) in rest.iter().zip(values) {
            word.store(value, Ordering::Release);
        }
        state.store(batch + 1, Ordering::Release);
    }

    /// What a sink was about to write, and of which batch.
    pub(super) fn noted(&self, sink: usize) -> Option<(u64, Intent)> {
        let [state, rest @ ..] = self.words(sink)?;
        let batch = state.load(Ordering::Acquire).checked_sub(1)?;
        let [device, inode, offset, records] = rest.map(|word| word.load(Ordering::Acquire));
        let intent = Intent {
            file: (device, inode),
            offset,
            from: (records & u64::from(u32::MAX)) as u32,
            to: (records >> 32) as u32,
        };
        Some((batch, intent))
    }

    fn words(&self, sink: usize) -> Option<[&AtomicU64; 5]> {
        if sink >= self.sinks.len() {
            return None;
        }
        let at = |number: usize| self.map.word(SINKS + SINK_BYTES * sink + 8 * (number + 1));
        Some([at(0)?, at(1)?, at(2)?, at(3)?, at(4)?])
    }
}

#[cfg(test)]
mod tests {
    use super::{Control, Intent};

    #[test]
    fn what_was_noted_is_read_by_the_next_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        let intent = Intent {
            file: (1, u64::MAX),
            offset: 77,
            from: 3,
            to: u32::MAX,
        };
        let control = Control::create(&path, &[11, 12]).unwrap();
        control.set_staged(512);
        control.note(1, 0, &intent);
        control.note(2, 0, &intent);
        drop(control);
        let control = Control::open(&path).unwrap();
        assert_eq!(control.sinks(), [11, 12]);
        assert_eq!(control.staged(), 512);
        assert_eq!(control.noted(0), None);
        assert_eq!(control.noted(1), Some((0, intent)));
        assert_eq!(control.noted(2), None);
    }

    #[test]
    fn a_damaged_page_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        drop(Control::create(&path, &[11, 12]).unwrap());
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(Control::open(&path).is_err(), "{length}");
        }
        for at in 0..16 {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x55;
            std::fs::write(&path, &bytes).unwrap();
            assert!(Control::open(&path).is_err(), "{at}");
        }
    }
}
