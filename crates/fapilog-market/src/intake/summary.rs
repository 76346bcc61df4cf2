//! What is kept of a verdict with the published file.

use std::collections::BTreeSet;

use fapilog_scan::report::Severity;
use fapilog_scan::{Level, Report};

use crate::error::MarketError;
use crate::intake::judge::Verdict;
use crate::queries::scans::{Documents, ScanRow, verdict};

/// The row and the texts of a verdict; nothing when there was no scan.
///
/// # Errors
///
/// `internal`.
pub fn of_verdict(
    filename: &str,
    judged: &Verdict,
    now_us: i64,
) -> Result<Option<(ScanRow, Documents)>, MarketError> {
    let Some((level, report)) = &judged.scan else {
        return Ok(None);
    };
    let text = serde_json::to_string(report).map_err(|error| MarketError::internal(&error))?;
    let mut row = row(filename, *level, report, now_us);
    if !judged.reasons.is_empty() {
        verdict::REJECTED.clone_into(&mut row.verdict);
    }
    let told = report.plugin.as_ref().map(|plugin| &plugin.configuration);
    let told = told.filter(|configuration| !configuration.is_empty());
    let told = told.map(serde_json::to_string).transpose();
    let documents = Documents {
        configuration: told.map_err(|error| MarketError::internal(&error))?,
        report: text,
        sbom: judged.sbom.clone(),
    };
    Ok(Some((row, documents)))
}

fn row(filename: &str, level: Level, report: &Report, now_us: i64) -> ScanRow {
    let count = |severity: Severity| {
        let open = report.findings.iter().filter(|it| it.suppressed.is_none());
        let of_it = open.filter(|finding| finding.severity == severity);
        i64::try_from(of_it.count()).unwrap_or(i64::MAX)
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let found = match errors + warnings {
        0 => verdict::PASSED,
        _ => verdict::WARNINGS,
    };
    let kinds = report.capabilities.kinds();
    let words: BTreeSet<&str> = kinds.iter().map(|kind| kind.word()).collect();
    ScanRow {
        filename: filename.to_owned(),
        verdict: found.to_owned(),
        level: level.word().to_owned(),
        errors,
        warnings,
        notes: count(Severity::Note),
        capabilities: words.into_iter().collect::<Vec<_>>().join(" "),
        judged_us: now_us,
    }
}
