//! `process-start`

use crate::capability::Capability;
use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "process-start",
    family: Family::Security,
    severity: Severity::Warning,
    title: "starting programs is declared",
    reason: "A program started by a plugin runs with all rights of the application.",
    hint: "declare it on the plugin class: `capabilities = [\"subprocess:git\"]`, or leave it out",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    super::undeclared(package, Capability::Subprocess, found);
}
