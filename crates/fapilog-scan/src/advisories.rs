//! Known vulnerabilities of what a package requires, from an OSV export that the operator fetched.

use std::path::Path;
use std::time::SystemTime;

use fapilog_package::osv::{Exposure, OsvDatabase};

use crate::options::Options;
use crate::report::{Report, Severity};
use crate::{dependencies, rules};

/// Adds a finding for each advisory that affects what a package requires, or the package itself.
///
/// A requirement of which every version is affected is an error; one that also allows others is a
/// warning. A package that can't be opened is left as it is: its report says so already.
///
/// # Errors
///
/// [`std::io::Error`] when the artifact can't be read.
pub fn add_findings(
    report: &mut Report,
    artifact: &Path,
    database: &OsvDatabase,
    options: &Options,
) -> std::io::Result<()> {
    let Some(metadata) = dependencies::metadata_of(artifact)? else {
        return Ok(());
    };
    let mut messages = Vec::new();
    for advisory in database.matching(&metadata.project, &metadata.version) {
        let message = format!(
            "this version is affected by {}: {}",
            advisory.id, advisory.summary
        );
        messages.push((Severity::Error, message));
    }
    for requirement in dependencies::requirements(&metadata) {
        let exposed = database.matching_range(&requirement.project, &requirement.specifiers);
        for (advisory, exposure) in exposed {
            let (severity, what) = match exposure {
                Exposure::Unavoidable => (Severity::Error, "every version of"),
                Exposure::Allowed => (Severity::Warning, "some version of"),
            };
            let message = format!(
                "{what} `{}` that it allows is affected by {}: {}",
                requirement.project, advisory.id, advisory.summary
            );
            messages.push((severity, message));
        }
    }
    let age = dependencies::shown_age(database.age(SystemTime::now()));
    for (severity, message) in messages {
        let message = format!("{message} (the export is {age})");
        let mut finding = rules::VULNERABLE.finding(message);
        finding.severity = severity;
        report.findings.push(finding);
    }
    report.decide(&options.policy);
    Ok(())
}
