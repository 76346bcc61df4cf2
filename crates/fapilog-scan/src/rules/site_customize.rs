//! `site-customize`

use crate::package::File;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "site-customize",
    family: Family::Security,
    severity: Severity::Error,
    title: "nothing runs when Python starts",
    reason: "`sitecustomize` and `usercustomize` are imported by every Python of the environment.",
    hint: "leave the file out",
    threat: Some(Threat {
        stage: Stage::Trigger,
        specificity: 10,
    }),
    check: Check::File(check),
};

fn check(file: &File<'_>, found: &mut Found<'_>) {
    let parts: Vec<&str> = file.path.split('/').collect();
    let name = parts.last().copied().unwrap_or_default();
    let is_customize = matches!(
        name,
        "sitecustomize.py" | "usercustomize.py" | "sitecustomize.pyc"
    );
    let installs = parts.len() == 1 || parts.iter().any(|part| part.ends_with(".data"));
    if is_customize && installs {
        found.file(file.path, "every Python of the environment imports it");
    }
}
