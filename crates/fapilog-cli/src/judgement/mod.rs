//! Judges packages with `fapilog-scan`, and prints what it says.

mod artifacts;
mod print;

use std::path::Path;

use fapilog_package::osv::OsvDatabase;
use fapilog_scan::confined::ConfinedError;
use fapilog_scan::{Level, Options, Policy, Report, advisories, confined, yara};

use crate::args::JudgedArgs;
use crate::commands::Outcome;
use crate::failure::Failure;

pub use artifacts::Artifacts;
pub use print::{difference, reports};

/// What the judge is told by the arguments.
pub fn options(args: &JudgedArgs, security_only: bool) -> Result<Options, Failure> {
    let policy = match &args.policy {
        None => Policy::default(),
        Some(path) => {
            let text =
                std::fs::read_to_string(path).map_err(|source| Failure::PolicyUnreadable {
                    path: path.clone(),
                    source,
                })?;
            text.parse()?
        }
    };
    Ok(Options {
        level: args.level.into(),
        policy,
        security_only,
        ..Options::default()
    })
}

/// Judges one file in the confined child.
pub fn judge(file: &Path, options: &Options, args: &JudgedArgs) -> Result<Report, Failure> {
    let mut report = confined::judge(file, options)?;
    if let Some(rules) = &args.yara {
        yara::add_matches(&mut report, file, rules, options)?;
    }
    if let Some(path) = &args.advisories {
        let database = OsvDatabase::open(path)?;
        advisories::add_findings(&mut report, file, &database, options).map_err(|source| {
            ConfinedError::Unreadable {
                path: file.to_owned(),
                source,
            }
        })?;
    }
    Ok(report)
}

/// Judges what the arguments name, and prints it.
pub fn run(args: &JudgedArgs, security_only: bool) -> Result<Outcome, Failure> {
    let mut options = options(args, security_only)?;
    let artifacts = Artifacts::find(&args.path)?;
    options.allow.extend(artifacts.allowed.iter().cloned());
    let judged: Result<Vec<Report>, Failure> = artifacts
        .files
        .iter()
        .map(|file| judge(file, &options, args))
        .collect();
    let judged = judged?;
    reports(&judged, args)?;
    let level: Level = args.level.into();
    let passes = |report: &Report| report.outcome(level) == fapilog_scan::report::Outcome::Pass;
    Ok(match judged.iter().all(passes) {
        true => Outcome::Fine,
        false => Outcome::Findings,
    })
}
