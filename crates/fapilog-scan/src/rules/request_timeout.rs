//! `request-timeout`

use crate::module::{Module, Role};
use crate::python::fact::Call;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "request-timeout",
    family: Family::Security,
    severity: Severity::Warning,
    title: "requests end after a time",
    reason: "These functions wait for ever: a server that never answers holds the plugin, and what waits for it.",
    hint: "give a limit: `requests.post(url, timeout=10)`",
    threat: None,
    check: Check::Module(check),
};

/// Clients without a limit of their own, and at which position they take one.
const PATIENT: [(&str, usize); 9] = [
    ("requests.get", usize::MAX),
    ("requests.post", usize::MAX),
    ("requests.put", usize::MAX),
    ("requests.patch", usize::MAX),
    ("requests.delete", usize::MAX),
    ("requests.head", usize::MAX),
    ("requests.options", usize::MAX),
    ("requests.request", usize::MAX),
    ("urllib.request.urlopen", 2),
];

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.role == Role::Test {
        return;
    }
    for call in &module.facts.calls {
        let known = PATIENT.iter().find(|(path, _)| **path == *call.path);
        if known.is_some_and(|(_, position)| !has_limit(call, *position)) {
            let message = format!("`{}` waits as long as the server likes", call.path);
            found.at(module, call.range, message);
        }
    }
}

/// Keywords that come from elsewhere may hold one.
fn has_limit(call: &Call, position: usize) -> bool {
    call.value(position, "timeout").is_some() || call.keyword("**").is_some()
}
