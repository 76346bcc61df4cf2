//! `unbounded-requirement`

use fapilog_package::name::shorten;

use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "unbounded-requirement",
    family: Family::Dependencies,
    severity: Severity::Note,
    title: "requirements say which versions they mean",
    reason: "A requirement without a range installs whatever is newest, also what was uploaded by a thief an hour ago.",
    hint: "write a range: `httpx>=0.27,<1`",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    for line in &package.metadata.requires_dist {
        let requirement = line.split(';').next().unwrap_or_default();
        let is_address = requirement.contains('@');
        if !is_address && !requirement.contains(['<', '>', '=', '~']) {
            found.package(format!("the requirement `{}` has no range", shorten(line)));
        }
    }
}
