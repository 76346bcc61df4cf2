//! Processes that are killed in the middle of everything: what was acknowledged arrives, once.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests fail by panicking; the child tells its parent on standard output"
)]

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fapilog_engine::{
    DurableConfig, FileOptions, FileSink, Flags, FrameWriter, Level, Pipeline, PipelineConfig,
    Portion, Route, Sink, SinkConfig, Submit, WriteError, build_redactor, build_stage, encode_text,
    now_micros,
};

const PATIENCE: Duration = Duration::from_secs(30);
const THREADS: u64 = 3;
const SECRET: &str = "4111 1111 1111 1111";
const CARDS: &str = r#"{"known": ["card"], "custom": [], "mask": "***"}"#;

/// Takes everything, slowly: batches pile up in front of it when the process is killed.
struct Slow;

impl Sink for Slow {
    fn name(&self) -> &str {
        "slow"
    }

    fn write(&mut self, portion: &Portion<'_>) -> Result<(), WriteError> {
        std::thread::sleep(Duration::from_micros(20 * portion.len() as u64));
        Ok(())
    }
}

fn pipeline(folder: &Path, rotates: bool) -> Arc<Pipeline> {
    let mut options = FileOptions::at(&folder.join("all.log"));
    if rotates {
        options.rotate_bytes = Some(100_000);
    }
    let errors = SinkConfig {
        route: Route {
            minimum: Some(Level::ERROR),
            ..Route::default()
        },
        ..SinkConfig::new(FileSink::open(&folder.join("errors.log")).unwrap())
    };
    let redactor = || build_redactor("patterns", CARDS).unwrap();
    let config = PipelineConfig {
        sinks: vec![
            SinkConfig::new(FileSink::with(options).unwrap()),
            errors,
            SinkConfig::new(Slow),
        ],
        stages: vec![build_stage("redactor", "patterns", CARDS).unwrap()],
        durable: Some(DurableConfig {
            folder: folder.join("journal"),
            bytes: 64 << 20,
            redactors: vec![("cards".to_owned(), redactor())],
        }),
        ..PipelineConfig::default()
    };
    Arc::new(Pipeline::start(config).unwrap())
}

fn log(pipeline: &Pipeline, message: &str, level: Level) {
    let (mut logger, mut frame) = (Vec::new(), Vec::new());
    encode_text(&mut logger, b"storm");
    let writer = FrameWriter::captured(
        &mut frame,
        level,
        Flags::NONE,
        now_micros(),
        &logger,
        message.as_bytes(),
    );
    writer.finish().unwrap();
    if pipeline.try_submit(&frame) == Submit::WouldWait {
        pipeline.submit_waiting(&frame);
    }
}

/// Not a test of its own: the process that is killed. Logs from several threads and notes each
/// number after its call has returned.
#[test]
fn child() {
    let Some(folder) = std::env::var_os("FAPILOG_STORM") else {
        return;
    };
    let round = std::env::var("FAPILOG_STORM_ROUND").unwrap();
    let rotates = std::env::var_os("FAPILOG_STORM_ROTATES").is_some();
    let folder = Path::new(&folder);
    let pipeline = pipeline(folder, rotates);
    println!("ready");
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (pipeline, round) = (&pipeline, &round);
            let mut notes = OpenOptions::new()
                .append(true)
                .create(true)
                .open(folder.join(format!("acknowledged-{round}-{thread}")))
                .unwrap();
            scope.spawn(move || {
                for number in 0_u64.. {
                    let level = if number % 7 == 0 {
                        Level::ERROR
                    } else {
                        Level::INFO
                    };
                    let text = format!("id={round}-{thread}-{number} card {SECRET}");
                    log(pipeline, &text, level);
                    notes.write_all(&number.to_le_bytes()).unwrap();
                }
            });
        }
    });
}

fn storm(folder: &Path, round: u64, rotates: bool, lives: Duration) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", "child", "--nocapture"])
        .env("FAPILOG_STORM", folder)
        .env("FAPILOG_STORM_ROUND", round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if rotates {
        child.env("FAPILOG_STORM_ROTATES", "1");
    }
    let mut child = child.spawn().unwrap();
    let mut said = [0; 1];
    let mut out = child.stdout.take().unwrap();
    let started = Instant::now();
    let mut text = Vec::new();
    while !text.ends_with(b"ready\n") && started.elapsed() < PATIENCE {
        assert_eq!(out.read(&mut said).unwrap(), 1, "the child did not start");
        text.push(said[0]);
    }
    std::thread::sleep(lives);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// How often each number stands in the files that begin with a name.
fn counted(folder: &Path, name: &str) -> HashMap<String, u32> {
    let mut counts = HashMap::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap();
        if !file.starts_with(name) {
            continue;
        }
        let mut text = String::new();
        File::open(&path)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        for line in text.lines() {
            let record: serde_json::Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            let message = record["message"].as_str().unwrap();
            let id = message.split(' ').next().unwrap();
            *counts.entry(id.to_owned()).or_default() += 1;
        }
    }
    counts
}

/// The last number that each thread of a round noted.
fn acknowledged(folder: &Path, round: u64, thread: u64) -> u64 {
    let path = folder.join(format!("acknowledged-{round}-{thread}"));
    std::fs::metadata(path).map_or(0, |notes| notes.len() / 8)
}

fn journal_bytes(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in folder.join("journal").read_dir().unwrap() {
        for file in entry.unwrap().path().read_dir().unwrap() {
            bytes.extend(std::fs::read(file.unwrap().path()).unwrap());
        }
    }
    bytes
}

fn rounds() -> u64 {
    let rounds = std::env::var("FAPILOG_STORM_ROUNDS");
    rounds.map_or(12, |rounds| rounds.parse().unwrap())
}

fn survives(rotates: bool) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut acknowledged_all = 0;
    for round in 0..rounds() {
        storm(
            folder,
            round,
            rotates,
            Duration::from_millis(5 + 37 * round % 120),
        );
        let stored = journal_bytes(folder);
        let secret = SECRET.as_bytes();
        assert!(!stored.windows(secret.len()).any(|bytes| bytes == secret));
    }
    let last = pipeline(folder, rotates);
    assert!(last.flush(PATIENCE));
    assert!(last.durable().unwrap().recovered > 0);
    assert_eq!(last.close(PATIENCE).undelivered, 0);
    let (all, errors) = (counted(folder, "all"), counted(folder, "errors"));
    for round in 0..rounds() {
        for thread in 0..THREADS {
            let numbers = acknowledged(folder, round, thread);
            acknowledged_all += numbers;
            for number in 0..numbers {
                let id = format!("id={round}-{thread}-{number}");
                assert_eq!(all.get(&id), Some(&1), "{id}");
                let expected = (number % 7 == 0).then_some(&1);
                assert_eq!(errors.get(&id), expected, "{id} among the errors");
            }
        }
    }
    assert!(acknowledged_all > 1000, "{acknowledged_all}");
    assert!(all.values().chain(errors.values()).all(|&count| count == 1));
    let left = folder.join("journal").read_dir().unwrap().count();
    assert_eq!(left, 0, "a journal stays behind");
}

#[test]
fn what_was_acknowledged_arrives_once() {
    survives(false);
}

#[test]
fn also_when_files_are_rotated() {
    survives(true);
}
