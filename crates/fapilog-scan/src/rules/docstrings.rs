//! `docstrings`

use super::typing_annotations::is_public;
use crate::module::{Module, Role};
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "docstrings",
    family: Family::Quality,
    severity: Severity::Note,
    title: "public classes and functions are described",
    reason: "The reference of a plugin is made from its docstrings, and help in editors too.",
    hint: "write a docstring: purpose in one line, then arguments, defaults and errors",
    threat: None,
    check: Check::Module(check),
};

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.role != Role::Library || !is_public(&crate::module::dotted(module.path)) {
        return;
    }
    for class in &module.facts.classes {
        if is_public(&class.name) && !class.has_docstring {
            found.at(
                module,
                class.range,
                format!("the class `{}` has no docstring", class.name),
            );
        }
    }
    for function in &module.facts.functions {
        // A method of a documented class may be plain; a function stands alone.
        let at_module_level = !function.name.contains('.');
        if at_module_level && is_public(&function.name) && !function.has_docstring {
            found.at(
                module,
                function.range,
                format!("the function `{}` has no docstring", function.name),
            );
        }
    }
}
