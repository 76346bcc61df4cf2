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
    /// The settings of the environment; absent when the core can't be asked.
    #[serde(default)]
    pub settings: Option<Settings>,
    /// Why they can't be looked at.
    #[serde(default)]
    pub settings_error: Option<String>,
    /// Extras of fapilog of which something is missing.
    #[serde(default)]
    pub extras: Vec<Extra>,
}

/// What `FAPILOG_*` and the file of `FAPILOG_CONFIG` say.
#[derive(Debug, Deserialize)]
pub struct Settings {
    /// Why they can't be used.
    pub error: Option<String>,
    /// What repairs it; may be empty.
    pub hint: String,
    /// First-party plugins that are named and not installed.
    pub absent: Vec<Absent>,
    /// Files that are written, and why they can't be.
    pub folders: Vec<Written>,
}

/// A plugin that is named and not there.
#[derive(Debug, Deserialize)]
pub struct Absent {
    /// Its name.
    pub name: String,
    /// The extra that brings it.
    pub extra: String,
}

/// A file of a sink or of crash-safe mode.
#[derive(Debug, Deserialize)]
pub struct Written {
    /// Where it is.
    pub path: String,
    /// Why it can't be written.
    pub error: Option<String>,
}

/// An extra that is there in part.
#[derive(Debug, Deserialize)]
pub struct Extra {
    /// Its name.
    pub extra: String,
    /// Distributions of it that are not installed.
    pub missing: Vec<String>,
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
