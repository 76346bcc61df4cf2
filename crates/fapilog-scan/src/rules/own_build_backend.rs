//! `own-build-backend`

use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "own-build-backend",
    family: Family::Security,
    severity: Severity::Warning,
    title: "the build backend is known",
    reason: "A backend inside the archive is code that runs at installation, like `setup.py`, where few look for it.",
    hint: "build with a backend that is published by itself: hatchling, setuptools, maturin",
    threat: Some(Threat {
        stage: Stage::Trigger,
        specificity: 6,
    }),
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    let Some(text) = package.texts.get("pyproject.toml") else {
        found.not_applicable = true;
        return;
    };
    let Ok(table) = text.parse::<toml::Table>() else {
        found.file("pyproject.toml", "it can't be read");
        return;
    };
    let system = table.get("build-system");
    if system.is_some_and(|system| system.get("backend-path").is_some()) {
        let message = "`backend-path` is set: the package brings its own build backend";
        found.file("pyproject.toml", message);
    }
    let requires = system
        .and_then(|system| system.get("requires"))
        .and_then(toml::Value::as_array);
    for requirement in requires
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_str)
    {
        if requirement.contains('@') || requirement.contains("://") {
            let shown = fapilog_package::name::shorten(requirement);
            found.file(
                "pyproject.toml",
                format!("the build needs `{shown}` from an address of its own"),
            );
        }
    }
}
