//! `distribution-name`

use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "distribution-name",
    family: Family::Quality,
    severity: Severity::Warning,
    title: "the distribution is called `fapilog-…`",
    reason: "Users find plugins by their name, and the marketplace reserves the prefix for plugins.",
    hint: "name the project `fapilog-NAME` in pyproject.toml, with small letters, digits and single hyphens",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    let metadata = &package.metadata;
    if !metadata.project.is_plugin_distribution() {
        found.package(format!("the distribution is called `{}`", metadata.project));
    } else if metadata.name != metadata.project.as_str() {
        found.package(format!(
            "the name is written `{}`, its normal form is `{}`",
            fapilog_package::name::shorten(&metadata.name),
            metadata.project
        ));
    }
}
