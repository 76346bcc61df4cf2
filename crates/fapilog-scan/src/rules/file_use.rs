//! `file-use`

use crate::capability::Capability;
use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "file-use",
    family: Family::Security,
    severity: Severity::Note,
    title: "access to files is declared",
    reason: "A log pipeline runs with the rights of the application: its files are worth protecting.",
    hint: "declare it on the plugin class: `capabilities = [\"files:/var/log/acme\"]`, or take the value from the configuration",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    super::undeclared(package, Capability::Files, found);
}
