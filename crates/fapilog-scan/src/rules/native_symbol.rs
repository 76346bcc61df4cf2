//! `native-symbol`

use std::collections::BTreeMap;

use crate::elf::Elf;
use crate::package::File;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "native-symbol",
    family: Family::Security,
    severity: Severity::Warning,
    title: "native code calls nothing that it should not need",
    reason: "A library for logging starts no programs, attaches to no process and loads no code into memory.",
    hint: "leave the calls out, or say in the README what they are for",
    threat: Some(Threat {
        stage: Stage::Execute,
        specificity: 3,
    }),
    check: Check::File(check),
};

/// Functions, and what a library that imports them can do.
const WATCHED: [(&str, &str); 20] = [
    ("system", "starts programs"),
    ("popen", "starts programs"),
    ("execve", "starts programs"),
    ("execvp", "starts programs"),
    ("execl", "starts programs"),
    ("execlp", "starts programs"),
    ("posix_spawn", "starts programs"),
    ("posix_spawnp", "starts programs"),
    ("fork", "starts programs"),
    ("ptrace", "attaches to other processes"),
    ("process_vm_writev", "attaches to other processes"),
    ("process_vm_readv", "attaches to other processes"),
    ("memfd_create", "runs code from memory"),
    ("fexecve", "runs code from memory"),
    ("dlopen", "loads libraries by name"),
    ("connect", "opens network connections"),
    ("getaddrinfo", "opens network connections"),
    ("setuid", "changes its rights"),
    ("init_module", "loads kernel modules"),
    ("getpwnam", "reads user accounts"),
];

fn check(file: &File<'_>, found: &mut Found<'_>) {
    let Some(elf) = Elf::read(file.bytes) else {
        return;
    };
    let mut abilities: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, ability) in WATCHED {
        if elf.imports.iter().any(|import| import == name) {
            abilities.entry(ability).or_default().push(name);
        }
    }
    for (ability, names) in abilities {
        // The Rust standard library refers to these whether a program uses them or not.
        let usual = matches!(
            ability,
            "opens network connections" | "loads libraries by name" | "reads user accounts"
        );
        let severity = if usual || elf.is_rust {
            Severity::Note
        } else {
            Severity::Warning
        };
        found.file_as(
            severity,
            file.path,
            format!("it {ability}: {}", names.join(", ")),
        );
    }
}
