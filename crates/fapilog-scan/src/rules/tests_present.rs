//! `tests-present`

use crate::package::{Kind, Package};
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "tests-present",
    family: Family::Quality,
    severity: Severity::Warning,
    title: "the source archive has tests",
    reason: "Nobody but the author can tell whether a change broke the plugin when its tests are nowhere.",
    hint: "keep tests in `tests/`, and include the folder in the source archive",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    if package.kind == Kind::Wheel {
        found.not_applicable = true;
        return;
    }
    let is_test = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        name.ends_with(".py") && (name.starts_with("test_") || name.ends_with("_test.py"))
    };
    if !package.has_file(is_test) {
        found.package("no `test_*.py` in the source archive");
    }
}
