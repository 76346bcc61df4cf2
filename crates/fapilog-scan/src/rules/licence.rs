//! `licence`

use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "licence",
    family: Family::Quality,
    severity: Severity::Warning,
    title: "the licence is stated and enclosed",
    reason: "Nobody may use what has no licence, and tools read only SPDX expressions.",
    hint: "write `license = \"Apache-2.0\"` and `license-files = [\"LICENSE\"]` in pyproject.toml",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    match package.metadata.license.as_deref() {
        None => {
            let classified = package.metadata.classifiers.iter();
            if !classified
                .clone()
                .any(|line| line.starts_with("License ::"))
            {
                found.package("no licence is stated");
            }
        }
        Some(text) if !is_expression(text) => {
            let shown = fapilog_package::name::shorten(text.lines().next().unwrap_or_default());
            let message = format!("the licence `{shown}` is no SPDX expression");
            found.package_as(Severity::Note, message);
        }
        Some(_) => {}
    }
    let is_licence_file = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        ["licen", "copying", "notice", "copyright"]
            .iter()
            .any(|word| name.starts_with(word))
            || path.contains(".dist-info/licenses/")
    };
    if !package.has_file(is_licence_file) {
        found.package("the text of the licence is not in the package");
    }
}

/// SPDX identifiers count in any case.
fn is_expression(text: &str) -> bool {
    spdx::Expression::parse_mode(
        text,
        spdx::ParseMode {
            allow_unknown: true,
            ..spdx::ParseMode::LAX
        },
    )
    .is_ok()
}
