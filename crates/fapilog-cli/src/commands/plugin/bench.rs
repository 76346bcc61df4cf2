//! `fapilog plugin bench`

use serde::Serialize;

use super::{Request, file_for, write_file};
use crate::args::{BenchArgs, ReportFormat};
use crate::commands::Outcome;
use crate::draw::bars;
use crate::failure::Failure;
use crate::harness;
use crate::show::bench::{Event, Measured, show};
use crate::show::progress::Bar;

/// What the tool is asked for.
#[derive(Serialize)]
struct Others<'a> {
    against: &'a [String],
    rounds: u32,
    records: u64,
    exact: bool,
}

/// Measures, shows the figures, and writes the reports.
pub fn run(args: BenchArgs) -> Result<Outcome, Failure> {
    let others = Others {
        against: &args.against,
        rounds: args.rounds,
        records: args.records,
        exact: args.exact,
    };
    let request = Request::new("bench", Some(&args.subject), others);
    let mut bar = Bar::new("measuring");
    let mut reports: Vec<Measured> = Vec::new();
    harness::ask(&request, args.format, |event: Event| {
        match event {
            Event::Progress(progress) => bar.move_to(&progress),
            Event::Report(measured) => reports.push(*measured),
        }
        Ok(())
    })?;
    bar.finish();
    for measured in &reports {
        let plugin = &measured.report.subject.plugin;
        if args.format == ReportFormat::Text {
            show(&measured.report)?;
        }
        if let Some(file) = &args.report {
            let file = file_for(file, plugin, reports.len() > 1);
            // As it came: a signature is of these bytes.
            write_file(&file, &measured.canonical)?;
        }
        if let Some(file) = &args.plot {
            let file = file_for(file, plugin, reports.len() > 1);
            write_file(&file, &bars::plot(&measured.report))?;
        }
    }
    Ok(Outcome::Fine)
}
