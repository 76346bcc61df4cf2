//! What runs inside of the author's environment: the tools of the core, started with a request and
//! answering with events, one JSON object a line.

mod event;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use event::{Place, Progress, ToolError};

use crate::args::ReportFormat;
use crate::doctor::Interpreter;
use crate::failure::Failure;

/// Starts the tools, or says why there are none.
const BEGIN: &str = include_str!("begin.py");
/// How the tools get their request: the environment of a process is closed to other users, its
/// arguments are not.
const REQUEST_VARIABLE: &str = "FAPILOG_TOOL_REQUEST";

/// Asks a tool, and hands on every event but errors, which end it.
///
/// With `--format json` the events are printed as they come and `show` is called all the same.
pub fn ask<E: DeserializeOwned>(
    request: &impl Serialize,
    format: ReportFormat,
    mut show: impl FnMut(E) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let interpreter =
        Interpreter::find(|name| std::env::var_os(name)).ok_or(Failure::NoInterpreter)?;
    let mut child = start(&interpreter, request)?;
    let outcome = read_events(&mut child, format, &mut show);
    if outcome.is_err() {
        // Nobody reads on: it must not wait for that.
        let _ = child.kill();
    }
    let status = child
        .wait()
        .map_err(|source| Failure::interpreter(&interpreter, source))?;
    match outcome? {
        Some(error) => Err(Failure::Tool(Box::new(error))),
        // 130 is what an interrupt leaves; the tool has told all the same.
        None if status.success() || status.code() == Some(130) => Ok(()),
        None => Err(Failure::ToolEnded {
            status: status.to_string(),
        }),
    }
}

fn start(interpreter: &Interpreter, request: &impl Serialize) -> Result<Child, Failure> {
    let request = serde_json::to_string(request).map_err(|error| Failure::ToolEnded {
        status: error.to_string(),
    })?;
    Command::new(&interpreter.path)
        .args(["-c", BEGIN])
        .env(REQUEST_VARIABLE, request)
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::inherit())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|source| Failure::interpreter(interpreter, source))
}

/// Reads events to their end; returns the error that the tool told, if any.
fn read_events<E: DeserializeOwned>(
    child: &mut Child,
    format: ReportFormat,
    show: &mut impl FnMut(E) -> Result<(), Failure>,
) -> Result<Option<ToolError>, Failure> {
    let Some(output) = child.stdout.take() else {
        return Ok(None);
    };
    for line in BufReader::new(output).lines() {
        let line = line?;
        if let Some(error) = ToolError::parse(&line) {
            return Ok(Some(error));
        }
        if format == ReportFormat::Json {
            print_line(&line)?;
        }
        let event = serde_json::from_str(&line).map_err(|error| Failure::ToolEnded {
            status: format!("an answer that cannot be read: {error}"),
        })?;
        show(event)?;
    }
    Ok(None)
}

/// Prints one line of JSON.
pub fn print_line(line: &str) -> Result<(), Failure> {
    use std::io::Write as _;

    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
