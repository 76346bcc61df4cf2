//! `import-time-effect`

use crate::capability::Capability;
use crate::exposure;
use crate::module::{Module, Role};
use crate::python::fact::Call;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "import-time-effect",
    family: Family::Security,
    severity: Severity::Warning,
    title: "importing does nothing",
    reason: "Importing happens where nobody expects work: in tools, tests, and applications that never use the plugin.",
    hint: "move the call into `start` of the plugin, or into the function that needs its result",
    threat: Some(Threat {
        stage: Stage::Trigger,
        specificity: 6,
    }),
    check: Check::Module(check),
};

const THREADS: [&str; 4] = [
    "threading.Thread().start",
    "multiprocessing.Process().start",
    "_thread.start_new_thread",
    "asyncio.run",
];

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.role != Role::Library {
        return;
    }
    for call in module.facts.calls.iter().filter(|call| call.at_import) {
        let what = match exposure::of_call(call) {
            Some(Capability::Network) if !is_preparation(&call.path) => {
                "opens a network connection"
            }
            Some(Capability::Subprocess) if !is_about_result(&call.path) => "starts a program",
            Some(Capability::Files) if changes_files(call) => "changes files",
            _ if THREADS.contains(&&*call.path) => "starts a thread or process",
            _ => continue,
        };
        let severity = match what {
            "changes files" | "starts a thread or process" => Severity::Warning,
            _ => Severity::Error,
        };
        found.at_as(
            severity,
            module,
            call.range,
            format!("`{}` {what} when the module is imported", call.path),
        );
    }
}

/// Methods of what a started program gave back start nothing.
fn is_about_result(path: &str) -> bool {
    path.trim_start_matches("asyncio.get_running_loop()")
        .contains('(')
}

/// Making a client or session connects to nothing yet.
fn is_preparation(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or_default();
    let is_class = name.chars().next().is_some_and(char::is_uppercase);
    is_class
        || ![
            "get",
            "post",
            "put",
            "request",
            "urlopen",
            "connect",
            "send",
            "sendall",
            "open_connection",
            "create_connection",
            "urlretrieve",
            "gethostbyname",
            "getaddrinfo",
            "recv",
            "delete",
            "head",
            "patch",
            "stream",
            "fetch",
        ]
        .contains(&name)
}

/// Whether a call makes, changes or removes files.
pub(super) fn changes_files(call: &Call) -> bool {
    let name = call.path.rsplit('.').next().unwrap_or_default();
    match name {
        "open" => {
            let mode = match exposure::is_path_method(&call.path) {
                true => call.value(0, "mode"),
                false => call.value(1, "mode"),
            };
            let is_null = call
                .argument(0)
                .is_some_and(|file| file.paths().any(|path| &**path == "os.devnull"));
            !is_null
                && mode
                    .and_then(|mode| mode.text())
                    .is_some_and(|mode| mode.contains(['w', 'a', 'x', '+']))
        }
        "write_text" | "write_bytes" | "mkdir" | "makedirs" | "unlink" | "remove" | "rmdir"
        | "rmtree" | "rename" | "replace" | "touch" | "chmod" | "chown" | "symlink"
        | "symlink_to" | "link" | "copy" | "copyfile" | "copytree" | "move" | "truncate"
        | "mkdtemp" | "mkstemp" => true,
        _ => false,
    }
}
