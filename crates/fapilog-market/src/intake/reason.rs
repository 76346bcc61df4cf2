//! Why a file was rejected, as its publisher reads it.

use fapilog_scan::report::{Finding, Outcome};
use fapilog_scan::{Level, Report};
use serde::{Deserialize, Serialize};

use crate::error::MarketError;

/// Most reasons that are told; the report has them all.
const MOST: usize = 50;

/// Why a file was rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable identifier; of what the scan found, the rule's.
    pub id: String,
    /// What is wrong, with which value, and what was expected.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl From<MarketError> for Reason {
    fn from(error: MarketError) -> Self {
        Self {
            id: error.id.to_owned(),
            message: error.message,
            hint: error.hint,
        }
    }
}

impl From<&Finding> for Reason {
    fn from(finding: &Finding) -> Self {
        let line = finding
            .place
            .as_ref()
            .map(|place| format!(":{}", place.line));
        let place = finding
            .file
            .as_ref()
            .map(|file| format!(" ({file}{})", line.unwrap_or_default()));
        Self {
            id: finding.rule.clone(),
            message: format!("{}{}", finding.message, place.unwrap_or_default()),
            hint: finding.hint.clone(),
        }
    }
}

/// What blocks a file at a level; nothing when it passes.
#[must_use]
pub fn of_report(report: &Report, level: Level) -> Vec<Reason> {
    if report.outcome(level) == Outcome::Pass {
        return Vec::new();
    }
    let blocking = report.verdicts.get(&level).map(|verdict| &verdict.blocking);
    let blocks = |rule: &String| blocking.is_some_and(|rules| rules.contains(rule));
    let mut findings: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| blocks(&finding.rule))
        .collect();
    // A rule that blocks by its errors may have found what is merely worth knowing, too.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let reasons: Vec<Reason> = findings.into_iter().take(MOST).map(Reason::from).collect();
    if !reasons.is_empty() {
        return reasons;
    }
    vec![Reason {
        id: "not-judged".to_owned(),
        message: format!("it could not be judged at level `{}`", level.word()),
        hint: "ask the marketplace's operator to look into the server's log".to_owned(),
    }]
}

#[cfg(test)]
mod tests {
    use fapilog_scan::report::Artifact;

    use super::*;

    #[test]
    fn what_could_not_be_judged_never_passes() {
        let artifact = Artifact {
            filename: "fapilog_acme-1.0-py3-none-any.whl".to_owned(),
            sha256: String::new(),
            size_bytes: 1,
        };
        let mut report = Report::not_judged(artifact, "it took too long");
        let reasons = of_report(&report, Level::Community);
        assert!(reasons[0].message.contains("took too long"), "{reasons:?}");
        report.findings.clear();
        report.verdicts.clear();
        assert_eq!(of_report(&report, Level::Community)[0].id, "not-judged");
    }
}
