//! `project-links`

use fapilog_package::name::shorten;

use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "project-links",
    family: Family::Quality,
    severity: Severity::Warning,
    title: "source and issues can be found",
    reason: "What was built from where, and where to report problems, is part of what a plugin promises.",
    hint: "write `Repository` and `Issues` with https addresses under `[project.urls]`",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    let urls = &package.metadata.project_urls;
    let has = |words: &[&str]| {
        urls.iter().any(|(label, _)| {
            let label = label.to_lowercase();
            words.iter().any(|word| label.contains(word))
        })
    };
    if !has(&["source", "repository", "code", "homepage", "github", "home"]) {
        found.package("no address of the source or home page");
    } else if !has(&[
        "issue",
        "bug",
        "tracker",
        "support",
        "source",
        "repository",
        "code",
        "github",
    ]) {
        found.package_as(Severity::Note, "no address at which problems are reported");
    }
    for (label, url) in urls {
        if !url.starts_with("https://") {
            let (label, url) = (shorten(label), shorten(url));
            found.package_as(
                Severity::Note,
                format!("the address `{url}` of `{label}` is not https"),
            );
        }
    }
}
