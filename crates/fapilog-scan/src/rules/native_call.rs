//! `native-call`

use crate::capability::Capability;
use crate::exposure;
use crate::module::{Module, Role};
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "native-call",
    family: Family::Security,
    severity: Severity::Warning,
    title: "calls into native libraries are declared",
    reason: "Behind `ctypes` there are no rules: any memory, any system call.",
    hint: "declare it on the plugin class: `capabilities = [\"native\"]`, or use a Python interface of the library",
    threat: Some(Threat {
        stage: Stage::Execute,
        specificity: 8,
    }),
    check: Check::Module(check),
};

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.role != Role::Library {
        return;
    }
    for call in module
        .facts
        .calls
        .iter()
        .filter(|call| exposure::of_call(call) == Some(Capability::Native))
    {
        if call.path.starts_with("fapilog.") {
            continue;
        }
        let dangerous = [
            "VirtualAlloc",
            "RtlMoveMemory",
            "CreateThread",
            "mprotect",
            "system",
            "execve",
            "memfd_create",
            "ptrace",
            "CreateRemoteThread",
            "WriteProcessMemory",
        ];
        let function = call.path.rsplit('.').next().unwrap_or_default();
        if dangerous.contains(&function) {
            let message = format!("`{}` is what shellcode is run with", call.path);
            found.at_as(Severity::Error, module, call.range, message);
        }
    }
}
