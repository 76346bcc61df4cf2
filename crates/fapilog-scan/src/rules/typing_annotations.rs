//! `typing-annotations`

use crate::module::{Module, Role};
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "typing-annotations",
    family: Family::Quality,
    severity: Severity::Note,
    title: "public functions are annotated",
    reason: "Without annotations, type checkers and editors cannot help the users of the plugin.",
    hint: "annotate each parameter and the result; `mypy --strict` lists what is missing",
    threat: None,
    check: Check::Module(check),
};

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.role != Role::Library || !is_public(&crate::module::dotted(module.path)) {
        return;
    }
    for function in module
        .facts
        .functions
        .iter()
        .filter(|function| is_public(&function.name))
    {
        if let Some(parameter) = function.bare_parameters.first() {
            let message = format!("`{}` does not say the type of `{parameter}`", function.name);
            found.at(module, function.range, message);
        } else if !function.has_return_annotation && !function.name.ends_with("__init__") {
            found.at(
                module,
                function.range,
                format!("`{}` does not say what it returns", function.name),
            );
        }
    }
}

/// No part of the dotted name is private.
pub(super) fn is_public(name: &str) -> bool {
    name.split('.')
        .all(|part| !part.starts_with('_') || part == "__init__")
}
