//! `fapilog plugin test`

use std::time::Duration;

use crate::args::{ReportFormat, TestArgs};
use crate::commands::Outcome;
use crate::failure::Failure;
use crate::testbed::{Cell, Project, Session, Supply, junit, report};

/// Tests a plugin in every environment that is asked for, and prints what came of it.
pub fn run(args: TestArgs) -> Result<Outcome, Failure> {
    let project = Project::read(&args.folder)?;
    let supply = Supply::find(&args.find_links, args.offline);
    let session = Session {
        limit: Duration::from_secs(args.timeout),
        coverage: args.coverage,
        fresh: args.fresh,
        words: &args.words,
        project: &project,
        supply: &supply,
    };
    let mut results = Vec::new();
    for cell in Cell::matrix(&args.pythons, &args.cores) {
        report::progress(&format!("{cell}: "));
        results.push(session.run(&cell)?);
    }
    report::progress("");
    let report = report::Report::new(&project, results);
    if let Some(path) = &args.junit {
        junit::write(path, &report)?;
    }
    let mut out = anstream::stdout();
    match args.format {
        ReportFormat::Text => report.text(&mut out)?,
        ReportFormat::Json => report.json(&mut out)?,
    }
    Ok(if report.passed {
        Outcome::Fine
    } else {
        Outcome::Findings
    })
}
