//! Crash-safe mode without a crash: ends, bounds and damage.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fapilog_engine::{
    Admission, DurableConfig, Memory, MemorySink, Overflow, Pipeline, PipelineConfig, Portion,
    Sink, SinkConfig, StartError, WriteError,
};
use proptest::prelude::*;

use crate::support::{PATIENCE, submit};

const BYTES: usize = 16 << 20;

fn config(folder: &Path, sinks: Vec<SinkConfig>) -> PipelineConfig {
    PipelineConfig {
        sinks,
        durable: Some(DurableConfig {
            folder: folder.to_owned(),
            bytes: BYTES,
            redactors: Vec::new(),
        }),
        ..PipelineConfig::default()
    }
}

fn start(folder: &Path, sinks: Vec<SinkConfig>) -> Arc<Pipeline> {
    Arc::new(Pipeline::start(config(folder, sinks)).unwrap())
}

/// Waits inside of every write until it is let go.
struct Hung(Arc<AtomicBool>);

impl Sink for Hung {
    fn name(&self) -> &str {
        "hung"
    }

    fn write(&mut self, _: &Portion<'_>) -> Result<(), WriteError> {
        while !self.0.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(WriteError::of_sink("it was hung"))
    }
}

/// A memory under another name.
struct Named(&'static str, MemorySink);

impl Named {
    fn new(name: &'static str) -> (Self, Memory) {
        let (sink, memory) = MemorySink::new();
        (Self(name, sink), memory)
    }
}

impl Sink for Named {
    fn name(&self) -> &str {
        self.0
    }

    fn write(&mut self, portion: &Portion<'_>) -> Result<(), WriteError> {
        self.1.write(portion)
    }
}

/// The numbers that were logged.
fn messages(memory: &Memory) -> Vec<u64> {
    let number = |line: &str| {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        record["message"].as_str().unwrap().parse().unwrap()
    };
    memory.text().lines().map(number).collect()
}

/// A pipeline that was left with records that only one of its two sinks has.
fn left_behind(folder: &Path, records: u64) -> Vec<u64> {
    let let_go = Arc::new(AtomicBool::new(false));
    let (memory, seen) = MemorySink::new();
    let sinks = vec![
        SinkConfig::new(memory),
        SinkConfig::new(Hung(Arc::clone(&let_go))),
    ];
    let pipeline = start(folder, sinks);
    for number in 0..records {
        submit(&pipeline, number);
    }
    let report = pipeline.close(Duration::from_millis(100));
    assert_eq!(report.stuck_sinks, ["hung"]);
    let_go.store(true, Ordering::Relaxed);
    // The hung sink's thread ends now, without retries; what it held stays in the journal.
    assert!(pipeline.close(PATIENCE).stuck_sinks.is_empty());
    messages(&seen)
}

#[test]
fn what_a_hung_sink_held_at_the_end_is_its_own_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        left_behind(folder.path(), 700),
        (0..700).collect::<Vec<_>>()
    );
    let (first, first_seen) = MemorySink::new();
    let (second, second_seen) = Named::new("hung");
    let next = start(
        folder.path(),
        vec![SinkConfig::new(first), SinkConfig::new(second)],
    );
    submit(&next, 700);
    assert!(next.flush(PATIENCE));
    assert_eq!(next.durable().unwrap().recovered, 700);
    assert_eq!(messages(&first_seen), [700]);
    assert_eq!(messages(&second_seen), (0..=700).collect::<Vec<_>>());
    let counts = next.snapshot();
    assert_eq!(
        (counts.submitted, counts.delivered, counts.queued),
        (701, 701, 0)
    );
    next.close(PATIENCE);
    drop(next);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn two_pipelines_at_once_leave_each_other_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (first, first_seen) = MemorySink::new();
    let (second, second_seen) = MemorySink::new();
    let first = start(folder.path(), vec![SinkConfig::new(first)]);
    submit(&first, 1);
    let second = start(folder.path(), vec![SinkConfig::new(second)]);
    submit(&second, 2);
    assert!(first.flush(PATIENCE) && second.flush(PATIENCE));
    assert_eq!(
        (messages(&first_seen), messages(&second_seen)),
        (vec![1], vec![2])
    );
    assert_eq!(second.durable().unwrap().recovered, 0);
}

#[test]
fn beyond_the_bound_records_are_delivered_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (memory, seen) = MemorySink::new();
    let mut config = config(folder.path(), vec![SinkConfig::new(memory)]);
    if let Some(durable) = &mut config.durable {
        durable.bytes = 1;
    }
    let pipeline = Arc::new(Pipeline::start(config).unwrap());
    for number in 0..100 {
        submit(&pipeline, number);
    }
    assert!(pipeline.flush(PATIENCE));
    assert_eq!(messages(&seen), (0..100).collect::<Vec<_>>());
    // Neither as they were logged nor as they were delivered.
    assert_eq!(pipeline.durable().unwrap().unprotected, 200);
}

#[test]
fn a_policy_that_throws_away_what_was_accepted_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path(), vec![SinkConfig::new(MemorySink::new().0)]);
    config.admission = Admission {
        overflow: Overflow::DropOldest,
        ..Admission::default()
    };
    assert!(matches!(
        Pipeline::start(config),
        Err(StartError::NotDurable(_))
    ));
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let started = Pipeline::start(config(&file, vec![SinkConfig::new(MemorySink::new().0)]));
    let Err(StartError::Journal { folder: named, .. }) = started else {
        panic!("it started");
    };
    assert_eq!(named, file);
}

#[test]
fn a_file_that_was_being_made_when_its_process_was_killed_holds_nothing_up() {
    let folder = tempfile::tempdir().unwrap();
    let left = left_behind(folder.path(), 10);
    let journal = folder.path().read_dir().unwrap().next().unwrap().unwrap();
    std::fs::write(journal.path().join("calls-000000000007.seg"), b"").unwrap();
    let mut no_magic = vec![0; 4096];
    no_magic[8] = 1;
    std::fs::write(journal.path().join("stages-000000000007.seg"), no_magic).unwrap();
    let (first, _) = MemorySink::new();
    let (second, second_seen) = Named::new("hung");
    let next = start(
        folder.path(),
        vec![SinkConfig::new(first), SinkConfig::new(second)],
    );
    assert!(next.flush(PATIENCE));
    assert_eq!(messages(&second_seen), left);
    next.close(PATIENCE);
    drop(next);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let journals = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = journals
        .flat_map(|journal| journal.read_dir().unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever happens to its files, the next start works, and delivers nothing that was not
    /// logged.
    #[test]
    fn damage_loses_no_more_than_what_was_damaged(
        which in 0_usize..8,
        at in 0_usize..6000,
        value in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        left_behind(folder.path(), 40);
        let files = files(folder.path());
        let file = &files[which % files.len()];
        let mut bytes = std::fs::read(file).unwrap();
        let at = if bytes.is_empty() { 0 } else { at % bytes.len() };
        if cut {
            bytes.truncate(at);
        } else if let Some(byte) = bytes.get_mut(at) {
            *byte = value;
        }
        std::fs::write(file, &bytes).unwrap();
        let (memory, seen) = Named::new("hung");
        let next = start(folder.path(), vec![SinkConfig::new(memory)]);
        prop_assert!(next.flush(PATIENCE));
        let seen = messages(&seen);
        prop_assert!(seen.iter().all(|&number| number < 40), "{:?}", seen);
        prop_assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", seen);
        let counts = next.snapshot();
        prop_assert_eq!(counts.queued, 0);
        prop_assert_eq!(next.close(PATIENCE).undelivered, 0);
    }
}
