//! Files that a killed process left: journals and spools with bytes of the fuzzer in them.
//! The engine starts over them, delivers what it can read and accounts for all of it.
#![no_main]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use fapilog_engine::{
    DurableConfig, Flags, FrameWriter, Level, MemorySink, Pipeline, PipelineConfig, Portion, Sink,
    SinkConfig, SpoolConfig, WriteError,
};
use libfuzzer_sys::fuzz_target;

const PATIENCE: Duration = Duration::from_secs(20);

/// Takes nothing.
struct Broken;

impl Sink for Broken {
    fn name(&self) -> &str {
        "memory"
    }

    fn write(&mut self, _: &Portion<'_>) -> Result<(), WriteError> {
        Err(WriteError::of_sink("it is broken"))
    }
}

fn config(folder: &Path, mut sink: SinkConfig) -> PipelineConfig {
    sink.spool = Some(SpoolConfig {
        folder: folder.join("spool"),
        bytes: 1 << 20,
    });
    PipelineConfig {
        sinks: vec![sink],
        durable: Some(DurableConfig {
            folder: folder.join("journal"),
            bytes: 16 << 20,
            redactors: Vec::new(),
        }),
        ..PipelineConfig::default()
    }
}

/// The files that a pipeline with a broken sink leaves, by path in its folder.
fn template() -> &'static [(PathBuf, Vec<u8>)] {
    static FILES: OnceLock<Vec<(PathBuf, Vec<u8>)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(folder.path(), SinkConfig::new(Broken));
        config.sinks[0].retry.attempts = 1;
        let pipeline = Pipeline::start(config).unwrap();
        for number in 0..20 {
            let mut bytes = Vec::new();
            FrameWriter::captured(&mut bytes, Level::INFO, Flags::NONE, number, &[0; 4], b"m")
                .finish()
                .unwrap();
            pipeline.try_submit(&bytes);
        }
        std::thread::sleep(Duration::from_millis(300));
        let mut files = Vec::new();
        collect(folder.path(), folder.path(), &mut files);
        assert!(files.len() > 3, "{files:?}");
        pipeline.close(PATIENCE);
        files
    })
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let mut bytes = fs::read(&path).unwrap();
            bytes.truncate(16 * 1024);
            files.push((path.strip_prefix(root).unwrap().to_owned(), bytes));
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let [which, low, high, patch @ ..] = input else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let files = template();
    for (number, (path, bytes)) in files.iter().enumerate() {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut bytes = bytes.clone();
        if number == usize::from(*which) % files.len() {
            let at = usize::from(u16::from_le_bytes([*low, *high])) % (bytes.len() + 1);
            let end = bytes.len().min(at + patch.len());
            bytes.splice(at..end, patch.iter().copied());
        }
        fs::write(path, bytes).unwrap();
    }
    let (sink, _memory) = MemorySink::new();
    let pipeline = Pipeline::start(config(folder.path(), SinkConfig::new(sink))).unwrap();
    assert!(pipeline.flush(PATIENCE));
    let report = pipeline.close(PATIENCE);
    assert!(report.stuck_sinks.is_empty());
    let counts = pipeline.snapshot();
    let dropped: u64 = counts.dropped.iter().sum();
    assert_eq!(
        counts.submitted,
        counts.delivered + counts.filtered + dropped
    );
});
