//! What Python answers: the shape of the JSON that `probe.py` prints.

use serde::Deserialize;

/// Python's answer.
#[derive(Debug, Deserialize)]
pub struct Answer {
    /// The interpreter.
    pub python: Python,
    /// The installed distribution `fapilog`.
    pub core: Part,
    /// The native part of the core, `fapilog._engine`.
    pub extension: Part,
    /// What `fapilog.debug_plugins` reports.
    pub plugins: Vec<Plugin>,
    /// Why it reports nothing.
    pub plugins_error: Option<String>,
    /// Version of pip in the environment.
    pub pip: Option<String>,
    /// The most files that a process may have open; absent where there is no such limit.
    pub open_files: Option<u64>,
    /// The folder for temporary files.
    pub temporary_folder: TemporaryFolder,
}

/// The interpreter.
#[derive(Debug, Deserialize)]
pub struct Python {
    /// Major, minor and micro version.
    pub version: (u32, u32, u32),
    /// `CPython`, `PyPy`.
    pub implementation: String,
    /// Where the interpreter says it is; a name on the `PATH` may be a link or a shim.
    pub executable: String,
}

/// A part of the core.
#[derive(Debug, Deserialize)]
pub struct Part {
    /// Its version, if the distribution is installed.
    pub version: Option<String>,
    /// Why it can't be imported.
    pub error: Option<String>,
}

/// One line of the plugin report.
#[derive(Debug, Deserialize)]
pub struct Plugin {
    /// Name of the entry point.
    pub name: String,
    /// The distribution that brought it.
    #[serde(default)]
    pub distribution: Option<String>,
    /// The distribution's version.
    #[serde(default)]
    pub version: Option<String>,
    /// `ready`, `refused` or `broken`.
    pub status: String,
    /// Why it is not ready.
    #[serde(default)]
    pub reason: Option<String>,
    /// What repairs it.
    #[serde(default)]
    pub hint: Option<String>,
}

/// The folder for temporary files.
#[derive(Debug, Deserialize)]
pub struct TemporaryFolder {
    /// Where it is.
    pub path: Option<String>,
    /// Why nothing can be written there.
    pub error: Option<String>,
}
