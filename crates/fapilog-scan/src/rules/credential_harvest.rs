//! `credential-harvest`

use crate::module::{Module, Role};
use crate::python::sources;
use crate::python::value::Marks;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "credential-harvest",
    family: Family::Security,
    severity: Severity::Error,
    title: "keys and password stores are left alone",
    reason: "A log plugin has no business with the keys, cookies and histories of the user.",
    hint: "take credentials from the configuration, or from the library of the service",
    threat: Some(Threat {
        stage: Stage::Collect,
        specificity: 8,
    }),
    check: Check::Module(check),
};

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.role == Role::Test {
        return;
    }
    for call in &module.facts.calls {
        if sources::reads_file(&call.path) {
            let mut files = call.receiver.texts();
            files.extend(call.texts());
            if let Some(file) = files.iter().find(|file| sources::is_secret_place(file)) {
                let file = fapilog_package::name::shorten(file);
                found.at(
                    module,
                    call.range,
                    format!("`{}` reads `{file}`", call.path),
                );
                continue;
            }
        }
        if call
            .texts()
            .iter()
            .any(|text| sources::is_metadata_service(text))
        {
            let message = format!(
                "`{}` asks the cloud for the credentials of the machine",
                call.path
            );
            found.at(module, call.range, message);
        } else if sources::marks_of(&call.path).has(Marks::CREDENTIALS)
            && !call.path.starts_with("keyring.get_password")
        {
            found.at(
                module,
                call.range,
                format!("`{}` reads stored passwords or cookies", call.path),
            );
        } else if sources::marks_of(&call.path).has(Marks::WATCHED) {
            found.at(
                module,
                call.range,
                format!(
                    "`{}` watches what the user types, copies or sees",
                    call.path
                ),
            );
        }
    }
}
