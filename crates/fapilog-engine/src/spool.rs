//! A sink's spool: records that it would lose wait on disk, over restarts, until it works again.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::batch::Batch;
use crate::delivery::{Delivery, Lines};
use crate::frame_reader::Frame;
use crate::journal::{Entry, EntryHead, Folder, Log, Place, identities};
use crate::portion::{Load, Portion, Selection};

const PREFIX: &str = "spool";

/// Where a sink's records wait that it would lose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolConfig {
    /// A folder, made when it is not there. Sinks and processes may share it.
    pub folder: PathBuf,
    /// Most bytes in it for this sink and process. What finds no room goes the way it would go
    /// without a spool.
    pub bytes: usize,
}

/// Records on disk, in the order in which they came. What other processes left comes first.
#[derive(Debug)]
pub(crate) struct Spool {
    logs: VecDeque<(Folder, Log)>,
    waiting: VecDeque<(Place, Entry)>,
    next: u64,
    records: u64,
}

/// A batch of a spool.
pub(crate) struct Spooled {
    place: Place,
    entry: Entry,
    pub(crate) load: Load,
}

impl Spool {
    /// Opens a sink's spool and takes over what processes left that have ended.
    ///
    /// # Errors
    /// What the system said.
    pub(crate) fn open(
        config: &SpoolConfig,
        sink: &str,
        problems: &mut Vec<String>,
    ) -> std::io::Result<Self> {
        let identity = identities(&[sink]).first().copied().unwrap_or_default();
        let parent = config.folder.join(format!("{identity:016x}"));
        let (own, ()) = Folder::create(&parent, |_| Ok(()))?;
        let log = Log::new(own.path(), PREFIX, config.bytes);
        let mut spool = Self {
            logs: VecDeque::from([(own, log)]),
            waiting: VecDeque::new(),
            next: 0,
            records: 0,
        };
        for folder in Folder::adopt(&parent)? {
            spool.take_over(folder, config.bytes, problems)?;
        }
        Ok(spool)
    }

    fn take_over(
        &mut self,
        folder: Folder,
        bytes: usize,
        problems: &mut Vec<String>,
    ) -> std::io::Result<()> {
        let (log, entries) = Log::open(folder.path(), PREFIX, bytes, problems)?;
        for (place, entry) in entries {
            let mut left = unmarked(&place, &entry).count();
            let (batch, _) = decode(&place.segment.body(&entry), entry.head.records);
            if batch.records() != entry.head.records as usize {
                problems.push(format!("{left} records of a spool are damaged and lost"));
                left = 0;
            }
            if left == 0 {
                place.segment.live.fetch_sub(1, Ordering::AcqRel);
                continue;
            }
            self.records += left as u64;
            self.waiting.push_back((place, entry));
        }
        if log.is_needed() {
            self.logs.push_front((folder, log));
        } else {
            folder.remove();
        }
        Ok(())
    }

    /// Records that wait.
    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    /// Stores records.
    ///
    /// # Errors
    /// Why there is no room; nothing is stored then.
    pub(crate) fn store(&mut self, load: &Load, format: usize) -> Result<(), String> {
        let loads = [load.clone()];
        let portion = Portion::new(&loads, format);
        let mut body = Vec::new();
        for (frame, line) in portion.frames().zip(portion.lines()) {
            for part in [frame.bytes(), line] {
                let length = u32::try_from(part.len()).map_err(|error| error.to_string())?;
                body.extend_from_slice(&length.to_le_bytes());
                body.extend_from_slice(part);
            }
        }
        let records = u32::try_from(load.records.len()).map_err(|error| error.to_string())?;
        let head = EntryHead {
            first: self.next,
            covers: records,
            records,
            words: records.div_ceil(64),
        };
        let (_, log) = self.logs.back_mut().ok_or("it has no folder")?;
        let place = log
            .append(&head, &body)
            .map_err(|error| error.to_string())?;
        let entry = place.segment.entry(&head, place.marks, body.len());
        self.waiting.push_back((place, entry));
        self.next += u64::from(records);
        self.records += u64::from(records);
        Ok(())
    }

    /// The records that have waited longest; to be given back to [`Spool::settle`].
    pub(crate) fn front(&mut self, format: usize, sink: usize) -> Option<Spooled> {
        let (place, entry) = self.waiting.pop_front()?;
        let (batch, lines) = decode(&place.segment.body(&entry), entry.head.records);
        let numbers: Arc<[u32]> = unmarked(&place, &entry).collect();
        let count = numbers.len();
        let mut by_format: Vec<Lines> = (0..format).map(|_| Lines::default()).collect();
        by_format.push(lines);
        let delivery = Delivery::new(batch, by_format, None, Arc::default(), Arc::default());
        let load = Load {
            delivery: Arc::new(delivery),
            records: Selection::Picked(numbers, 0..count),
            sink,
        };
        Some(Spooled { place, entry, load })
    }

    /// The sink is done with the first `done` records of a batch; the others go on waiting, before
    /// all that came later.
    pub(crate) fn settle(&mut self, spooled: Spooled, done: usize) {
        let Spooled { place, entry, load } = spooled;
        for number in load.records.numbers().take(done) {
            if let Some(word) = place.segment.mark(place.marks, number / 64) {
                word.fetch_or(1 << (number % 64), Ordering::Release);
            }
        }
        self.records -= done as u64;
        if done < load.records.len() {
            return self.waiting.push_front((place, entry));
        }
        place.segment.live.fetch_sub(1, Ordering::AcqRel);
        self.remove_empty();
    }

    /// Removes what other processes left when nothing in it is needed.
    fn remove_empty(&mut self) {
        while self.logs.len() > 1
            && let Some((folder, log)) = self.logs.front()
            && !log.is_needed()
        {
            folder.remove();
            self.logs.pop_front();
        }
    }

    /// In a forked process: leaves everything to the parent.
    pub(crate) fn forget(&self) {
        for (folder, _) in &self.logs {
            folder.forget();
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        for (folder, log) in &self.logs {
            if !folder.is_copy() && !log.is_needed() {
                folder.remove();
            }
        }
    }
}

/// The records of an entry that the sink is not done with.
fn unmarked<'a>(place: &'a Place, entry: &'a Entry) -> impl Iterator<Item = u32> + 'a {
    (0..entry.head.records).filter(|&number| {
        let word = place.segment.mark(place.marks, number as usize / 64);
        word.is_none_or(|word| word.load(Ordering::Acquire) >> (number % 64) & 1 == 0)
    })
}

/// The frames and lines of an entry, side by side; ends at the first that is none.
fn decode(body: &[u8], records: u32) -> (Batch, Lines) {
    let mut batch = Batch::default();
    let mut lines = Lines::reusing(Vec::new(), records as usize);
    let mut rest = body;
    while batch.records() < records as usize
        && let Some((frame, after)) = part(rest)
        && let Some((line, after)) = part(after)
        && matches!(Frame::split(frame), Ok((_, [])))
    {
        batch.push(frame);
        let _ = lines.push(|text| {
            text.extend_from_slice(line);
            Ok::<(), std::convert::Infallible>(())
        });
        rest = after;
    }
    (batch, lines)
}

/// A length and so many bytes.
fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

#[cfg(test)]
mod tests {
    use super::{Spool, SpoolConfig};
    use crate::batch::Batch;
    use crate::delivery::{Delivery, Lines};
    use crate::frame::{Flags, FrameWriter};
    use crate::level::Level;
    use crate::portion::{Load, Portion, Selection};
    use proptest::prelude::*;
    use std::collections::VecDeque;
    use std::path::Path;
    use std::sync::Arc;

    fn config(folder: &Path, bytes: usize) -> SpoolConfig {
        SpoolConfig {
            folder: folder.to_owned(),
            bytes,
        }
    }

    fn open(folder: &Path) -> Spool {
        Spool::open(&config(folder, 1 << 20), "sink", &mut Vec::new()).unwrap()
    }

    fn line(number: u64) -> String {
        format!("line {number}\n{}\n", "x".repeat(number as usize % 90))
    }

    fn load(numbers: std::ops::Range<u64>) -> Load {
        let mut batch = Batch::default();
        let mut lines = Lines::reusing(Vec::new(), 0);
        let count = numbers.clone().count();
        for number in numbers {
            let mut frame = Vec::new();
            let micros = i64::try_from(number).unwrap();
            FrameWriter::captured(&mut frame, Level::INFO, Flags::NONE, micros, &[0; 4], b"m")
                .finish()
                .unwrap();
            batch.push(&frame);
            lines
                .push(|text| {
                    text.extend_from_slice(line(number).as_bytes());
                    Ok::<(), ()>(())
                })
                .unwrap();
        }
        let delivery = Delivery::new(batch, vec![lines], None, Arc::default(), Arc::default());
        Load {
            delivery: Arc::new(delivery),
            records: Selection::Span(0..count),
            sink: 0,
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Store(u8),
        Take { done: u8 },
        Restart,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => (1_u8..150).prop_map(Step::Store),
            4 => (0_u8..200).prop_map(|done| Step::Take { done }),
            1 => Just(Step::Restart),
        ];
        proptest::collection::vec(step, 0..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn it_is_a_queue_that_survives(steps in steps()) {
            let folder = tempfile::tempdir().unwrap();
            let mut spool = open(folder.path());
            let mut model = VecDeque::new();
            let mut next = 0;
            for step in steps {
                match step {
                    Step::Store(count) => {
                        let numbers = next..next + u64::from(count);
                        prop_assert_eq!(spool.store(&load(numbers.clone()), 0), Ok(()));
                        next = numbers.end;
                        model.extend(numbers);
                    }
                    Step::Take { done } => {
                        let Some(spooled) = spool.front(0, 0) else {
                            prop_assert!(model.is_empty());
                            continue;
                        };
                        let loads = [spooled.load.clone()];
                        let portion = Portion::new(&loads, 0);
                        let done = usize::from(done).min(portion.len());
                        for ((text, frame), number) in
                            portion.lines().zip(portion.frames()).zip(&model)
                        {
                            prop_assert_eq!(text, line(*number).into_bytes());
                            prop_assert_eq!(frame.micros(), i64::try_from(*number).unwrap());
                        }
                        spool.settle(spooled, done);
                        model.drain(..done);
                    }
                    Step::Restart => {
                        drop(spool);
                        spool = open(folder.path());
                    }
                }
                prop_assert_eq!(spool.records(), model.len() as u64);
            }
            while let Some(spooled) = spool.front(0, 0) {
                let count = spooled.load.records.len();
                spool.settle(spooled, count);
            }
            drop(spool);
            let left = folder.path().read_dir().unwrap().flat_map(|sink| sink.unwrap().path().read_dir().unwrap());
            prop_assert_eq!(left.count(), 0);
        }

        #[test]
        fn damage_never_invents_records(at in 0_usize..3000, value in any::<u8>(), cut in any::<bool>()) {
            let folder = tempfile::tempdir().unwrap();
            let mut spool = open(folder.path());
            for start in [0, 7, 14] {
                spool.store(&load(start..start + 7), 0).unwrap();
            }
            drop(spool);
            let sink = folder.path().read_dir().unwrap().next().unwrap().unwrap().path();
            let journal = sink.read_dir().unwrap().next().unwrap().unwrap().path();
            let file = journal.join("spool-000000000000.seg");
            let mut bytes = std::fs::read(&file).unwrap();
            if cut {
                bytes.truncate(at);
            } else {
                bytes[at] = value;
            }
            std::fs::write(&file, bytes).unwrap();
            let mut spool = open(folder.path());
            let mut last = None;
            while let Some(spooled) = spool.front(0, 0) {
                let loads = [spooled.load.clone()];
                for frame in Portion::new(&loads, 0).frames() {
                    prop_assert!(frame.micros() < 21 && Some(frame.micros()) > last);
                    last = Some(frame.micros());
                }
                let count = spooled.load.records.len();
                spool.settle(spooled, count);
            }
        }
    }

    #[test]
    fn its_bound_holds() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path(), 40_000);
        let mut spool = Spool::open(&config, "sink", &mut Vec::new()).unwrap();
        let mut stored = 0;
        while spool.store(&load(stored..stored + 1), 0).is_ok() {
            stored += 1;
        }
        assert!(stored > 100 && stored < 1_000, "{stored}");
        for _ in 0..stored {
            let spooled = spool.front(0, 0).unwrap();
            spool.settle(spooled, 1);
        }
        assert_eq!(spool.store(&load(0..1), 0), Ok(()));
    }
}
