//! Findings about settings: whether they can be used, what they name, what they write.

use super::Finding;
use super::answer::{Answer, Settings};

/// Judges the settings of the environment; nothing where the core could not be asked.
pub fn examine(answer: &Answer) -> Vec<Finding> {
    if answer.core.error.is_some() || answer.extension.error.is_some() {
        // Said already; settings would only fail for the same reason.
        return Vec::new();
    }
    if let Some(error) = &answer.settings_error {
        let detail = format!("they can't be looked at: {error}");
        let finding = Finding::problem("settings-usable", "settings", detail);
        return vec![finding.hint("fapilog config check")];
    }
    let Some(settings) = &answer.settings else {
        return Vec::new();
    };
    let mut findings = vec![usable(settings)];
    findings.extend(extras(answer, settings));
    findings.extend(files(settings));
    findings
}

fn usable(settings: &Settings) -> Finding {
    let Some(error) = &settings.error else {
        let detail = "those of FAPILOG_* and FAPILOG_CONFIG can be used";
        return Finding::ok("settings-usable", "settings", detail);
    };
    let finding = Finding::problem("settings-usable", "settings", error.clone());
    match settings.hint.trim() {
        "" => finding.hint("fapilog config check"),
        hint => finding.hint(hint),
    }
}

/// What is named and absent, and what is there only in part.
fn extras(answer: &Answer, settings: &Settings) -> Vec<Finding> {
    let install = |extra: &str| {
        format!("pip install \"fapilog[{extra}]\"\nuv pip install \"fapilog[{extra}]\"")
    };
    let absent = settings.absent.iter().map(|one| {
        let detail = format!("the settings name `{}`, which is not installed", one.name);
        (detail, one.extra.as_str())
    });
    let partial = answer.extras.iter().map(|one| {
        let missing = one.missing.join("`, `");
        let detail = format!("`fapilog[{}]` lacks `{missing}`", one.extra);
        (detail, one.extra.as_str())
    });
    let faults: Vec<Finding> = absent
        .chain(partial)
        .map(|(detail, extra)| {
            Finding::problem("extras-installed", "extras", detail).hint(&install(extra))
        })
        .collect();
    if faults.is_empty() {
        let detail = "none that is wanted is missing";
        return vec![Finding::ok("extras-installed", "extras", detail)];
    }
    faults
}

fn files(settings: &Settings) -> Vec<Finding> {
    settings
        .folders
        .iter()
        .map(|one| match &one.error {
            None => Finding::ok(
                "log-files-writable",
                "log file",
                format!("`{}` can be written to", one.path),
            ),
            Some(error) => {
                let detail = format!("`{}` can't be written to: {error}", one.path);
                Finding::problem("log-files-writable", "log file", detail).hint(
                    "give its folder to the user that the application runs as, or name another",
                )
            }
        })
        .collect()
}
