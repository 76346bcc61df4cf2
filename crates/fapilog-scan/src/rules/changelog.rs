//! `changelog`

use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "changelog",
    family: Family::Quality,
    severity: Severity::Warning,
    title: "changes are written down",
    reason: "Users decide by the changelog whether to update, and find in it why something broke.",
    hint: "keep a `CHANGELOG.md`, and name its address under `[project.urls]` as `Changelog`",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    let is_log = |text: &str| {
        ["change", "history", "news", "release"]
            .iter()
            .any(|word| text.contains(word))
    };
    let has_file = package.has_file(|path| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_text = !name.contains('.')
            || [".md", ".rst", ".txt"]
                .iter()
                .any(|end| name.ends_with(end));
        is_text && is_log(name)
    });
    let urls = &package.metadata.project_urls;
    let has_address = urls.iter().any(|(label, _)| is_log(&label.to_lowercase()));
    let in_readme = package.metadata.description.as_deref().is_some_and(|text| {
        text.lines()
            .any(|line| line.starts_with('#') && is_log(&line.to_lowercase()))
    });
    if !has_file && !has_address && !in_readme {
        found.package("neither a changelog nor its address is in the package");
    }
}
