//! Judges packages with `fapilog-scan`, and prints what it says.

mod artifacts;
mod print;
mod queue;

use std::path::Path;

use fapilog_package::index_export::IndexExport;
use fapilog_package::osv::OsvDatabase;
use fapilog_scan::confined::ConfinedError;
use fapilog_scan::{Level, Options, Policy, Report, advisories, confined, dependencies, yara};

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

/// What the operator fetched, read once for all files.
#[derive(Debug, Default)]
pub struct Exports {
    advisories: Option<OsvDatabase>,
    index: Option<IndexExport>,
}

impl Exports {
    /// Reads what the arguments name.
    pub fn read(args: &JudgedArgs) -> Result<Self, Failure> {
        let advisories = args.advisories.as_deref().map(OsvDatabase::open);
        let index = args.index_export.as_deref().map(IndexExport::open);
        Ok(Self {
            advisories: advisories.transpose()?,
            index: index.transpose()?,
        })
    }
}

/// Judges one file in the confined child.
pub fn judge(
    file: &Path,
    options: &Options,
    args: &JudgedArgs,
    exports: &Exports,
) -> Result<Report, Failure> {
    let mut report = confined::judge(file, options)?;
    if let Some(rules) = &args.yara {
        yara::add_matches(&mut report, file, rules, options)?;
    }
    let unreadable = |source| ConfinedError::Unreadable {
        path: file.to_owned(),
        source,
    };
    if let Some(database) = &exports.advisories {
        advisories::add_findings(&mut report, file, database, options).map_err(unreadable)?;
    }
    if let Some(index) = &exports.index {
        dependencies::add_findings(&mut report, file, index, options).map_err(unreadable)?;
    }
    Ok(report)
}

/// Judges what the arguments name, and prints it.
pub fn run(args: &JudgedArgs, security_only: bool) -> Result<Outcome, Failure> {
    let asked = options(args, security_only)?;
    let exports = Exports::read(args)?;
    let found: Result<Vec<Artifacts>, Failure> = args
        .paths
        .iter()
        .map(|path| Artifacts::find(path))
        .collect();
    let found = found?;
    let mut work = Vec::new();
    for artifacts in &found {
        let mut options = asked.clone();
        options.allow.extend(artifacts.allowed.iter().cloned());
        let files = artifacts.files.iter();
        work.extend(files.map(|file| (file.as_path(), options.clone())));
    }
    let judged = queue::in_order(&work, |(file, options)| {
        judge(file, options, args, &exports)
    })?;
    reports(&judged, args)?;
    let level: Level = args.level.into();
    let passes = |report: &Report| report.outcome(level) == fapilog_scan::report::Outcome::Pass;
    Ok(match judged.iter().all(passes) {
        true => Outcome::Fine,
        false => Outcome::Findings,
    })
}
