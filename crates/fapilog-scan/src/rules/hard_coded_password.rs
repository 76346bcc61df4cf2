//! `hard-coded-password`

use crate::module::{Module, Role};
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "hard-coded-password",
    family: Family::Security,
    severity: Severity::Warning,
    title: "no passwords in the source",
    reason: "Everybody who installs the package knows the password.",
    hint: "take it from the configuration; a default that is not secret has no business with this name",
    threat: None,
    check: Check::Module(check),
};

/// Words in names of variables that hold secrets.
const NAMES: [&str; 10] = [
    "password",
    "passwd",
    "secret_key",
    "api_key",
    "apikey",
    "auth_token",
    "access_token",
    "private_key",
    "client_secret",
    "encryption_key",
];

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.role != Role::Library {
        return;
    }
    for literal in module
        .facts
        .literals
        .iter()
        .filter(|literal| !literal.is_docstring)
    {
        let Some(target) = literal.target.as_deref().map(str::to_lowercase) else {
            continue;
        };
        let Ok(value) = std::str::from_utf8(&literal.value) else {
            continue;
        };
        if NAMES.iter().any(|name| target.ends_with(name)) && looks_secret(value) {
            found.at(
                module,
                literal.range,
                format!("`{target}` has a constant value"),
            );
        }
    }
}

/// Secrets are one word, with letters and digits mixed; names, words and addresses are not secret.
fn looks_secret(value: &str) -> bool {
    let has = |class: fn(char) -> bool| value.chars().any(class);
    (12..=200).contains(&value.len())
        && !value.contains([' ', '{', '<', '$', '%', '/', '.', ':'])
        && has(|c| c.is_ascii_digit())
        && has(|c| c.is_ascii_alphabetic())
        && crate::entropy::bits(value.as_bytes()) > 3.0
        && !crate::entropy::is_repetitive(value)
}
