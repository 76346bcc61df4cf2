//! `insecure-temporary-file`

use super::import_time_effect::changes_files;
use crate::module::{Module, Role};
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "insecure-temporary-file",
    family: Family::Security,
    severity: Severity::Warning,
    title: "temporary files have names that nobody can guess",
    reason: "In a folder that all users share, another user puts a link at the name before the file is made.",
    hint: "use `tempfile.NamedTemporaryFile` or `tempfile.TemporaryDirectory`",
    threat: None,
    check: Check::Module(check),
};

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.role == Role::Test {
        return;
    }
    for call in module.calls_of(&["tempfile.mktemp", "os.tempnam", "os.tmpnam"]) {
        found.at(
            module,
            call.range,
            format!("`{}` gives a name that another program can take", call.path),
        );
    }
    for call in module.facts.calls.iter().filter(|call| changes_files(call)) {
        let mut files = call.receiver.texts();
        files.extend(
            call.argument(0)
                .map(|file| file.texts())
                .unwrap_or_default(),
        );
        let shared = files.iter().find(|file| {
            ["/tmp/", "/var/tmp/", "/dev/shm/"]
                .iter()
                .any(|folder| file.starts_with(folder))
        });
        if let Some(file) = shared {
            let file = fapilog_package::name::shorten(file);
            found.at(
                module,
                call.range,
                format!("`{file}` is a fixed name in a folder that all users share"),
            );
        }
    }
}
