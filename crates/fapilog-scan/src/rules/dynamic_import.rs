//! `dynamic-import`

use crate::module::{Module, Role};
use crate::python::value::Marks;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "dynamic-import",
    family: Family::Security,
    severity: Severity::Note,
    title: "modules are imported by name",
    reason: "Which code runs depends on data, and can be read nowhere.",
    hint: "import modules by name, or choose from a table of names",
    threat: Some(Threat {
        stage: Stage::Execute,
        specificity: 1,
    }),
    check: Check::Module(check),
};

const IMPORTERS: [&str; 6] = [
    "builtins.__import__",
    "importlib.import_module",
    "importlib.__import__",
    "importlib.util.spec_from_file_location",
    "imp.load_source",
    "runpy.run_module",
];

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.role == Role::Test {
        return;
    }
    for call in module.calls_of(&IMPORTERS) {
        let name = call.value(0, "name");
        let is_constant = name.is_some_and(|name| name.is_constant());
        let decoded = name.is_some_and(|name| name.marks().has(Marks::DECODED));
        if !is_constant && !decoded {
            let name = call.path.trim_start_matches("builtins.");
            found.at(
                module,
                call.range,
                format!("`{name}` imports a module whose name is made at run time"),
            );
        }
    }
}
