//! What an examination found.

use serde::Serialize;

use super::Interpreter;

/// How a finding is to be taken. The order is from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// Works, and may give trouble.
    Warning,
    /// Does not work.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// Stable identifier of the question: `core-installed`.
    pub id: &'static str,
    /// The answer's worth.
    pub status: Status,
    /// What was looked at, in a word or two: `core`, `plugin acme-sink`.
    pub subject: String,
    /// What was found, in one sentence.
    pub detail: String,
    /// What repairs it: lines to type or to read. Empty for what is as it should be.
    pub hints: Vec<String>,
}

impl Finding {
    /// Something as it should be.
    pub fn ok(id: &'static str, subject: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self {
            id,
            status: Status::Ok,
            subject: subject.to_owned(),
            detail,
            hints: Vec::new(),
        }
    }

    /// Something that may give trouble.
    pub fn warning(id: &'static str, subject: &str, detail: impl Into<String>) -> Self {
        Self {
            status: Status::Warning,
            ..Self::ok(id, subject, detail)
        }
    }

    /// Something that does not work.
    pub fn problem(id: &'static str, subject: &str, detail: impl Into<String>) -> Self {
        Self {
            status: Status::Problem,
            ..Self::ok(id, subject, detail)
        }
    }

    /// The finding with what repairs it, one command or piece of advice a line.
    pub fn hint(mut self, hint: &str) -> Self {
        self.hints.extend(
            hint.lines()
                .filter(|line| !line.trim().is_empty())
                .map(str::to_owned),
        );
        self
    }
}

/// A whole examination.
#[derive(Debug, Serialize)]
pub struct Examination {
    /// Version of this command.
    pub command_version: &'static str,
    /// The interpreter it is about, if one was found.
    pub interpreter: Option<Interpreter>,
    /// How many findings there are of each status.
    pub summary: Summary,
    /// What was found, in the order in which things depend on each other.
    pub findings: Vec<Finding>,
}

/// How many findings there are of each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// As it should be.
    pub ok: usize,
    /// May give trouble.
    pub warnings: usize,
    /// Does not work.
    pub problems: usize,
}

impl Examination {
    /// Counts the findings.
    pub fn new(interpreter: Option<Interpreter>, findings: Vec<Finding>) -> Self {
        let mut summary = Summary::default();
        for finding in &findings {
            match finding.status {
                Status::Ok => summary.ok += 1,
                Status::Warning => summary.warnings += 1,
                Status::Problem => summary.problems += 1,
            }
        }
        Self {
            command_version: env!("CARGO_PKG_VERSION"),
            interpreter,
            summary,
            findings,
        }
    }

    /// The worst status of all.
    pub fn worst(&self) -> Status {
        self.findings
            .iter()
            .map(|finding| finding.status)
            .max()
            .unwrap_or(Status::Ok)
    }
}
