//! Prints judgements in the form that was asked for.

use std::io::Write as _;

use anstream::AutoStream;
use anstream::ColorChoice;
use fapilog_scan::difference::Difference;
use fapilog_scan::render::{sarif, text};
use fapilog_scan::report::Outcome;
use fapilog_scan::{Level, Report};
use serde::Serialize;

use crate::args::{JudgedArgs, JudgementFormat};
use crate::failure::Failure;

/// The JSON form: all reports of one run.
#[derive(Serialize)]
struct Judgement<'a> {
    level: Level,
    passed: bool,
    reports: &'a [Report],
}

/// Prints reports.
pub fn reports(reports: &[Report], args: &JudgedArgs) -> Result<(), Failure> {
    let level: Level = args.level.into();
    match args.format {
        JudgementFormat::Text => {
            let style = text::Style {
                colour: colour(),
                verbose: args.verbose,
            };
            let all: Vec<String> = reports
                .iter()
                .map(|report| text::report(report, level, style))
                .collect();
            print(&all.join("\n"))
        }
        JudgementFormat::Json => json(&Judgement {
            level,
            passed: reports
                .iter()
                .all(|report| report.outcome(level) == Outcome::Pass),
            reports,
        }),
        JudgementFormat::Sarif => json(&sarif::log(reports)),
    }
}

/// Prints the difference between two versions.
pub fn difference(difference: &Difference, args: &JudgedArgs) -> Result<(), Failure> {
    match args.format {
        JudgementFormat::Text => print(&text::difference(difference)),
        JudgementFormat::Json | JudgementFormat::Sarif => json(difference),
    }
}

/// Colours only where a person looks at them.
fn colour() -> bool {
    let choice = AutoStream::choice(&std::io::stdout());
    matches!(choice, ColorChoice::Always | ColorChoice::AlwaysAnsi)
}

fn print(text: &str) -> Result<(), Failure> {
    Ok(anstream::stdout().write_all(text.as_bytes())?)
}

fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(value).map_err(std::io::Error::from)?;
    text.push('\n');
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}
