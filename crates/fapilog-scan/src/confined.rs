//! Judges a file in a child process that can do nothing but compute.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use fapilog_package::name::shorten;
use sha2::{Digest as _, Sha256};

use crate::child::{Answer, JOB, Job, WORD};
use crate::options::{Limits, Options};
use crate::report::{Artifact, Confinement, Report};

/// Why there is no report, not even one that says that the package could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum ConfinedError {
    /// The file can't be opened or read.
    #[error("`{}` can't be read: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The child can't be started.
    #[error("the confined judge can't be started: {0}")]
    NotStarted(io::Error),
    /// Level `enterprise` was asked for, and this system can't confine the judge.
    #[error("level `enterprise` needs a confined judge, and this system gives {}", gives(.0))]
    NotConfined(Confinement),
}

fn gives(confinement: &Confinement) -> String {
    let has = |what: &str, there: bool| format!("{}{what}", if there { "" } else { "no " });
    [
        has("limits", confinement.limits),
        has("Landlock", confinement.landlock),
        has("seccomp", confinement.seccomp),
    ]
    .join(", ")
}

impl ConfinedError {
    /// Stable identifier.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "artifact-unreadable",
            Self::NotStarted(_) => "judge-not-started",
            Self::NotConfined(_) => "judge-not-confined",
        }
    }

    /// What to do about it, in one line.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => {
                "give the path of a wheel or source archive that you may read"
            }
            Self::NotStarted(_) => "check that this program may start itself again",
            Self::NotConfined(_) => {
                "use a Linux kernel with Landlock and seccomp (5.13 or later), or ask for --level verified"
            }
        }
    }
}

/// Judges a file in a confined child process. The program that calls this must call
/// [`crate::child::run_if_asked`] first thing in `main`.
///
/// A child that crashes, takes too long or says too much gives a report whose outcome is
/// [`crate::report::Outcome::CouldNotBeJudged`], never a pass. Blocks until there is a report, at
/// most for [`Limits::wall_ms`].
///
/// # Errors
///
/// [`ConfinedError`].
pub fn judge(file: &Path, options: &Options) -> Result<Report, ConfinedError> {
    let program = std::env::current_exe().map_err(ConfinedError::NotStarted)?;
    judge_with(&program, file, options)
}

/// As [`judge`], by another program than this one that calls [`crate::child::run_if_asked`].
///
/// # Errors
///
/// [`ConfinedError`].
pub fn judge_with(program: &Path, file: &Path, options: &Options) -> Result<Report, ConfinedError> {
    let unreadable = |source| ConfinedError::Unreadable {
        path: file.to_owned(),
        source,
    };
    let input = File::open(file).map_err(unreadable)?;
    let filename = file.file_name().unwrap_or_default().to_string_lossy();
    let outcome = run(program, &input, &filename, options)?;
    match outcome {
        Ok(Answer::Report(report)) => Ok(*report),
        Ok(Answer::NotConfined(confinement)) => Err(ConfinedError::NotConfined(confinement)),
        Err(detail) => {
            let again = File::open(file).map_err(unreadable)?;
            let about = describe(again, &filename).map_err(unreadable)?;
            Ok(Report::not_judged(about, &detail))
        }
    }
}

fn describe(file: File, filename: &str) -> io::Result<Artifact> {
    let mut reader = file;
    let mut hasher = Sha256::new();
    let mut size_bytes = 0;
    let mut buffer = [0; 64 * 1024];
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        size_bytes += count as u64;
        hasher.update(buffer.get(..count).unwrap_or_default());
    }
    Ok(Artifact {
        filename: shorten(filename),
        sha256: hex::encode(hasher.finalize()),
        size_bytes,
    })
}

/// The child's answer, or why there is none.
fn run(
    program: &Path,
    input: &File,
    filename: &str,
    options: &Options,
) -> Result<Result<Answer, String>, ConfinedError> {
    let job = Job {
        parent: std::process::id(),
        filename: filename.to_owned(),
        options: options.clone(),
    };
    let job = serde_json::to_string(&job)
        .map_err(|error| ConfinedError::NotStarted(io::Error::other(error)))?;
    let input = input.try_clone().map_err(ConfinedError::NotStarted)?;
    let mut child = Command::new(program)
        .arg(WORD)
        .env_clear()
        .env(JOB, job)
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(ConfinedError::NotStarted)?;
    let answer = listen(&mut child, &options.limits);
    // It has ended, or it has no right to go on.
    let _ = child.kill();
    let status = child.wait().map_err(ConfinedError::NotStarted)?;
    Ok(answer.and_then(|bytes| {
        serde_json::from_slice(&bytes)
            .map_err(|_| format!("the confined judge ended without a report ({status})"))
    }))
}

/// Everything that the child says, within the bounds of time and size.
pub(crate) fn listen(child: &mut Child, limits: &Limits) -> Result<Vec<u8>, String> {
    let started = Instant::now();
    let Some(mut output) = child.stdout.take() else {
        return Err("the confined judge has no output".to_owned());
    };
    let mut bytes = Vec::new();
    let mut buffer = [0; 64 * 1024];
    loop {
        let left = limits.wall().saturating_sub(started.elapsed());
        if left.is_zero() || !wait_until_readable(&output, left) {
            return Err(format!("it took longer than {} ms", limits.wall_ms));
        }
        let count = output
            .read(&mut buffer)
            .map_err(|error| format!("the confined judge can't be heard: {error}"))?;
        if count == 0 {
            return Ok(bytes);
        }
        bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
        if bytes.len() as u64 > limits.report_bytes {
            return Err(format!(
                "its report is larger than {} bytes",
                limits.report_bytes
            ));
        }
    }
}

/// Whether there is something to read, or the end, within the time given.
#[cfg(target_os = "linux")]
fn wait_until_readable(output: &impl std::os::fd::AsFd, left: std::time::Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let Ok(timeout) = Timespec::try_from(left) else {
        return false;
    };
    let mut watched = [PollFd::new(output, PollFlags::IN)];
    loop {
        match poll(&mut watched, Some(&timeout)) {
            Ok(count) => return count > 0,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

/// Other systems have no limit on time.
#[cfg(not(target_os = "linux"))]
fn wait_until_readable<T>(_: &T, _: std::time::Duration) -> bool {
    true
}
