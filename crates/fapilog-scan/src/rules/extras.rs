//! `extras`

use std::collections::BTreeSet;

use fapilog_package::name::shorten;

use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "extras",
    family: Family::Quality,
    severity: Severity::Warning,
    title: "extras and requirements fit together",
    reason: "An extra without requirements installs nothing, and a requirement of an extra that is not provided is never installed.",
    hint: "declare each extra once under `[project.optional-dependencies]`, in small letters, with its requirements",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    let metadata = &package.metadata;
    let mut named = BTreeSet::new();
    for line in &metadata.requires_dist {
        named.extend(extras_in(line));
    }
    for extra in &metadata.provides_extra {
        let shown = shorten(extra);
        if !named.contains(&normal(extra)) {
            found.package_as(
                Severity::Note,
                format!("the extra `{shown}` has no requirement"),
            );
        }
        if normal(extra) != *extra {
            found.package(format!(
                "the extra `{shown}` is not in its normal form `{}`",
                normal(extra)
            ));
        }
    }
    let provided: BTreeSet<String> = metadata
        .provides_extra
        .iter()
        .map(|extra| normal(extra))
        .collect();
    for extra in named.difference(&provided) {
        found.package(format!(
            "requirements name the extra `{}`, which is not provided",
            shorten(extra)
        ));
    }
}

/// Names compared with `extra` in a requirement's marker.
fn extras_in(line: &str) -> Vec<String> {
    let Some((_, marker)) = line.split_once(';') else {
        return Vec::new();
    };
    let mut names = Vec::new();
    let mut rest = marker;
    while let Some((_, after)) = rest.split_once("extra") {
        let value = after.trim_start().trim_start_matches(['=', '!', ' ']);
        let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let inside = quote.and_then(|quote| value.get(1..)?.split_once(quote));
        names.extend(inside.map(|(name, _)| normal(name)));
        rest = after;
    }
    names
}

/// PEP 685: small letters, single hyphens.
fn normal(extra: &str) -> String {
    let parts = extra.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_lowercase()
}
