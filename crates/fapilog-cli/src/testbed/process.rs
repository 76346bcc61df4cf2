//! Running programs with a time limit, their output kept in a file.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks at a program that runs; short beside what an installation or a test run takes.
const PAUSE: Duration = Duration::from_millis(20);

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With this exit code; a signal counts as -1.
    With(i32),
    /// It took too long and was ended.
    Late,
}

/// Runs a program; what it prints is appended to a file.
pub fn run(mut command: Command, log: &Path, limit: Duration) -> io::Result<Ended> {
    let file = File::options().create(true).append(true).open(log)?;
    let deadline = Instant::now() + limit;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()?;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Ended::With(status.code().unwrap_or(-1)));
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            return Ok(Ended::Late);
        }
        thread::sleep(PAUSE);
    }
}

/// What a program prints, if it ends well and soon.
pub fn answer(command: Command, folder: &Path, limit: Duration) -> Option<String> {
    let log = folder.join("answer.txt");
    let _ = fs::remove_file(&log);
    let ended = run(command, &log, limit).ok()?;
    let text = fs::read_to_string(&log).ok()?;
    // Only a short-lived note.
    let _ = fs::remove_file(&log);
    (ended == Ended::With(0)).then(|| text.trim().to_owned())
}

/// The last lines of a log that say something.
pub fn last_lines(log: &Path, number: usize) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(number)..].join("\n")
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_program_ends_by_itself_or_at_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let long = Duration::from_secs(60);
        let script = "echo one; echo two >&2; exit 3";
        assert_eq!(run(shell(script), &log, long).unwrap(), Ended::With(3));
        assert_eq!(last_lines(&log, 1), "two");
        let short = Duration::from_millis(100);
        assert_eq!(
            run(shell("exec sleep 600"), &log, short).unwrap(),
            Ended::Late
        );
        assert_eq!(
            answer(shell("echo 3.11"), folder.path(), long).as_deref(),
            Some("3.11")
        );
        assert_eq!(answer(shell("exit 1"), folder.path(), long), None);
    }
}
