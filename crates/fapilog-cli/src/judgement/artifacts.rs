//! Which files are judged: the one that is named, or those of a project.

use std::path::{Path, PathBuf};
use std::process::Command;

use fapilog_package::Version;
use fapilog_package::filename::DistributionFilename;
use fapilog_scan::options::Allow;
use tempfile::TempDir;

use crate::doctor::Interpreter;
use crate::failure::Failure;
use crate::frontend;

/// Wheels and source archives of one version.
#[derive(Debug)]
pub struct Artifacts {
    /// The files, wheels last.
    pub files: Vec<PathBuf>,
    /// What the project's own `pyproject.toml` accepts.
    pub allowed: Vec<Allow>,
    /// Where they were built, if they were; removed when they are judged.
    _folder: Option<TempDir>,
}

impl Artifacts {
    /// Finds what `path` names; builds a project that has no artifacts yet.
    pub fn find(path: &Path) -> Result<Self, Failure> {
        let fault = |detail: &str| Failure::NotAnArtifact {
            path: path.to_owned(),
            detail: detail.to_owned(),
        };
        if path.is_file() {
            return Ok(Self {
                files: vec![path.to_owned()],
                allowed: Vec::new(),
                _folder: None,
            });
        }
        if !path.exists() {
            return Err(fault("it does not exist"));
        }
        let pyproject = std::fs::read_to_string(path.join("pyproject.toml"))
            .map_err(|_| fault("there is no pyproject.toml in it"))?;
        let allowed = fapilog_scan::allowed_by(&pyproject).map_err(|detail| {
            let detail = detail.lines().next().unwrap_or_default();
            fault(&format!("its pyproject.toml can't be read: {detail}"))
        })?;
        let files = newest(&path.join("dist"));
        if !files.is_empty() {
            return Ok(Self {
                files,
                allowed,
                _folder: None,
            });
        }
        let folder = tempfile::tempdir().map_err(|source| Failure::Unwritable {
            path: std::env::temp_dir(),
            source,
        })?;
        build(path, folder.path())?;
        Ok(Self {
            files: newest(folder.path()),
            allowed,
            _folder: Some(folder),
        })
    }
}

/// The artifacts of the highest version in a folder.
fn newest(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(Version, bool, PathBuf)> = entries
        .filter_map(|entry| {
            let name = DistributionFilename::parse(&entry.file_name().to_string_lossy()).ok()?;
            let is_wheel = matches!(name, DistributionFilename::Wheel(_));
            Some((name.version().clone(), is_wheel, entry.path()))
        })
        .collect();
    found.sort();
    let highest = found.last().map(|(version, ..)| version.clone());
    found.retain(|(version, ..)| Some(version) == highest.as_ref());
    found.into_iter().map(|(.., path)| path).collect()
}

/// Builds with what the environment has.
fn build(project: &Path, target: &Path) -> Result<(), Failure> {
    let failed = |detail: String| Failure::NotBuilt {
        path: project.to_owned(),
        detail,
    };
    let python = Interpreter::find(|name| std::env::var_os(name));
    let python = python.map_or_else(|| "python3".into(), |found| found.path);
    let words = frontend::command(&python, project, target)
        .map_err(|_| failed("neither uv nor `python -m build` can be started".to_owned()))?;
    let (program, rest) = words.split_first().ok_or_else(|| failed(String::new()))?;
    let output = Command::new(program)
        .args(rest)
        .output()
        .map_err(|error| failed(format!("`{program}` can't be started: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rfind(|line| !line.trim().is_empty());
    Err(failed(format!(
        "`{program}` says: {}",
        last.unwrap_or("nothing")
    )))
}
