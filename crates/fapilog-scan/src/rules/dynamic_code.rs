//! `dynamic-code`

use crate::module::{Module, Role};
use crate::python::value::Marks;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "dynamic-code",
    family: Family::Security,
    severity: Severity::Warning,
    title: "no code is made from data",
    reason: "Who controls the text controls the program; what it will do can not be reviewed.",
    hint: "call the functions directly, read literals with `ast.literal_eval`, or look names up in a table",
    threat: Some(Threat {
        stage: Stage::Execute,
        specificity: 3,
    }),
    check: Check::Module(check),
};

const RUNNERS: [&str; 7] = [
    "builtins.exec",
    "builtins.eval",
    "code.InteractiveInterpreter().runcode",
    "code.InteractiveInterpreter().runsource",
    "code.interact",
    "runpy.run_path",
    "types.FunctionType",
];

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.role == Role::Test {
        return;
    }
    for call in module.calls_of(&RUNNERS) {
        let is_constant = call.argument(0).is_some_and(|source| source.is_constant());
        // `decode-and-execute` and `download-and-execute` say more about these.
        let marks = call.marks();
        if !is_constant && !marks.has(Marks::DECODED) && !marks.has(Marks::RECEIVED) {
            let name = call.path.trim_start_matches("builtins.");
            found.at(
                module,
                call.range,
                format!("`{name}` runs code that is made at run time"),
            );
        }
    }
}
