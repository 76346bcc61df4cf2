//! From Python's answer to findings: what is as it should be, what is not, what repairs it.

use super::answer::{Answer, Plugin, TemporaryFolder};
use super::configuration;
use super::probe::ProbeError;
use super::{Finding, Interpreter};

/// The oldest Python that the core runs on.
const OLDEST_PYTHON: (u32, u32) = (3, 10);
/// Fewer open files than this are soon used up by a service with connections and log files; 1024
/// is the usual soft limit of Linux.
const FEW_OPEN_FILES: u64 = 1024;
/// Version of this command.
const COMMAND_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Judges what was learned. `uv` is the version of uv on the `PATH`.
pub fn examine(
    interpreter: Option<&Interpreter>,
    answer: Option<Result<Answer, ProbeError>>,
    uv: Option<&str>,
) -> Vec<Finding> {
    let Some((interpreter, answer)) = interpreter.zip(answer) else {
        return vec![
            Finding::problem(
                "python-found",
                "python",
                "no interpreter was found on the PATH",
            )
            .hint("activate the application's virtual environment, or set FAPILOG_PYTHON"),
        ];
    };
    let path = interpreter.path.display();
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let detail = format!("`{path}`, named by {}, {error}", interpreter.chosen_by);
            return vec![
                Finding::problem("python-found", "python", detail)
                    .hint("set FAPILOG_PYTHON to the application's interpreter"),
            ];
        }
    };
    let mut findings = vec![python(&answer)];
    findings.extend(core(&answer));
    findings.extend(plugins(&answer));
    findings.extend(configuration::examine(&answer));
    findings.extend(installers(answer.pip.as_deref(), uv));
    findings.push(open_files(answer.open_files));
    findings.push(temporary_folder(&answer.temporary_folder));
    findings
}

fn python(answer: &Answer) -> Finding {
    let (major, minor, micro) = answer.python.version;
    let implementation = match answer.python.implementation.as_str() {
        "cpython" => "CPython",
        other => other,
    };
    let detail = format!(
        "{implementation} {major}.{minor}.{micro} at `{}`",
        answer.python.executable
    );
    if (major, minor) >= OLDEST_PYTHON {
        return Finding::ok("python-version", "python", detail);
    }
    let (wanted_major, wanted_minor) = OLDEST_PYTHON;
    let detail = format!("{detail}: expected {wanted_major}.{wanted_minor} or newer");
    Finding::problem("python-version", "python", detail).hint(&format!(
        "python{wanted_major}.{wanted_minor} -m venv .venv"
    ))
}

fn core(answer: &Answer) -> Vec<Finding> {
    let Some(version) = &answer.core.version else {
        return vec![
            Finding::problem("core-installed", "core", "fapilog is not installed here")
                .hint("pip install fapilog\nuv add fapilog"),
        ];
    };
    let mut findings = vec![
        Finding::ok("core-installed", "core", format!("fapilog {version}")),
        command_version(version),
    ];
    let reinstall = "pip install --force-reinstall fapilog\nuv pip install --reinstall fapilog";
    findings.push(match &answer.extension.error {
        None => Finding::ok("extension-loads", "engine", "the native engine loads"),
        Some(error) => {
            let detail = format!("the native engine can't be loaded: {error}");
            Finding::problem("extension-loads", "engine", detail).hint(reinstall)
        }
    });
    // When the engine fails, so does the import, for the same reason.
    if let (Some(error), None) = (&answer.core.error, &answer.extension.error) {
        let detail = format!("`import fapilog` fails: {error}");
        findings.push(Finding::problem("core-imports", "core", detail).hint(reinstall));
    }
    findings
}

fn command_version(core: &str) -> Finding {
    let detail = format!("fapilog-cli {COMMAND_VERSION}");
    if release_line(core) == release_line(COMMAND_VERSION) {
        return Finding::ok("command-version", "command", detail);
    }
    let detail = format!("{detail} does not belong to fapilog {core}: expected the same release");
    Finding::warning("command-version", "command", detail).hint(
        "pip install --upgrade \"fapilog[cli]\"\nuv add --upgrade-package fapilog-cli \"fapilog[cli]\"",
    )
}

/// Major and minor version: what must agree between the core and its command.
fn release_line(version: &str) -> Vec<&str> {
    version.split('.').take(2).collect()
}

fn plugins(answer: &Answer) -> Vec<Finding> {
    let core = &answer.core;
    if core.version.is_none() || core.error.is_some() || answer.extension.error.is_some() {
        // Said already; plugins would only fail for the same reason.
        return Vec::new();
    }
    if let Some(error) = &answer.plugins_error {
        let detail = format!("the core can't list its plugins: {error}");
        return vec![
            Finding::problem("plugins-listed", "plugins", detail)
                .hint("python -c \"import fapilog; fapilog.debug_plugins()\""),
        ];
    }
    if answer.plugins.is_empty() {
        return vec![Finding::ok(
            "plugins-listed",
            "plugins",
            "none is installed",
        )];
    }
    answer.plugins.iter().map(plugin).collect()
}

fn plugin(plugin: &Plugin) -> Finding {
    let subject = format!("plugin {}", plugin.name);
    let distribution = plugin
        .distribution
        .as_deref()
        .unwrap_or("an unknown distribution");
    let origin = match &plugin.version {
        Some(version) => format!("{distribution} {version}"),
        None => distribution.to_owned(),
    };
    if plugin.status == "ready" {
        return Finding::ok("plugin-loads", &subject, origin);
    }
    let reason = plugin.reason.as_deref().unwrap_or("no reason is known");
    let detail = format!("{}: {reason}", plugin.status);
    let finding = Finding::problem("plugin-loads", &subject, detail);
    match plugin.hint.as_deref() {
        Some(hint) if !hint.trim().is_empty() => finding.hint(hint),
        // A plugin that can't be imported is for its author to repair; a newer one may have been.
        _ => finding.hint(&format!(
            "pip install --upgrade {distribution}\nuv pip install --upgrade {distribution}"
        )),
    }
}

fn installers(pip: Option<&str>, uv: Option<&str>) -> [Finding; 2] {
    let pip = match (pip, uv) {
        (Some(version), _) => Finding::ok("pip-present", "pip", format!("pip {version}")),
        (None, Some(_)) => Finding::ok("pip-present", "pip", "not in this environment; uv is"),
        (None, None) => Finding::warning(
            "pip-present",
            "pip",
            "neither pip nor uv can install plugins here",
        )
        .hint("python -m ensurepip --upgrade"),
    };
    let uv = match uv {
        Some(version) => Finding::ok("uv-present", "uv", format!("uv {version}")),
        None => Finding::ok("uv-present", "uv", "not found (not needed)"),
    };
    [pip, uv]
}

fn open_files(limit: Option<u64>) -> Finding {
    match limit {
        Some(limit) if limit < FEW_OPEN_FILES => {
            let detail = format!("at most {limit} at once: expected {FEW_OPEN_FILES} or more");
            Finding::warning("open-files-limit", "open files", detail)
                .hint(&format!("ulimit -n {}", 4 * FEW_OPEN_FILES))
        }
        Some(limit) => Finding::ok(
            "open-files-limit",
            "open files",
            format!("at most {limit} at once"),
        ),
        None => Finding::ok("open-files-limit", "open files", "no limit"),
    }
}

fn temporary_folder(folder: &TemporaryFolder) -> Finding {
    let path = folder.path.as_deref().unwrap_or("none found");
    match &folder.error {
        None => Finding::ok(
            "temporary-folder-writable",
            "temporary folder",
            format!("`{path}` can be written to"),
        ),
        Some(error) => Finding::problem(
            "temporary-folder-writable",
            "temporary folder",
            format!("`{path}` can't be written to: {error}"),
        )
        .hint("set TMPDIR to a folder that can be written to"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::doctor::Status;

    fn healthy() -> Value {
        json!({
            "python": {"version": [3, 11, 7], "implementation": "cpython", "executable": "/venv/bin/python"},
            "core": {"version": COMMAND_VERSION, "error": null},
            "extension": {"version": null, "error": null},
            "plugins": [{
                "name": "acme", "distribution": "fapilog-acme", "version": "1.0", "kind": null,
                "value": "fapilog_acme:A", "wanted": ">=3.0,<4.0", "found": "3.0.0",
                "status": "ready", "reason": null, "hint": null
            }],
            "plugins_error": null,
            "pip": "26.0",
            "open_files": 4096,
            "temporary_folder": {"path": "/tmp", "error": null},
            "settings": {"error": null, "hint": "", "absent": [], "folders": [
                {"path": "/var/log/shop.jsonl", "error": null}
            ]},
            "settings_error": null,
            "extras": [],
        })
    }

    /// The findings about an environment that is healthy but for one answer.
    fn examined(pointer: &str, value: Value) -> Vec<Finding> {
        let mut answer = healthy();
        *answer.pointer_mut(pointer).unwrap() = value;
        let interpreter = Interpreter {
            path: "/venv/bin/python".into(),
            chosen_by: "PATH",
        };
        let answer = serde_json::from_value(answer).unwrap();
        examine(Some(&interpreter), Some(Ok(answer)), None)
    }

    /// The one finding that is not ok.
    fn fault(pointer: &str, value: Value) -> (&'static str, Status, String, Vec<String>) {
        let mut faults = examined(pointer, value);
        faults.retain(|finding| finding.status != Status::Ok);
        assert_eq!(faults.len(), 1, "{faults:?}");
        let fault = faults.remove(0);
        assert!(
            !fault.hints.is_empty(),
            "every fault says what repairs it: {fault:?}"
        );
        (fault.id, fault.status, fault.detail, fault.hints)
    }

    #[test]
    fn a_healthy_environment_has_no_fault() {
        let findings = examined("/pip", json!("26.0"));
        assert!(
            findings.iter().all(|finding| finding.status == Status::Ok),
            "{findings:?}"
        );
        assert_eq!(findings.len(), 12);
    }

    #[test]
    fn each_fault_is_found_alone_and_bears_its_id() {
        for (pointer, value, id, status) in [
            (
                "/python/version",
                json!([3, 9, 18]),
                "python-version",
                Status::Problem,
            ),
            (
                "/core/version",
                json!(null),
                "core-installed",
                Status::Problem,
            ),
            (
                "/core/version",
                json!("3.9.0"),
                "command-version",
                Status::Warning,
            ),
            (
                "/core/error",
                json!("ImportError: x"),
                "core-imports",
                Status::Problem,
            ),
            (
                "/extension/error",
                json!("ImportError: x"),
                "extension-loads",
                Status::Problem,
            ),
            (
                "/plugins_error",
                json!("RuntimeError: x"),
                "plugins-listed",
                Status::Problem,
            ),
            (
                "/plugins/0/status",
                json!("refused"),
                "plugin-loads",
                Status::Problem,
            ),
            ("/pip", json!(null), "pip-present", Status::Warning),
            (
                "/open_files",
                json!(256),
                "open-files-limit",
                Status::Warning,
            ),
            (
                "/settings/error",
                json!("unknown-setting: x"),
                "settings-usable",
                Status::Problem,
            ),
            (
                "/settings/absent",
                json!([{"name": "fastapi", "extra": "fastapi"}]),
                "extras-installed",
                Status::Problem,
            ),
            (
                "/extras",
                json!([{"extra": "fastapi", "missing": ["fastapi"]}]),
                "extras-installed",
                Status::Problem,
            ),
            (
                "/settings/folders",
                json!([{"path": "/var/log/x", "error": "no file may be made"}]),
                "log-files-writable",
                Status::Problem,
            ),
            (
                "/temporary_folder/error",
                json!("x"),
                "temporary-folder-writable",
                Status::Problem,
            ),
        ] {
            let (found_id, found_status, ..) = match pointer {
                "/plugins/0/status" => refused_plugin(value),
                _ => fault(pointer, value),
            };
            assert_eq!((found_id, found_status), (id, status), "{pointer}");
        }
    }

    /// A plugin that is not ready always comes with the core's hint.
    fn refused_plugin(status: Value) -> (&'static str, Status, String, Vec<String>) {
        let mut plugin = healthy()["plugins"][0].clone();
        plugin["status"] = status;
        plugin["reason"] = json!("wants fapilog>=4, found 3.0.0");
        plugin["hint"] = json!("pip install x\nuv add x");
        fault("/plugins", json!([plugin]))
    }

    #[test]
    fn a_refused_plugin_shows_its_reason_and_both_repairing_commands() {
        let (_, _, detail, hints) = refused_plugin(json!("refused"));
        assert_eq!(detail, "refused: wants fapilog>=4, found 3.0.0");
        assert_eq!(hints, ["pip install x", "uv add x"]);
    }
}
