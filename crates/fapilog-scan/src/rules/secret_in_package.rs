//! `secret-in-package`

use std::sync::OnceLock;

use regex::{Regex, RegexSet};

use crate::lines::Lines;
use crate::package::File;
use crate::report::Place;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "secret-in-package",
    family: Family::Security,
    severity: Severity::Error,
    title: "no keys and tokens in the package",
    reason: "What is published once is known for ever; keys in packages are found by programs within minutes.",
    hint: "revoke the key now, and read it from the configuration or the environment",
    threat: None,
    check: Check::File(check),
};

/// Longest text file in bytes that is searched.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Keys that tell by their form whose they are: name, and pattern.
const PATTERNS: [(&str, &str); 20] = [
    (
        "a private key",
        r"-----BEGIN (?:RSA |EC |DSA |OPENSSH |PGP |ENCRYPTED )?PRIVATE KEY(?: BLOCK)?-----\s*[A-Za-z0-9+/=\r\n:,. -]{40}",
    ),
    ("an AWS access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("a GitHub token", r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
    ("a GitHub token", r"\bgithub_pat_[A-Za-z0-9_]{60,}\b"),
    ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,}\b"),
    ("a PyPI token", r"\bpypi-AgE[A-Za-z0-9_-]{50,}"),
    ("an npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("a Slack token", r"\bxox[abprs]-[A-Za-z0-9-]{20,}"),
    (
        "a Slack webhook",
        r"https://hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}",
    ),
    (
        "a Discord webhook",
        r"https://(?:ptb\.|canary\.)?discord(?:app)?\.com/api/webhooks/[0-9]{16,}/[A-Za-z0-9_-]{40,}",
    ),
    (
        "a Telegram bot token",
        r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b",
    ),
    ("a Stripe key", r"\b[sr]k_live_[A-Za-z0-9]{20,}\b"),
    ("a Google API key", r"\bAIza[A-Za-z0-9_-]{35}\b"),
    ("a Google service account", r#""type":\s*"service_account""#),
    (
        "an Azure storage key",
        r"AccountKey=[A-Za-z0-9+/]{80,}={0,2}",
    ),
    (
        "a SendGrid key",
        r"\bSG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{40,}\b",
    ),
    ("an OpenAI key", r"\bsk-(?:proj-)?[A-Za-z0-9_-]{40,}\b"),
    ("an Anthropic key", r"\bsk-ant-[A-Za-z0-9_-]{40,}"),
    (
        "a JSON web token",
        r"\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}",
    ),
    (
        "a password in an address",
        r"\b[a-z][a-z0-9+.-]{2,20}://[A-Za-z0-9_.-]{1,64}:[^\s/@:'\x22{}<>$%]{8,64}@[A-Za-z0-9-]{2,}\.[A-Za-z0-9.-]{2,}",
    ),
];

fn check(file: &File<'_>, found: &mut Found<'_>) {
    if file.bytes.len() > MAX_BYTES || file.bytes.contains(&0) {
        return;
    }
    let Ok(text) = std::str::from_utf8(file.bytes) else {
        return;
    };
    let Some((set, patterns)) = patterns() else {
        return;
    };
    let matched = set.matches(text);
    if !matched.matched_any() {
        return;
    }
    let lines = Lines::new(text);
    for index in &matched {
        let (Some((name, _)), Some(pattern)) = (PATTERNS.get(index), patterns.get(index)) else {
            continue;
        };
        for hit in pattern
            .find_iter(text)
            .filter(|hit| !is_example(hit.as_str()))
            .take(5)
        {
            let mut place = lines.place(hit.start(), hit.end());
            hide(&mut place);
            found.place(file.path, &place, format!("{name} is in the package"));
        }
    }
}

/// The report must not carry the secret on: a part of the excerpt is replaced.
fn hide(place: &mut Place) {
    let from = place.excerpt_start as usize + 4;
    let to = (place.excerpt_start + place.excerpt_length) as usize;
    let hidden = |(index, c): (usize, char)| if (from..to).contains(&index) { '*' } else { c };
    place.excerpt = place.excerpt.chars().enumerate().map(hidden).collect();
}

/// Documentation shows keys that nobody has.
fn is_example(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words = [
        "example",
        "xxxx",
        "....",
        "your",
        "changeme",
        "placeholder",
        "dummy",
        "sample",
        "1234567890",
        "abcdefgh",
        "password@",
        "secret@",
        "localhost",
        "user:pass",
        "insert",
        "redacted",
    ];
    words.iter().any(|word| lower.contains(word)) || crate::entropy::is_repetitive(text)
}

fn patterns() -> Option<&'static (RegexSet, Vec<Regex>)> {
    static COMPILED: OnceLock<Option<(RegexSet, Vec<Regex>)>> = OnceLock::new();
    COMPILED
        .get_or_init(|| {
            let set = RegexSet::new(PATTERNS.iter().map(|(_, pattern)| *pattern)).ok()?;
            let each: Result<Vec<Regex>, _> = PATTERNS
                .iter()
                .map(|(_, pattern)| Regex::new(pattern))
                .collect();
            Some((set, each.ok()?))
        })
        .as_ref()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_pattern_is_one() {
        assert!(super::patterns().is_some());
    }
}
