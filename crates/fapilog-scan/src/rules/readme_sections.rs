//! `readme-sections`

use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "readme-sections",
    family: Family::Quality,
    severity: Severity::Warning,
    title: "the README says how to install and to use it",
    reason: "The README is the page of the plugin in the marketplace: users decide by it.",
    hint: "write headings for installation, usage with an example in a code block, and options",
    threat: None,
    check: Check::Package(check),
};

/// Shortest text in characters that can say anything.
const SHORTEST: usize = 200;

fn check(package: &Package, found: &mut Found<'_>) {
    let Some(text) = package.metadata.description.as_deref() else {
        found.package("there is no README in the metadata: set `readme` in pyproject.toml");
        return;
    };
    if text.chars().count() < SHORTEST {
        found.package(format!("the README has fewer than {SHORTEST} characters"));
        return;
    }
    let lower = text.to_lowercase();
    if !["pip install", "uv add", "uv pip install", "poetry add"]
        .iter()
        .any(|command| lower.contains(command))
    {
        found.package("the README does not say how to install it: `pip install …`, `uv add …`");
    }
    let has_code = text.contains("```") || lower.contains(".. code") || text.contains("::\n\n");
    if !has_code {
        found.package("the README has no example in a code block");
    }
    let headings = text.lines().filter(|line| line.starts_with('#')).count();
    let underlined = text
        .lines()
        .filter(|line| line.len() >= 3 && line.chars().all(|c| matches!(c, '=' | '-' | '~' | '^')));
    if headings + underlined.count() < 2 {
        found.package("the README has no sections");
    }
}
