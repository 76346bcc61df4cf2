//! `decode-and-execute`

use crate::module::Module;
use crate::python::value::Marks;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "decode-and-execute",
    family: Family::Security,
    severity: Severity::Error,
    title: "no encoded code is decoded and run",
    reason: "Encoding has one use here: to keep people and tools from reading what runs.",
    hint: "ship the source as source",
    threat: Some(Threat {
        stage: Stage::Hide,
        specificity: 10,
    }),
    check: Check::Module(check),
};

const RUNNERS: [&str; 12] = [
    "builtins.exec",
    "builtins.eval",
    "builtins.compile",
    "types.FunctionType",
    "types.CodeType",
    "os.system",
    "os.popen",
    "subprocess.run",
    "subprocess.Popen",
    "subprocess.call",
    "subprocess.check_output",
    "builtins.__import__",
];

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    for call in module.calls_of(&RUNNERS) {
        let is_import = &*call.path == "builtins.__import__";
        let source = call.value(0, "args");
        let decoded = source.is_some_and(|source| source.marks().has(Marks::DECODED));
        if decoded {
            let name = call.path.trim_start_matches("builtins.");
            let what = if is_import { "a module's name" } else { "code" };
            found.at(
                module,
                call.range,
                format!("`{name}` runs {what} that was decoded"),
            );
        }
    }
}
