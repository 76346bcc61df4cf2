//! The file sink on disks as they are.

use std::path::Path;
use std::process::Command;

use crate::support::{PATIENCE, Taken, TestPipeline, submit};
use fapilog_engine::FileSink;

fn lines(path: &Path) -> Vec<u64> {
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["message"].as_str().unwrap().parse().unwrap()
        })
        .collect()
}

#[test]
fn records_are_appended_to_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.jsonl");
    for number in 0..3 {
        let pipeline = TestPipeline::new()
            .sink(FileSink::open(&path).unwrap())
            .start();
        submit(&pipeline, number);
        assert_eq!(pipeline.close(PATIENCE).undelivered, 0);
    }
    assert_eq!(lines(&path), [0, 1, 2]);
}

#[test]
fn two_pipelines_on_one_file_never_mix_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.jsonl");
    let open = || {
        TestPipeline::new()
            .sink(FileSink::open(&path).unwrap())
            .start()
    };
    let (first, second) = (open(), open());
    for number in 0..5_000 {
        submit(&first, number);
        submit(&second, number);
    }
    first.close(PATIENCE);
    second.close(PATIENCE);
    let mut numbers = lines(&path);
    numbers.sort_unstable();
    let expected: Vec<u64> = (0..5_000).flat_map(|number| [number, number]).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn a_path_that_cannot_be_opened_is_an_error_with_the_path_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("app.jsonl");
    let error = FileSink::open(&path).unwrap_err().to_string();
    assert!(error.contains(path.to_str().unwrap()), "{error}");
    assert!(!folder.path().join("missing").exists());
    assert!(FileSink::open(folder.path()).is_err());
}

#[test]
fn on_a_full_device_every_record_is_dropped_and_the_other_sink_has_all() {
    let taken = Taken::default();
    let pipeline = TestPipeline::new()
        .sink(FileSink::open(Path::new("/dev/full")).unwrap())
        .sink(taken.sink())
        .start();
    (0..50).for_each(|number| submit(&pipeline, number));
    assert!(pipeline.flush(PATIENCE));
    let full = &pipeline.sinks()[0];
    assert_eq!((full.written, full.dropped), (0, 50));
    assert_eq!(taken.numbers().len(), 50);
}

const LIMITED_FILE: &str = "FAPILOG_TEST_LIMITED_FILE";

/// Runs in a process of its own, whose files may only be some blocks long.
fn write_until_the_disk_is_full(path: &Path) {
    let pipeline = TestPipeline::new()
        .sink(FileSink::open(path).unwrap())
        .start();
    (0..2_000).for_each(|number| submit(&pipeline, number));
    assert!(pipeline.flush(PATIENCE));
    let counts = &pipeline.sinks()[0];
    assert_eq!(counts.written + counts.dropped, 2_000);
    assert!(counts.written > 0 && counts.dropped > 0, "{counts:?}");
    let text = std::fs::read_to_string(path).unwrap();
    let whole = text.lines().filter(|line| line.ends_with('}')).count();
    assert_eq!(whole as u64, counts.written);
    // Room again: what comes now begins on a line of its own once the circuit is closed.
    std::fs::File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_len(0)
        .unwrap();
    let again = TestPipeline::new()
        .sink(FileSink::open(path).unwrap())
        .start();
    submit(&again, 1);
    assert!(again.flush(PATIENCE));
    assert_eq!(lines(path), [1]);
}

#[test]
fn on_a_disk_that_fills_up_whole_lines_are_kept_and_counted() {
    if let Some(path) = std::env::var_os(LIMITED_FILE) {
        return write_until_the_disk_is_full(Path::new(&path));
    }
    let folder = tempfile::tempdir().unwrap();
    let script = r#"trap "" XFSZ; ulimit -f 20; exec "$0" "$@""#;
    let output = Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "files::on_a_disk_that_fills_up_whole_lines_are_kept_and_counted",
        ])
        .env(LIMITED_FILE, folder.path().join("app.jsonl"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{output:?}"
    );
}
