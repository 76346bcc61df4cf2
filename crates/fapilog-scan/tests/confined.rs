//! The confined judge, with a real child: this very program, as in the command and the server.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that reports"
)]

use std::io::Write as _;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use fapilog_scan::report::Outcome;
use fapilog_scan::{Level, Options, child, confined, judge};
use fapilog_testkit::WheelBuilder;

/// Makes this program confine itself and try everything that it must not be able to do.
const PROBE: &str = "probe";

fn main() -> ExitCode {
    if let Some(code) = child::run_if_asked() {
        return code;
    }
    let words: Vec<String> = std::env::args().collect();
    if let [_, word, folder, address] = words.as_slice()
        && word == PROBE
    {
        return probe(Path::new(folder), address);
    }
    let tests: [(&str, fn()); 7] = [
        (
            "the_child_gives_the_same_report",
            the_child_gives_the_same_report,
        ),
        (
            "nothing_but_computing_is_left_to_the_child",
            nothing_but_computing_is_left_to_the_child,
        ),
        (
            "a_child_without_memory_is_no_pass",
            a_child_without_memory_is_no_pass,
        ),
        (
            "a_child_that_takes_too_long_is_ended",
            a_child_that_takes_too_long_is_ended,
        ),
        (
            "a_report_that_is_too_long_is_no_pass",
            a_report_that_is_too_long_is_no_pass,
        ),
        (
            "enterprise_is_judged_only_in_full_confinement",
            enterprise_is_judged_only_in_full_confinement,
        ),
        ("a_missing_file_is_an_error", a_missing_file_is_an_error),
    ];
    for (name, test) in tests {
        test();
        println!("test {name} ... ok");
    }
    println!("{} passed, 0 failed", tests.len());
    ExitCode::SUCCESS
}

fn wheel() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let builder = WheelBuilder::plugin("fapilog-acme", "1.0").file(
        "fapilog_acme/run.py",
        b"import os\ndef f(x): os.system(x)\n",
    );
    let path = folder.path().join(builder.filename());
    std::fs::write(&path, builder.build()).unwrap();
    (folder, path)
}

fn the_child_gives_the_same_report() {
    let (_folder, path) = wheel();
    let confined = confined::judge(&path, &Options::default()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let filename = path.file_name().unwrap().to_string_lossy();
    let mut here = judge(&bytes, &filename, &Options::default());
    assert_eq!(
        here.outcome(Level::Enterprise),
        Outcome::CouldNotBeJudged,
        "it was not confined"
    );
    here.confinement = confined.confinement;
    here.verdicts = confined.verdicts.clone();
    assert_eq!(confined, here);
    assert!(
        confined
            .findings
            .iter()
            .any(|finding| finding.rule == "process-shell")
    );
}

fn nothing_but_computing_is_left_to_the_child() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "secret").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let output = Command::new(std::env::current_exe().unwrap())
        .arg(PROBE)
        .arg(folder.path())
        .arg(address)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(!folder.path().join("made").exists());
}

/// Everything must fail, but threads and memory.
fn probe(folder: &Path, address: &str) -> ExitCode {
    let program = std::env::current_exe().unwrap();
    let confinement = child::confine(&Options::default());
    let attempts = [
        ("reads a file", std::fs::read(folder.join("secret")).is_ok()),
        (
            "writes a file",
            std::fs::write(folder.join("made"), "x").is_ok(),
        ),
        ("lists a folder", std::fs::read_dir("/").is_ok()),
        (
            "makes a folder",
            std::fs::create_dir(folder.join("made")).is_ok(),
        ),
        ("connects", TcpStream::connect(address).is_ok()),
        ("listens", TcpListener::bind("127.0.0.1:0").is_ok()),
        ("sends", UdpSocket::bind("127.0.0.1:0").is_ok()),
        ("starts a program", Command::new(program).spawn().is_ok()),
        ("has no limits", !confinement.is_full()),
        (
            "has no thread",
            std::thread::spawn(|| 42).join().ok() != Some(42),
        ),
        ("has no memory", vec![1_u8; 10_000_000].len() != 10_000_000),
    ];
    let wrong: Vec<&str> = attempts
        .iter()
        .filter(|(_, done)| *done)
        .map(|(name, _)| *name)
        .collect();
    let _ = writeln!(std::io::stdout(), "{wrong:?} {confinement:?}");
    if wrong.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn limited(change: impl FnOnce(&mut fapilog_scan::options::Limits)) -> fapilog_scan::Report {
    let (_folder, path) = wheel();
    let mut options = Options::default();
    change(&mut options.limits);
    let report = confined::judge(&path, &options).unwrap();
    for level in Level::ALL {
        assert_eq!(
            report.outcome(level),
            Outcome::CouldNotBeJudged,
            "{report:?}"
        );
    }
    assert_eq!(report.artifact.sha256.len(), 64);
    report
}

fn a_child_without_memory_is_no_pass() {
    let report = limited(|limits| limits.memory_bytes = 30 * 1024 * 1024);
    assert_eq!(report.findings[0].rule, "not-judged");
}

fn a_child_that_takes_too_long_is_ended() {
    let started = Instant::now();
    let report = limited(|limits| limits.wall_ms = 0);
    assert!(
        report.findings[0].message.contains("longer than 0 ms"),
        "{report:?}"
    );
    assert!(started.elapsed() < Duration::from_secs(20));
}

fn a_report_that_is_too_long_is_no_pass() {
    let report = limited(|limits| limits.report_bytes = 10);
    assert!(
        report.findings[0].message.contains("larger than 10 bytes"),
        "{report:?}"
    );
}

/// Where the system can confine, there is a report that says so; elsewhere there is an error.
fn enterprise_is_judged_only_in_full_confinement() {
    let (_folder, path) = wheel();
    let options = Options {
        level: Level::Enterprise,
        ..Options::default()
    };
    match confined::judge(&path, &options) {
        Ok(report) => assert!(report.confinement.is_full()),
        Err(error) => assert_eq!(error.id(), "judge-not-confined"),
    }
}

fn a_missing_file_is_an_error() {
    let error = confined::judge(Path::new("/nonexistent/a.whl"), &Options::default()).unwrap_err();
    assert_eq!(error.id(), "artifact-unreadable");
}
