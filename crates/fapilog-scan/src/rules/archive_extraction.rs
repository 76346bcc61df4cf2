//! `archive-extraction`

use crate::module::{Module, Role};
use crate::python::fact::Call;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "archive-extraction",
    family: Family::Security,
    severity: Severity::Warning,
    title: "archives are unpacked within their folder",
    reason: "A tar archive may name files above the folder, links and devices: before Python 3.14 they are all made.",
    hint: "unpack with a filter: `archive.extractall(folder, filter=\"data\")`",
    threat: None,
    check: Check::Module(check),
};

const EXTRACTORS: [&str; 7] = [
    "tarfile.open().extractall",
    "tarfile.open().extract",
    "tarfile.TarFile().extractall",
    "tarfile.TarFile().extract",
    "tarfile.TarFile.open().extractall",
    "tarfile.TarFile.open().extract",
    "shutil.unpack_archive",
];

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.role == Role::Test {
        return;
    }
    for call in module.calls_of(&EXTRACTORS) {
        if !is_filtered(call) && !is_other_format(call) {
            let message = format!("`{}` makes whatever the archive names", call.path);
            found.at(module, call.range, message);
        }
    }
}

/// A filter that is not the one that lets everything through.
fn is_filtered(call: &Call) -> bool {
    let trusting = |path: &str| path.ends_with("fully_trusted_filter");
    let given = call.keyword("filter");
    let all = given.is_some_and(|filter| {
        filter.text() == Some("fully_trusted") || filter.paths().any(|path| trusting(path))
    });
    (given.is_some() || call.keyword("**").is_some()) && !all
}

/// `zipfile` stays within the folder by itself.
fn is_other_format(call: &Call) -> bool {
    let format = call.value(2, "format").and_then(|format| format.text());
    let file = call.value(0, "filename").and_then(|file| file.text());
    &*call.path == "shutil.unpack_archive"
        && (format == Some("zip") || file.is_some_and(|file| file.ends_with(".zip")))
}
