//! `credential-harvest`

use super::import_time_effect::changes_files;
use crate::capability::Capability;
use crate::exposure;
use crate::module::{Module, Role};
use crate::python::fact::Call;
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
        if let Some(file) = secret_file(call) {
            let file = fapilog_package::name::shorten(file);
            found.at(
                module,
                call.range,
                format!("`{}` reads `{file}`", call.path),
            );
            continue;
        }
        let marks = sources::marks_of(&call.path);
        let asks_cloud =
            can_ask(call) && call.texts().into_iter().any(sources::is_metadata_service);
        if asks_cloud {
            let message = format!(
                "`{}` asks the cloud for the credentials of the machine",
                call.path
            );
            found.at(module, call.range, message);
        } else if marks.has(Marks::CREDENTIALS) && !is_known_already(&call.path) {
            // Clients look up what the user stored for the one server that they talk to.
            let severity = match is_lookup(&call.path) {
                true => Severity::Warning,
                false => RULE.severity,
            };
            let message = format!("`{}` reads stored passwords or cookies", call.path);
            found.at_as(severity, module, call.range, message);
        } else if marks.has(Marks::WATCHED) {
            let message = format!(
                "`{}` watches what the user types, copies or sees",
                call.path
            );
            found.at(module, call.range, message);
        }
    }
}

/// The file with secrets that a call reads.
fn secret_file(call: &Call) -> Option<&str> {
    let writes = call.path.ends_with("open") && changes_files(call);
    if !sources::reads_file(&call.path) || writes {
        return None;
    }
    let mut files = call.receiver.texts();
    files.extend(call.texts());
    files
        .into_iter()
        .find(|file| sources::is_secret_place(file))
}

/// Calls that go out to an address. What only keeps, checks or logs it does not ask anybody.
fn can_ask(call: &Call) -> bool {
    const ASKING: [&str; 14] = [
        "get",
        "post",
        "put",
        "request",
        "urlopen",
        "open",
        "connect",
        "fetch",
        "send",
        "Request",
        "HTTPConnection",
        "create_connection",
        "AWSRequest",
        "run",
    ];
    let name = call.path.rsplit('.').next().unwrap_or_default();
    let capability = exposure::of_call(call);
    ASKING.contains(&name)
        || matches!(
            capability,
            Some(Capability::Network | Capability::Subprocess)
        )
}

fn is_lookup(path: &str) -> bool {
    [
        "netrc.netrc",
        "keyring.get_credential",
        "keyring.get_password",
    ]
    .contains(&path)
}

/// `netrc.netrc().authenticators` goes on with what was reported; one password by its name is what a
/// plugin may ask for.
fn is_known_already(path: &str) -> bool {
    path.contains("().") || path.starts_with("keyring.get_password")
}
