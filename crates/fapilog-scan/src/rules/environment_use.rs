//! `environment-use`

use crate::capability::Capability;
use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "environment-use",
    family: Family::Security,
    severity: Severity::Note,
    title: "reading environment variables is declared",
    reason: "Environment variables hold the secrets of the application: which ones a plugin reads must be known.",
    hint: "declare it on the plugin class: `capabilities = [\"environment:ACME_TOKEN\"]`, or take the value from the configuration",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    super::undeclared(package, Capability::Environment, found);
}
