//! `core-range`

use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "core-range",
    family: Family::Quality,
    severity: Severity::Error,
    title: "the range of cores is declared",
    reason: "The core refuses plugins without a range, and a range without an end promises what nobody can know.",
    hint: "write `dependencies = [\"fapilog>=3.0,<4.0\"]` in pyproject.toml",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    match package.metadata.core_range() {
        Ok(None) => found.package("no `Requires-Dist: fapilog…` says which cores it works with"),
        Err(error) => found.package(format!("the range of cores can't be read: {error}")),
        Ok(Some(range)) => {
            let has_end = range.split(',').any(|part| {
                let part = part.trim();
                part.starts_with('<') || part.starts_with("==") || part.starts_with("~=")
            });
            if !has_end {
                found.package_as(
                    Severity::Warning,
                    format!("the range `fapilog{range}` has no end: a later core may break it"),
                );
            }
        }
    }
}
