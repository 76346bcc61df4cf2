//! `fapilog plugin debug`

use std::path::Path;

use serde::Serialize;

use super::Request;
use crate::args::{DebugArgs, ReportFormat};
use crate::commands::Outcome;
use crate::failure::Failure;
use crate::harness;
use crate::show::trace::{Event, Traces};

/// What the tool is asked for.
#[derive(Serialize)]
struct Others<'a> {
    input: Option<&'a Path>,
    config: Option<&'a Path>,
    sinks: bool,
}

/// Traces records and shows what each stage did.
pub fn run(args: DebugArgs) -> Result<Outcome, Failure> {
    let mut traces = Traces::new(args.format == ReportFormat::Text);
    if let Some(socket) = &args.socket {
        attached::look(socket, &args, &mut traces)?;
    } else {
        let others = Others {
            input: args.input.as_deref(),
            config: args.config.as_deref(),
            sinks: args.sinks,
        };
        let request = Request::new("debug", Some(&args.subject), others);
        harness::ask(&request, args.format, |event: Event| traces.show(event))?;
    }
    Ok(if traces.found_something() {
        Outcome::Findings
    } else {
        Outcome::Fine
    })
}

/// A running application, seen through its debug socket.
#[cfg(unix)]
mod attached {
    use std::io::{BufRead as _, BufReader};
    use std::os::unix::net::UnixStream;
    use std::path::Path;

    use crate::args::{DebugArgs, ReportFormat};
    use crate::failure::Failure;
    use crate::harness::{self, ToolError};
    use crate::show::trace::{Event, Traces};

    /// Shows records until there were so many, or the application ends.
    pub fn look(socket: &Path, args: &DebugArgs, traces: &mut Traces) -> Result<(), Failure> {
        let refused = |reason: String| Failure::SocketNotOpened {
            path: socket.to_owned(),
            reason,
        };
        let stream = UnixStream::connect(socket).map_err(|error| refused(error.to_string()))?;
        let mut shown = 0;
        for line in BufReader::new(stream).lines() {
            let line = line.map_err(|error| refused(error.to_string()))?;
            if let Some(error) = ToolError::parse(&line) {
                return Err(Failure::Tool(Box::new(error)));
            }
            if args.format == ReportFormat::Json {
                harness::print_line(&line)?;
            }
            let event = serde_json::from_str(&line).map_err(|error| refused(error.to_string()))?;
            if matches!(event, Event::Trace(_)) {
                shown += 1;
            }
            traces.show(event)?;
            if args.records.is_some_and(|most| shown >= most) {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(not(unix))]
mod attached {
    use std::path::Path;

    use crate::args::DebugArgs;
    use crate::failure::Failure;
    use crate::show::trace::Traces;

    /// There are no such sockets here.
    pub fn look(socket: &Path, _: &DebugArgs, _: &mut Traces) -> Result<(), Failure> {
        Err(Failure::SocketNotOpened {
            path: socket.to_owned(),
            reason: "this system has no local sockets".to_owned(),
        })
    }
}
