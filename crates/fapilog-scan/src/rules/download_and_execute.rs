//! `download-and-execute`

use crate::capability::Capability;
use crate::exposure;
use crate::module::Module;
use crate::python::value::Marks;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "download-and-execute",
    family: Family::Security,
    severity: Severity::Error,
    title: "no code is fetched and run",
    reason: "What runs is decided by a server, after every review.",
    hint: "ship the code in the package, or depend on a package that has it",
    threat: Some(Threat {
        stage: Stage::Execute,
        specificity: 9,
    }),
    check: Check::Module(check),
};

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    for call in &module.facts.calls {
        let path = &*call.path;
        let runs = matches!(
            path,
            "builtins.exec"
                | "builtins.eval"
                | "builtins.compile"
                | "types.FunctionType"
                | "marshal.loads"
        ) || exposure::of_call(call) == Some(Capability::Subprocess)
            || path.starts_with("ctypes.")
            || path == "importlib.util.spec_from_file_location";
        let received = call.marks().has(Marks::RECEIVED);
        let by_program = exposure::of_call(call) == Some(Capability::Subprocess)
            && call.texts().iter().any(|text| fetches_and_runs(text));
        if runs && received || by_program {
            let name = path.trim_start_matches("builtins.");
            found.at(
                module,
                call.range,
                format!("`{name}` runs what was fetched from the network"),
            );
        }
    }
}

/// `curl … | sh` and installers of packages by address.
fn fetches_and_runs(text: &str) -> bool {
    let fetches = ["curl ", "wget ", "Invoke-WebRequest", "DownloadString"]
        .iter()
        .any(|word| text.contains(word));
    let runs = [
        "| sh", "|sh", "| bash", "|bash", "| python", "IEX", "| sudo", "&& sh", "; sh", "&& bash",
    ]
    .iter()
    .any(|word| text.contains(word));
    fetches && runs
}
