//! `process-shell`

use crate::module::{Module, Role};
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "process-shell",
    family: Family::Security,
    severity: Severity::Warning,
    title: "no command line is put together for a shell",
    reason: "A shell gives meaning to characters in data: a host name or a field of a record becomes a command.",
    hint: "pass a list of arguments without `shell=True`: `subprocess.run([\"git\", \"status\"])`",
    threat: Some(Threat {
        stage: Stage::Execute,
        specificity: 4,
    }),
    check: Check::Module(check),
};

const SHELLS: [&str; 8] = [
    "os.system",
    "os.popen",
    "posix.system",
    "nt.system",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "commands.getoutput",
    "asyncio.create_subprocess_shell",
];

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.role == Role::Test {
        return;
    }
    for call in &module.facts.calls {
        let by_option = call.path.starts_with("subprocess.")
            && call.keyword("shell").is_some_and(|value| value.is_true());
        if !by_option && !SHELLS.contains(&&*call.path) {
            continue;
        }
        let command = call.value(0, "args");
        let is_constant = command.is_some_and(|command| command.is_constant());
        let message = format!("`{}` hands a command line to a shell", call.path);
        if is_constant {
            found.at_as(Severity::Note, module, call.range, message);
        } else {
            found.at(
                module,
                call.range,
                format!("{message}, and it is not constant"),
            );
        }
    }
}
