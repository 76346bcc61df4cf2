//! The confined child: this very program, started once more, which judges one file and ends.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use serde::{Deserialize, Serialize};

use crate::judge::judge_under;
use crate::options::Options;
use crate::policy::Level;
use crate::report::{Confinement, Report};

/// The hidden first argument.
pub(crate) const WORD: &str = "fapilog-scan-child";
/// The hidden first argument of a child that runs `yara`.
pub(crate) const YARA_WORD: &str = "fapilog-scan-yara";
/// The environment variable with the [`Job`] as JSON.
pub(crate) const JOB: &str = "FAPILOG_SCAN_JOB";

/// What the child is to do; the file is its standard input.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    /// The process that waits for the report.
    pub parent: u32,
    pub filename: String,
    pub options: Options,
}

/// What the child answers on its standard output, as JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The report.
    Report(Box<Report>),
    /// The level demands a confinement that this system does not give.
    NotConfined(Confinement),
}

/// Does the child's work when this process was started as one; call it first thing in `main`, while
/// there is a single thread, and return the exit code if there is one.
#[must_use]
pub fn run_if_asked() -> Option<ExitCode> {
    let word = std::env::args_os().nth(1)?;
    let done = if word == WORD {
        run()
    } else if word == YARA_WORD {
        become_yara()
    } else {
        return None;
    };
    Some(match done {
        Some(()) => ExitCode::SUCCESS,
        None => ExitCode::FAILURE,
    })
}

fn run() -> Option<()> {
    let job: Job = serde_json::from_str(&std::env::var(JOB).ok()?).ok()?;
    end_with(job.parent)?;
    let limits = job.options.limits;
    let confinement = confine(&job.options);
    if job.options.level == Level::Enterprise && !confinement.is_full() {
        return answer(&Answer::NotConfined(confinement));
    }
    let mut artifact = Vec::new();
    let mut input = std::io::stdin().lock().take(limits.artifact_bytes + 1);
    input.read_to_end(&mut artifact).ok()?;
    let report = judge_under(&artifact, &job.filename, &job.options, confinement);
    answer(&Answer::Report(Box::new(report)))
}

/// Confines this process to reading the rules and the files, and goes on as `yara`.
#[cfg(target_os = "linux")]
fn become_yara() -> Option<()> {
    use std::os::unix::process::CommandExt as _;
    let job: crate::yara::YaraJob = serde_json::from_str(&std::env::var(JOB).ok()?).ok()?;
    end_with(job.parent)?;
    crate::confinement::confine_reader(&job.limits, &[&job.rules, &job.folder])?;
    let mut command = std::process::Command::new("/usr/bin/yara");
    command.env_clear().args(["--no-warnings", "--recursive"]);
    // Gives back only when it could not be started.
    let _ = command.arg(&job.rules).arg(&job.folder).exec();
    None
}

/// Other systems can't confine it.
#[cfg(not(target_os = "linux"))]
fn become_yara() -> Option<()> {
    None
}

/// No judge goes on when the process that waits for it is gone.
#[cfg(target_os = "linux")]
fn end_with(parent: u32) -> Option<()> {
    crate::confinement::end_with(parent)
}

/// Other systems let it come to its end, for nobody.
#[cfg(not(target_os = "linux"))]
fn end_with(_: u32) -> Option<()> {
    Some(())
}

/// Confines this process as far as the system can.
#[must_use]
pub fn confine(options: &Options) -> Confinement {
    #[cfg(target_os = "linux")]
    return crate::confinement::confine(&options.limits);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = options;
        Confinement::default()
    }
}

fn answer(answer: &Answer) -> Option<()> {
    let bytes = serde_json::to_vec(answer).ok()?;
    let mut output = std::io::stdout().lock();
    output.write_all(&bytes).ok()?;
    output.flush().ok()
}
