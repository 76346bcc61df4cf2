//! `tls-verification`

use crate::capability::Capability;
use crate::exposure;
use crate::module::{Module, Role};
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "tls-verification",
    family: Family::Security,
    severity: Severity::Error,
    title: "certificates are verified",
    reason: "Without verification anybody on the way reads and changes what is sent: log records hold personal data.",
    hint: "leave verification on; for an own authority pass its file: `ssl.create_default_context(cafile=…)`",
    threat: None,
    check: Check::Module(check),
};

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.role == Role::Test {
        return;
    }
    for call in &module.facts.calls {
        let is_client = exposure::of_call(call) == Some(Capability::Network);
        let off = ["verify", "verify_ssl", "ssl", "ssl_verify"]
            .iter()
            .any(|name| call.keyword(name).is_some_and(|value| value.is_false()));
        let no_certificates = call.keyword("cert_reqs").is_some_and(|value| {
            value.paths().any(|path| &**path == "ssl.CERT_NONE")
                || value.text() == Some("CERT_NONE")
        });
        let unverified = matches!(
            &*call.path,
            "ssl._create_unverified_context" | "ssl._create_stdlib_context"
        );
        if is_client && (off || no_certificates) || unverified {
            found.at(
                module,
                call.range,
                format!("`{}` does not verify certificates", call.path),
            );
        }
    }
    for assignment in &module.facts.assignments {
        let turns_off = match &*assignment.attribute {
            "check_hostname" => assignment.value.is_false(),
            "verify_mode" => assignment
                .value
                .paths()
                .any(|path| &**path == "ssl.CERT_NONE"),
            "verify" => {
                assignment.value.is_false()
                    && assignment
                        .object
                        .paths()
                        .any(|path| path.contains("ession()") || path.contains("Client()"))
            }
            "_create_default_https_context" => true,
            _ => false,
        };
        if turns_off {
            let attribute = &assignment.attribute;
            // That a caller can ask for it is how clients are made; that it is off for all is not.
            let (severity, message) = match assignment.asked {
                true => (
                    Severity::Note,
                    format!("`{attribute}` turns verification off for who asks for it"),
                ),
                false => (
                    RULE.severity,
                    format!("`{attribute}` turns verification off"),
                ),
            };
            found.at_as(severity, module, assignment.range, message);
        }
    }
}
