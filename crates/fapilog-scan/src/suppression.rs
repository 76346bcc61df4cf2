//! Findings that an author accepts: never without a reason, never out of sight.

use serde::Deserialize;

use crate::lines::Lines;
use crate::options::Allow;
use crate::package::Package;
use crate::report::Finding;
use crate::rule::Rule;
use crate::rules;

/// Begins a comment that accepts findings of its own line or the one below.
const MARK: &str = "fapilog: allow[";
/// Longest reason that is shown, in characters.
const MAX_REASON_CHARS: usize = 200;

/// Marks findings that a comment on their line, or alone on the line above, accepts.
pub(crate) fn by_comments(findings: &mut [Finding], lines: &Lines<'_>) {
    for finding in findings {
        let Some(line) = finding.place.as_ref().map(|place| place.line) else {
            continue;
        };
        let above = lines.text(line.saturating_sub(1));
        let above = above.trim_start().starts_with('#').then_some(above);
        let reason = [Some(lines.text(line)), above]
            .into_iter()
            .flatten()
            .find_map(|text| comment_for(text, &finding.rule));
        if let Some(reason) = reason {
            finding.suppressed = Some(reason);
        }
    }
}

/// The reason in a comment such as `# fapilog: allow[process-start] asks git for the version`.
fn comment_for(line: &str, rule: &str) -> Option<String> {
    let (_, comment) = line.rsplit_once('#')?;
    let (ids, reason) = comment.trim_start().strip_prefix(MARK)?.split_once(']')?;
    let named = ids.split(',').any(|id| id.trim() == rule);
    reason_of(reason).filter(|_| named)
}

/// What is wrong with a comment that means to accept something.
pub(crate) fn fault(line: &str) -> Option<String> {
    let (_, comment) = line.rsplit_once('#')?;
    let (ids, reason) = comment.trim_start().strip_prefix(MARK)?.split_once(']')?;
    let unknown = ids
        .split(',')
        .map(str::trim)
        .find(|id| rules::find(id).is_none());
    match unknown {
        Some(id) => {
            let shown = fapilog_package::name::shorten(id);
            Some(format!("`{shown}` is accepted, and is no rule"))
        }
        None if reason_of(reason).is_none() => {
            Some("a finding is accepted without a reason".into())
        }
        None => None,
    }
}

fn reason_of(text: &str) -> Option<String> {
    let text: String = text.trim().chars().take(MAX_REASON_CHARS).collect();
    (!text.is_empty()).then(|| crate::lines::printable(&text))
}

/// `[tool.fapilog.check]` of a source archive's own `pyproject.toml`.
#[derive(Deserialize, Default)]
struct Pyproject {
    #[serde(default)]
    tool: Tool,
}

#[derive(Deserialize, Default)]
struct Tool {
    #[serde(default)]
    fapilog: Fapilog,
}

#[derive(Deserialize, Default)]
struct Fapilog {
    #[serde(default)]
    check: CheckTable,
}

#[derive(Deserialize, Default)]
struct CheckTable {
    #[serde(default)]
    allow: Vec<Allow>,
}

/// The accepted findings that a `pyproject.toml` lists under `[[tool.fapilog.check.allow]]`.
///
/// # Errors
///
/// The parser's message when the file can't be read.
pub fn allowed_by(pyproject: &str) -> Result<Vec<Allow>, String> {
    let file: Pyproject = toml::from_str(pyproject).map_err(|error| error.to_string())?;
    Ok(file.tool.fapilog.check.allow)
}

pub(crate) fn in_pyproject(package: &Package) -> Vec<Allow> {
    let text = package.texts.get("pyproject.toml");
    text.and_then(|text| allowed_by(text).ok())
        .unwrap_or_default()
}

/// Marks findings that a table accepts. Gives back what is wrong with the tables.
pub(crate) fn apply(
    findings: &mut [Finding],
    own: &[Allow],
    given: &[Allow],
) -> Vec<(&'static Rule, String)> {
    let mut faults = Vec::new();
    for allow in own.iter().chain(given) {
        let shown = fapilog_package::name::shorten(&allow.rule);
        if rules::find(&allow.rule).is_none() {
            faults.push((
                &rules::SUPPRESSION,
                format!("`{shown}` is accepted, and is no rule"),
            ));
            continue;
        }
        let Some(reason) = reason_of(&allow.reason) else {
            faults.push((
                &rules::SUPPRESSION,
                format!("`{shown}` is accepted without a reason"),
            ));
            continue;
        };
        for finding in findings.iter_mut().filter(|finding| covers(allow, finding)) {
            finding.suppressed.get_or_insert_with(|| reason.clone());
        }
    }
    faults
}

fn covers(allow: &Allow, finding: &Finding) -> bool {
    let in_place = match (&allow.file, &finding.file) {
        (None, _) => true,
        (Some(wanted), Some(file)) => {
            wanted == file || wanted.ends_with('/') && file.starts_with(wanted.as_str())
        }
        (Some(_), None) => false,
    };
    in_place && allow.rule == finding.rule
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_needs_the_rule_and_a_reason() {
        let line = "run(x)  # fapilog: allow[process-start, network-use] asks git";
        assert_eq!(comment_for(line, "process-start").unwrap(), "asks git");
        assert_eq!(comment_for(line, "network-use").unwrap(), "asks git");
        assert_eq!(comment_for(line, "process"), None);
        assert_eq!(
            comment_for("run(x)  # fapilog: allow[process-start]", "process-start"),
            None
        );
        assert_eq!(
            comment_for("run(x)  # fapilog: allow[*] all", "process-start"),
            None
        );
    }
}
