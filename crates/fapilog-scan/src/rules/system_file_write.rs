//! `system-file-write`

use super::import_time_effect::changes_files;
use crate::module::{Module, Role};
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "system-file-write",
    family: Family::Security,
    severity: Severity::Error,
    title: "nothing outside of its own folders is written",
    reason: "What starts with the shell, the session or the interpreter stays on the machine after the package is removed.",
    hint: "write where the configuration says, and nowhere else",
    threat: Some(Threat {
        stage: Stage::Persist,
        specificity: 8,
    }),
    check: Check::Module(check),
};

/// Parts of file names by which programs start by themselves, or by which others are let in.
const PLACES: [&str; 26] = [
    ".bashrc",
    ".bash_profile",
    ".zshrc",
    ".profile",
    ".ssh/authorized_keys",
    ".ssh/config",
    ".config/autostart",
    ".config/systemd",
    "/etc/",
    "crontab",
    "/cron.",
    "/var/spool/cron",
    "/usr/lib/",
    "/usr/local/bin",
    "/usr/bin",
    "library/launchagents",
    "library/launchdaemons",
    "start menu\\programs\\startup",
    "currentversion\\run",
    "sitecustomize.py",
    "usercustomize.py",
    "site-packages",
    ".pth",
    "/proc/sys",
    ".git/hooks",
    ".gitconfig",
];

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.role == Role::Test {
        return;
    }
    for call in module.facts.calls.iter().filter(|call| changes_files(call)) {
        let mut files = call.receiver.texts();
        files.extend(call.texts());
        let place = files.iter().find(|file| is_system_place(file));
        if let Some(file) = place {
            let file = fapilog_package::name::shorten(file);
            found.at(
                module,
                call.range,
                format!("`{}` changes `{file}`", call.path),
            );
        }
    }
    for call in module.calls_of(&["winreg.SetValueEx", "winreg.SetValue", "_winreg.SetValueEx"]) {
        found.at(
            module,
            call.range,
            format!("`{}` changes the registry", call.path),
        );
    }
}

fn is_system_place(file: &str) -> bool {
    // Contents that are written are long or have lines; names are neither.
    if file.len() > 300 || file.contains('\n') {
        return false;
    }
    let lower = file.to_lowercase();
    PLACES.iter().any(|place| match place.strip_prefix('/') {
        Some(_) if !place.ends_with("cron.") && !place.contains("spool") => {
            lower.starts_with(place)
        }
        _ => lower.contains(place),
    })
}
