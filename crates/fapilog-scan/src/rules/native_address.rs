//! `native-address`

use std::collections::BTreeSet;
use std::sync::OnceLock;

use regex::bytes::Regex;

use crate::exposure::host;
use crate::package::File;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "native-address",
    family: Family::Security,
    severity: Severity::Note,
    title: "native code names no addresses of its own",
    reason: "An address inside a binary is where it connects to, whatever the configuration says.",
    hint: "take addresses from the configuration",
    threat: None,
    check: Check::File(check),
};

/// Most addresses of one file that are listed.
const MOST: usize = 5;
/// Most addresses that are looked at.
const MOST_ADDRESSES: usize = 1000;

fn check(file: &File<'_>, found: &mut Found<'_>) {
    if !super::native::is_native(file) {
        return;
    }
    let Some(pattern) = pattern() else {
        return;
    };
    let found_at = pattern.find_iter(file.bytes).take(MOST_ADDRESSES);
    let hosts: BTreeSet<String> = found_at
        .filter_map(|address| host(std::str::from_utf8(address.as_bytes()).ok()?))
        .filter(|host| is_address(host))
        .collect();
    let more = hosts.len().saturating_sub(MOST);
    for host in hosts.iter().take(MOST) {
        found.file(file.path, format!("the address `{host}` is in it"));
    }
    if more > 0 {
        found.file(file.path, format!("{more} more addresses are in it"));
    }
}

fn pattern() -> Option<&'static Regex> {
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    let made = || Regex::new(r"(?-u)(?:https?|ftp|wss?|tcp)://[A-Za-z0-9.-]{4,200}").ok();
    PATTERN.get_or_init(made).as_ref()
}

/// Addresses of documentation and standards are in every binary.
fn is_address(host: &str) -> bool {
    const USUAL: [&str; 14] = [
        "docs.rs",
        "github.com",
        "doc.rust-lang.org",
        "www.w3.org",
        "example.com",
        "example.org",
        "localhost",
        "127.0.0.1",
        "www.apache.org",
        "bugs.python.org",
        "docs.python.org",
        "pyo3.rs",
        "json-schema.org",
        "errors.pydantic.dev",
    ];
    let is_host = host.contains('.')
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    is_host && !USUAL.contains(&host)
}
