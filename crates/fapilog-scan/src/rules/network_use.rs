//! `network-use`

use crate::capability::Capability;
use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "network-use",
    family: Family::Security,
    severity: Severity::Warning,
    title: "network connections are declared",
    reason: "Users decide which plugins may talk to whom by what the plugins declare.",
    hint: "declare it on the plugin class: `capabilities = [\"network:api.example.com\"]`, or leave it out",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    super::undeclared(package, Capability::Network, found);
}
