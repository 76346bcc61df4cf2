//! `fapilog plugin dev`

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use super::Request;
use crate::args::{DevArgs, ReportFormat};
use crate::commands::Outcome;
use crate::failure::Failure;
use crate::harness;
use crate::show::dev::{Event, Screen};

/// What the tool is asked for.
#[derive(Serialize)]
struct Others<'a> {
    app: Option<&'a str>,
    rate: f64,
    records: Option<u64>,
}

/// Runs the application until its end and shows what the plugin does.
pub fn run(args: DevArgs) -> Result<Outcome, Failure> {
    // Ctrl-C reaches the application as well, which ends and tells its counts: they are to be shown.
    let interrupted = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGINT, interrupted)?;
    let request = Request::new(
        "dev",
        Some(&args.subject),
        Others {
            app: args.app.as_deref(),
            rate: args.rate,
            records: args.records,
        },
    );
    let mut screen = Screen::new(args.format == ReportFormat::Text);
    harness::ask(&request, args.format, |event: Event| screen.show(event))?;
    Ok(if screen.lost() > 0 {
        Outcome::Findings
    } else {
        Outcome::Fine
    })
}
