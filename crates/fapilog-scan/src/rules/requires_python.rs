//! `requires-python`

use fapilog_package::name::shorten;

use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "requires-python",
    family: Family::Quality,
    severity: Severity::Warning,
    title: "the range of Pythons is declared",
    reason: "Installers choose the newest version that says it works: without a range, old interpreters get new code.",
    hint: "write `requires-python = \">=3.10\"` in pyproject.toml",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    match package.metadata.requires_python.as_deref() {
        None => found.package("`Requires-Python` is missing"),
        Some(range)
            if range
                .split(',')
                .any(|part| part.trim().starts_with("<3") || part.trim().starts_with("<4")) =>
        {
            let message = format!(
                "`Requires-Python: {}` excludes Pythons that do not exist yet",
                shorten(range)
            );
            found.package_as(Severity::Note, message);
        }
        Some(_) => {}
    }
}
