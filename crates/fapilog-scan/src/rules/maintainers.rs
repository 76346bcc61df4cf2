//! `maintainers`

use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "maintainers",
    family: Family::Quality,
    severity: Severity::Warning,
    title: "somebody answers for it",
    reason: "A security problem needs an address to which it can be reported.",
    hint: "write `authors = [{ name = \"…\", email = \"…\" }]` or `maintainers` in pyproject.toml",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    let metadata = &package.metadata;
    if metadata.author.is_none() && metadata.maintainer.is_none() {
        found.package("neither author nor maintainer is named");
    }
}
