//! `exfiltration`

use crate::capability::Capability;
use crate::exposure;
use crate::module::Module;
use crate::python::fact::Call;
use crate::python::value::Marks;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "exfiltration",
    family: Family::Security,
    severity: Severity::Error,
    title: "secrets are not sent away",
    reason: "Data that the user never gave to the plugin leaves the machine: this is what malicious packages are for.",
    hint: "send only records and what the user configured; read single environment variables by name",
    threat: Some(Threat {
        stage: Stage::Send,
        specificity: 10,
    }),
    check: Check::Module(check),
};

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    for call in &module.facts.calls {
        if !is_sender(call) || is_local_address(call) {
            continue;
        }
        let marks = call.marks();
        let what = if marks.has(Marks::CREDENTIALS) {
            "stored credentials"
        } else if marks.has(Marks::WHOLE_ENVIRONMENT) {
            "all environment variables"
        } else if marks.has(Marks::WATCHED) {
            "what the user types, copies or sees"
        } else {
            continue;
        };
        found.at(
            module,
            call.range,
            format!("`{}` is given {what}", call.path),
        );
    }
}

/// A call that takes data out of the process over the network, or to a program that can.
fn is_sender(call: &Call) -> bool {
    let to_network = exposure::of_call(call) == Some(Capability::Network);
    let by_program = exposure::of_call(call) == Some(Capability::Subprocess)
        && call.texts().iter().any(|text| {
            ["curl", "wget", "nc ", "ncat", "scp", "nslookup", "dig "]
                .iter()
                .any(|program| text.contains(program))
        });
    // Environment handed to a child process is how programs are started.
    let by_name = exposure::SENDING_METHODS
        .iter()
        .any(|end| call.path.ends_with(end));
    to_network || by_program || by_name
}

/// `connect` with a path instead of host and port: a socket of this machine, and its address is no
/// message. A host may carry data, since names are looked up on the network.
fn is_local_address(call: &Call) -> bool {
    call.path.ends_with("socket.socket().connect")
        && call
            .argument(0)
            .is_some_and(|address| !address.iter().any(|value| value.as_list().is_some()))
        && call
            .receiver
            .iter()
            .any(|socket| socket.marks.has(Marks::LOCAL_SOCKET))
}
