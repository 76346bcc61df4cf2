//! Runs a program with limits on its time and output, and reads Python's answer.

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::Interpreter;
use super::answer::Answer;
use crate::installer;

/// Asks Python everything at once.
const SCRIPT: &str = include_str!("probe.py");
/// Most bytes read from a program's output: room for some thousand plugins.
const MAX_OUTPUT_BYTES: u64 = 4 * 1024 * 1024;
/// Most bytes of a program's complaint that are shown.
const MAX_COMPLAINT_BYTES: u64 = 64 * 1024;
/// Longest time that `uv --version` may take; it needs milliseconds.
const UV_LIMIT: Duration = Duration::from_secs(5);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The program can't be started.
    #[error("can't be started: {0}")]
    NotStarted(io::Error),
    /// The program took too long and was ended.
    #[error("did not answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// The program ended without an answer.
    #[error("gave no answer ({outcome}){}", if .complaint.is_empty() { String::new() } else { format!(": {complaint}") })]
    NoAnswer {
        /// Exit status, or what is wrong with the answer.
        outcome: String,
        /// The last line of what it printed to standard error.
        complaint: String,
    },
}

/// Asks the interpreter what an examination needs, within the time limit.
pub fn ask(interpreter: &Interpreter, limit: Duration) -> Result<Answer, ProbeError> {
    let mut command = Command::new(&interpreter.path);
    command
        .args(["-c", SCRIPT])
        .env("PYTHONSAFEPATH", "1")
        .env("PYTHONIOENCODING", "utf-8");
    let ended = run(command, limit)?;
    serde_json::from_slice(&ended.output).map_err(|error| ProbeError::NoAnswer {
        outcome: if ended.output.is_empty() {
            ended.status
        } else {
            error.to_string()
        },
        complaint: last_line(&ended.complaint),
    })
}

/// The version of the uv beside the interpreter or on the `PATH`, if there is one.
pub fn uv_version(interpreter: Option<&Interpreter>) -> Option<String> {
    let path = match interpreter {
        Some(interpreter) => installer::uv_beside(&interpreter.path),
        None => installer::on_path("uv"),
    };
    let mut command = Command::new(path?);
    command.arg("--version");
    let ended = run(command, UV_LIMIT).ok()?;
    let text = String::from_utf8_lossy(&ended.output);
    text.split_whitespace().nth(1).map(str::to_owned)
}

/// What a program left behind.
pub struct Ended {
    /// What it printed to standard output.
    pub output: Vec<u8>,
    /// What it printed to standard error.
    pub complaint: Vec<u8>,
    status: String,
}

/// Runs a program without standard input until it closes its output, and ends it after `limit`.
pub fn run(mut command: Command, limit: Duration) -> Result<Ended, ProbeError> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let deadline = Instant::now() + limit;
    let mut child = command.spawn().map_err(ProbeError::NotStarted)?;
    let output = read_aside(child.stdout.take(), MAX_OUTPUT_BYTES);
    let complaint = read_aside(child.stderr.take(), MAX_COMPLAINT_BYTES);
    let receive = |from: &mpsc::Receiver<Vec<u8>>| {
        from.recv_timeout(deadline.saturating_duration_since(Instant::now()))
            .map_err(|_| ProbeError::TimedOut(limit))
    };
    let read = receive(&output).and_then(|output| Ok((output, receive(&complaint)?)));
    let status = end(&mut child);
    let (output, complaint) = read?;
    Ok(Ended {
        output,
        complaint,
        status,
    })
}

/// Reads a stream to its end or bound on a thread of its own, so that a wait for it can be limited.
fn read_aside(stream: Option<impl Read + Send + 'static>, most: u64) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stream) = stream {
            // What was read before an error is still worth showing.
            let _ = stream.take(most).read_to_end(&mut bytes);
        }
        // Nobody listens any more once the time is up.
        let _ = sender.send(bytes);
    });
    receiver
}

/// Ends the program if it still runs, and says how it ended.
fn end(child: &mut Child) -> String {
    // Fails only when the program has ended by itself.
    let _ = child.kill();
    child
        .wait()
        .map_or_else(|error| error.to_string(), |status| status.to_string())
}

/// The last line that says something.
pub fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::path::Path;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_program_that_hangs_is_ended_at_the_limit() {
        let begun = Instant::now();
        let error = run(shell("exec sleep 600"), Duration::from_millis(200))
            .err()
            .unwrap();
        assert!(matches!(error, ProbeError::TimedOut(_)), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn endless_output_is_cut_off() {
        let ended = run(shell("exec cat /dev/zero"), Duration::from_secs(60)).unwrap();
        assert_eq!(ended.output.len() as u64, MAX_OUTPUT_BYTES);
    }

    #[test]
    fn the_last_complaint_is_shown_when_there_is_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("python");
        std::fs::write(&path, "#!/bin/sh\necho first >&2; echo last >&2; exit 3\n").unwrap();
        make_executable(&path);
        let error = ask(
            &Interpreter {
                path,
                chosen_by: "PATH",
            },
            Duration::from_secs(60),
        );
        assert_eq!(
            error.unwrap_err().to_string(),
            "gave no answer (exit status: 3): last"
        );
    }

    #[test]
    fn a_real_interpreter_answers() {
        let interpreter = Interpreter::find(|name| std::env::var_os(name)).unwrap();
        let answer = ask(&interpreter, Duration::from_secs(60)).unwrap();
        assert_eq!(answer.python.version.0, 3);
        assert_eq!(answer.temporary_folder.error, None);
    }

    fn make_executable(path: &Path) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}
