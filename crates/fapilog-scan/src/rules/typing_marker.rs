//! `typing-marker`

use crate::package::{Kind, Package};
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "typing-marker",
    family: Family::Quality,
    severity: Severity::Warning,
    title: "the package says that it is typed",
    reason: "Without `py.typed`, type checkers treat everything in the package as unknown.",
    hint: "add an empty file `py.typed` to the package, and make sure that it is in the wheel",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    if package.kind == Kind::Source || package.modules.is_empty() {
        found.not_applicable = true;
    } else if !package.has_file(|path| path.ends_with("/py.typed")) {
        found.package("no `py.typed` in the wheel");
    }
}
