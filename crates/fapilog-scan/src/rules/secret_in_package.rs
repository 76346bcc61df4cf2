//! `secret-in-package`

use std::sync::OnceLock;

use memchr::memmem;
use regex::Regex;

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

/// Keys that tell by their form whose they are: name, a part that each has, and pattern.
const PATTERNS: [(&str, &str, &str); 20] = [
    (
        "a private key",
        "PRIVATE KEY",
        r"-----BEGIN (?:RSA |EC |DSA |OPENSSH |PGP |ENCRYPTED )?PRIVATE KEY(?: BLOCK)?-----\s*[A-Za-z0-9+/=\r\n:,. -]{40}",
    ),
    (
        "an AWS access key",
        "IA",
        r"(?-u:\b)(?:AKIA|ASIA)[0-9A-Z]{16}(?-u:\b)",
    ),
    (
        "a GitHub token",
        "gh",
        r"(?-u:\b)gh[pousr]_[A-Za-z0-9]{36,}(?-u:\b)",
    ),
    (
        "a GitHub token",
        "github_pat_",
        r"(?-u:\b)github_pat_[A-Za-z0-9_]{60,}(?-u:\b)",
    ),
    (
        "a GitLab token",
        "glpat-",
        r"(?-u:\b)glpat-[A-Za-z0-9_-]{20,}(?-u:\b)",
    ),
    (
        "a PyPI token",
        "pypi-AgE",
        r"(?-u:\b)pypi-AgE[A-Za-z0-9_-]{50,}",
    ),
    (
        "an npm token",
        "npm_",
        r"(?-u:\b)npm_[A-Za-z0-9]{36}(?-u:\b)",
    ),
    (
        "a Slack token",
        "xox",
        r"(?-u:\b)xox[abprs]-[A-Za-z0-9-]{20,}",
    ),
    (
        "a Slack webhook",
        "hooks.slack.com",
        r"https://hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}",
    ),
    (
        "a Discord webhook",
        "/api/webhooks/",
        r"https://(?:ptb\.|canary\.)?discord(?:app)?\.com/api/webhooks/[0-9]{16,}/[A-Za-z0-9_-]{40,}",
    ),
    (
        "a Telegram bot token",
        ":AA",
        r"(?-u:\b)[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b",
    ),
    (
        "a Stripe key",
        "k_live_",
        r"(?-u:\b)[sr]k_live_[A-Za-z0-9]{20,}(?-u:\b)",
    ),
    (
        "a Google API key",
        "AIza",
        r"(?-u:\b)AIza[A-Za-z0-9_-]{35}(?-u:\b)",
    ),
    (
        "a Google service account",
        "service_account",
        r#""type":\s*"service_account""#,
    ),
    (
        "an Azure storage key",
        "AccountKey=",
        r"AccountKey=[A-Za-z0-9+/]{80,}={0,2}",
    ),
    (
        "a SendGrid key",
        "SG.",
        r"(?-u:\b)SG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{40,}\b",
    ),
    (
        "an OpenAI key",
        "sk-",
        r"(?-u:\b)sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,}|[A-Za-z0-9]{40,})(?-u:\b)",
    ),
    (
        "an Anthropic key",
        "sk-ant-",
        r"(?-u:\b)sk-ant-[A-Za-z0-9_-]{40,}",
    ),
    (
        "a JSON web token",
        "eyJ",
        r"(?-u:\b)eyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}",
    ),
    (
        "a password in an address",
        "://",
        r"(?-u:\b)[a-z][a-z0-9+.-]{2,20}://[A-Za-z0-9_.-]{1,64}:[^\s/@:'\x22{}<>$%]{8,64}@[A-Za-z0-9-]{2,}\.[A-Za-z0-9.-]{2,}",
    ),
];

fn check(file: &File<'_>, found: &mut Found<'_>) {
    if file.bytes.len() > MAX_BYTES || file.bytes.contains(&0) {
        return;
    }
    let Ok(text) = std::str::from_utf8(file.bytes) else {
        return;
    };
    // Sums of files, of which some look like keys.
    if file.path.ends_with(".dist-info/RECORD") {
        return;
    }
    let mut lines = None;
    for ((name, part, pattern), compiled) in PATTERNS.iter().zip(&COMPILED) {
        if memmem::find(file.bytes, part.as_bytes()).is_none() {
            continue;
        }
        let compiled = compiled.get_or_init(|| Regex::new(pattern).ok());
        for hit in compiled
            .iter()
            .flat_map(|pattern| pattern.find_iter(text))
            .filter(|hit| !is_example(hit.as_str()))
            .take(5)
        {
            let lines = lines.get_or_insert_with(|| Lines::new(text));
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

/// Compiled when a file has the part; most packages need none.
static COMPILED: [OnceLock<Option<Regex>>; 20] = [const { OnceLock::new() }; 20];

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::PATTERNS;

    #[test]
    fn every_pattern_is_one() {
        for (name, _, pattern) in PATTERNS {
            assert!(Regex::new(pattern).is_ok(), "{name}");
        }
    }
}
