//! The reference pages of the rules, made from the rules' own texts and the corpus.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fapilog_scan::rules::RULES;

use crate::case::Case;

/// Compares the pages with what they should be, or writes them when `UPDATE_PAGES` is set.
pub fn check(root: &Path, corpus: &BTreeMap<String, Vec<Case>>) -> Vec<String> {
    let folder = root.join("docs/reference/rules");
    let mut pages: BTreeMap<String, String> = RULES
        .iter()
        .map(|rule| {
            let cases = corpus.get(rule.id).map_or(&[][..], Vec::as_slice);
            (format!("{}.md", rule.id), page(rule, cases))
        })
        .collect();
    pages.insert("README.md".to_owned(), index());
    if std::env::var_os("UPDATE_PAGES").is_some() {
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in &pages {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    let mut faults: Vec<String> = pages
        .iter()
        .filter(|(name, text)| fs::read_to_string(folder.join(name)).ok().as_ref() != Some(text))
        .map(|(name, _)| format!("{name} is not up to date: run `make rule-pages`"))
        .collect();
    let known = fs::read_dir(&folder).into_iter().flatten().flatten();
    let names = known.map(|entry| entry.file_name().to_string_lossy().into_owned());
    faults.extend(
        names
            .filter(|name| !pages.contains_key(name))
            .map(|name| format!("{name} is no rule's page")),
    );
    faults
}

fn page(rule: &fapilog_scan::rules::Rule, cases: &[Case]) -> String {
    let mut text = format!(
        "# {}\n\n{}.\n\n| | |\n|---|---|\n| about | {} |\n| severity | {} |\n\n{}\n\nTo repair it: {}.\n",
        rule.id,
        capitalised(rule.title),
        rule.family.word(),
        rule.severity.word(),
        rule.reason,
        rule.hint,
    );
    for (wrong, heading) in [(true, "Wrong"), (false, "Right")] {
        if let Some(case) = cases.iter().find(|case| case.wrong == wrong) {
            text.push_str(&format!(
                "\n## {heading}: {}\n\n```text\n{}```\n",
                case.name, case.text
            ));
        }
    }
    if cases.iter().any(|case| case.text.starts_with('@')) {
        text.push_str(
            "\nA line that begins with `@` changes the package that the example stands in.\n",
        );
    }
    text.push_str("\nThis page is made by `make rule-pages`; its examples are run as tests.\n");
    text
}

fn index() -> String {
    let mut text = "# Rules\n\nWhat `fapilog-scan` looks at in a package. Severities: `error` must be\nrepaired, `warning` should be, `note` is worth knowing. [Levels](../../concepts/judging-plugins.md) say\nwhich of them block.\n\n| rule | about | severity | asks that |\n|---|---|---|---|\n".to_owned();
    for rule in RULES {
        text.push_str(&format!(
            "| [{0}]({0}.md) | {1} | {2} | {3} |\n",
            rule.id,
            rule.family.word(),
            rule.severity.word(),
            rule.title
        ));
    }
    text.push_str("\nThis page is made by `make rule-pages`.\n");
    text
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
