//! `reverse-shell`

use crate::module::Module;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "reverse-shell",
    family: Family::Security,
    severity: Severity::Error,
    title: "no shell is tied to a connection",
    reason: "A program whose input and output are a network connection is remote control.",
    hint: "remove it",
    threat: Some(Threat {
        stage: Stage::Execute,
        specificity: 10,
    }),
    check: Check::Module(check),
};

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    let has_socket = module.facts.calls.iter().any(|call| {
        call.path.starts_with("socket.socket().")
            || call.path.starts_with("socket.create_connection")
    });
    for call in &module.facts.calls {
        let onto_stream = matches!(&*call.path, "os.dup2" | "posix.dup2")
            && has_socket
            && call
                .argument(0)
                .is_some_and(|from| from.paths().any(|path| path.contains("fileno")));
        let shell = call.texts().iter().any(|text| {
            matches!(
                *text,
                "/bin/sh" | "/bin/bash" | "sh" | "bash" | "cmd.exe" | "powershell.exe" | "/bin/zsh"
            )
        });
        let spawned = &*call.path == "pty.spawn" && has_socket && shell;
        let streams = ["stdin", "stdout"].iter().any(|name| {
            call.keyword(name)
                .is_some_and(|stream| stream.paths().any(|path| path.starts_with("socket.")))
        });
        let device = call.texts().iter().any(|text| text.contains("/dev/tcp/"));
        if onto_stream || spawned || streams || device {
            found.at(
                module,
                call.range,
                format!("`{}` ties a program to a network connection", call.path),
            );
        }
    }
}
