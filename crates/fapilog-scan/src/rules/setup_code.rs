//! `setup-code`

use crate::capability::Capability;
use crate::exposure;
use crate::module::Module;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "setup-code",
    family: Family::Security,
    severity: Severity::Warning,
    title: "building runs no code of the package",
    reason: "Whoever installs from source runs `setup.py` with all rights, before anything was reviewed.",
    hint: "describe the package in pyproject.toml alone; do what is needed at build time in a build backend of others",
    threat: Some(Threat {
        stage: Stage::Trigger,
        specificity: 7,
    }),
    check: Check::Module(check),
};

/// What a `setup.py` may call without being looked at further.
const HARMLESS: [&str; 12] = [
    "setuptools.setup",
    "setuptools.find_packages",
    "setuptools.find_namespace_packages",
    "setuptools.Extension",
    "distutils.core.setup",
    "distutils.core.Extension",
    "numpy.get_include",
    "Cython.Build.cythonize",
    "setuptools_rust.RustExtension",
    "mypyc.build.mypycify",
    "pathlib.Path",
    "pybind11.setup_helpers.Pybind11Extension",
];

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.path != "setup.py" {
        return;
    }
    for call in &module.facts.calls {
        let path = &*call.path;
        if HARMLESS.contains(&path) && call.keyword("cmdclass").is_none() {
            continue;
        }
        if call.keyword("cmdclass").is_some() {
            found.at_as(
                Severity::Note,
                module,
                call.range,
                "`cmdclass` runs code of the package when it is built",
            );
            continue;
        }
        match exposure::of_call(call) {
            Some(Capability::Network) => {
                found.at_as(
                    Severity::Error,
                    module,
                    call.range,
                    format!("`{path}` uses the network when the package is built"),
                );
            }
            Some(Capability::Subprocess) => {
                found.at(
                    module,
                    call.range,
                    format!("`{path}` starts a program when the package is built"),
                );
            }
            Some(Capability::Native) => {
                found.at(
                    module,
                    call.range,
                    format!("`{path}` loads native code when the package is built"),
                );
            }
            _ => {}
        }
    }
}
