//! `native-hardening`

use crate::elf::Elf;
use crate::package::File;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "native-hardening",
    family: Family::Security,
    severity: Severity::Note,
    title: "native code is built with the usual protections",
    reason: "These options of the compiler and linker turn many memory faults from a break-in into a crash.",
    hint: "build with `-fstack-protector-strong -Wl,-z,relro,-z,now -Wl,-z,noexecstack`, and position independent",
    threat: None,
    check: Check::File(check),
};

fn check(file: &File<'_>, found: &mut Found<'_>) {
    let Some(elf) = Elf::read(file.bytes) else {
        return;
    };
    if elf.executable_stack {
        found.file_as(
            Severity::Warning,
            file.path,
            "its stack is executable (no NX)",
        );
    }
    if !elf.relro {
        found.file(
            file.path,
            "its tables of addresses stay writable (no RELRO)",
        );
    }
    if elf.writable_code {
        found.file_as(
            Severity::Warning,
            file.path,
            "it has memory that is writable and executable",
        );
    }
    if !elf.position_independent {
        found.file(file.path, "it is not position independent (no PIE)");
    }
    if !elf.stack_canary && elf.imports_libc {
        found.file(file.path, "nothing in it checks the stack (no canary)");
    }
}
