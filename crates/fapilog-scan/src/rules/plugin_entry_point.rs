//! `plugin-entry-point`

use fapilog_package::name::PluginName;

use crate::package::{Kind, Package};
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "plugin-entry-point",
    family: Family::Quality,
    severity: Severity::Error,
    title: "the entry points name plugins that are there",
    reason: "fapilog finds plugins only through entry points; one that leads nowhere fails in the user's application.",
    hint: "write `[project.entry-points.\"fapilog.plugins\"]` with `name = \"package.module:PluginClass\"`",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    if package.kind == Kind::Source {
        found.not_applicable = true;
        return;
    }
    if package.plugins().next().is_none() {
        found.package("no entry point in the group `fapilog.plugins`");
    }
    for entry in package.plugins() {
        if let Err(fault) = PluginName::parse(&entry.name) {
            found.package(format!("the entry point is not a plugin name: {fault}"));
        }
        if let Some(message) = leads_nowhere(package, &entry.value) {
            found.package(format!("the entry point `{}` {message}", entry.name));
        }
    }
}

fn leads_nowhere(package: &Package, value: &str) -> Option<String> {
    let shown = fapilog_package::name::shorten(value);
    let Some((module, object)) = value.split_once(':') else {
        return Some(format!(
            "is `{shown}`, expected `package.module:PluginClass`"
        ));
    };
    let name = object.split('.').next().unwrap_or_default();
    let Some(summary) = package.module(module) else {
        let path = module.replace('.', "/");
        let is_compiled = package.has_file(|file| {
            let path = path.to_lowercase();
            file.starts_with(&format!("{path}.")) && is_extension(file)
        });
        return (!is_compiled)
            .then(|| format!("names the module of `{shown}`, which is not in the wheel"));
    };
    let is_there = summary.names.iter().any(|known| known == name);
    // `from x import *` may bring anything.
    (!is_there && !summary.has_star_import)
        .then(|| format!("names `{shown}`, but the module defines no `{name}`"))
}

fn is_extension(path: &str) -> bool {
    [".so", ".pyd", ".dylib"]
        .iter()
        .any(|end| path.ends_with(end))
}
