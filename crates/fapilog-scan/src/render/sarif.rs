//! A report in SARIF 2.1.0, for code scanning tools.

use serde_json::{Value, json};

use crate::report::{Family, Finding, Report, Severity};
use crate::rules;

/// The published schema's address; it names the format and is not fetched.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Makes one SARIF log with a run for each report.
#[must_use]
pub fn log(reports: &[Report]) -> Value {
    let runs: Vec<Value> = reports.iter().map(run).collect();
    json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": runs })
}

fn run(report: &Report) -> Value {
    let rules: Vec<Value> = rules::RULES
        .iter()
        .map(|rule| rule_descriptor(rule))
        .collect();
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| result(report, finding))
        .collect();
    json!({
        "tool": { "driver": {
            "name": "fapilog-scan",
            "semanticVersion": report.rules_version,
            "rules": rules,
        }},
        "artifacts": [{
            "location": { "uri": uri(&report.artifact.filename) },
            "length": report.artifact.size_bytes,
            "hashes": { "sha-256": report.artifact.sha256 },
            "roles": ["analysisTarget"],
        }],
        "columnKind": "unicodeCodePoints",
        "results": results,
    })
}

fn rule_descriptor(rule: &rules::Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.reason },
        "help": { "text": rule.hint },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": { "tags": [family(rule.family)] },
    })
}

const fn level(severity: Severity) -> &'static str {
    // The same words, by chance.
    severity.word()
}

const fn family(family: Family) -> &'static str {
    family.word()
}

fn result(report: &Report, finding: &Finding) -> Value {
    // Findings about the whole package are at the archive itself.
    let file = finding.file.as_deref().unwrap_or(&report.artifact.filename);
    let mut physical = json!({ "artifactLocation": { "uri": uri(file) } });
    if let (Some(place), Some(physical)) = (&finding.place, physical.as_object_mut()) {
        let region = json!({
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
            "snippet": { "text": place.excerpt },
        });
        physical.insert("region".to_owned(), region);
    }
    let index = rules::RULES.iter().position(|rule| rule.id == finding.rule);
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": { "text": format!("{}. {} To repair: {}", finding.message, finding.reason, finding.hint) },
        "locations": [{ "physicalLocation": physical }],
    });
    if let Some(fields) = result.as_object_mut() {
        if let Some(index) = index {
            fields.insert("ruleIndex".to_owned(), json!(index));
        }
        if let Some(reason) = &finding.suppressed {
            let suppression = json!({ "kind": "inSource", "justification": reason });
            fields.insert("suppressions".to_owned(), json!([suppression]));
        }
    }
    result
}

/// A path as a relative URI reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
