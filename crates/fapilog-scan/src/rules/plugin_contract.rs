//! `plugin-contract`

use crate::package::{Kind, Package, Summary};
use crate::python::fact::Class;
use crate::report::Place;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "plugin-contract",
    family: Family::Quality,
    severity: Severity::Error,
    title: "each plugin class has the method of its kind, and it is a coroutine",
    reason: "fapilog calls exactly one working method of a plugin and awaits it; anything else fails in the pipeline.",
    hint: "define one of `async def filter`, `enrich`, `process`, `redact`, `write`, `alert` with one argument",
    threat: None,
    check: Check::Package(check),
};

/// The working methods of all kinds; each is called with one argument.
const WORKING: [&str; 8] = [
    "filter",
    "enrich",
    "process",
    "redact",
    "write",
    "write_batch",
    "write_encoded",
    "alert",
];

fn check(package: &Package, found: &mut Found<'_>) {
    if package.kind == Kind::Source {
        found.not_applicable = true;
        return;
    }
    for entry in package.plugins() {
        let Some((module, name)) = entry.value.split_once(':') else {
            continue;
        };
        let Some((summary, class)) = package.class(module, name) else {
            continue;
        };
        let Some((class, place)) = summary
            .classes
            .iter()
            .find(|(known, _)| &*known.name == class)
        else {
            continue;
        };
        contract(summary, class, place, found);
    }
}

fn contract(summary: &Summary, class: &Class, place: &Place, found: &mut Found<'_>) {
    let method = |word: &str| {
        let name = format!("{}.{word}", class.name);
        summary
            .functions
            .iter()
            .find(|(function, _)| *function.name == *name)
    };
    let methods: Vec<_> = WORKING.iter().filter_map(|word| method(word)).collect();
    // What a base class or a native library brings can't be seen here.
    if methods.is_empty() && class.bases.is_empty() && method("__fapilog_plugin__").is_none() {
        let message = format!(
            "`{}` has none of the methods {}",
            class.name,
            WORKING.join(", ")
        );
        found.place(&summary.path, place, message);
    }
    for (function, place) in methods {
        if !function.is_async {
            let message = format!("`{}` is no coroutine: write `async def`", function.name);
            found.place(&summary.path, place, message);
        } else if function.required > 1 {
            let message = format!(
                "`{}` is called with one argument, and demands {}",
                function.name, function.required
            );
            found.place(&summary.path, place, message);
        }
    }
}
