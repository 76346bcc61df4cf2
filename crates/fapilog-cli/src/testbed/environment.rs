//! A virtual environment with the core and the project, made once and kept.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::process::{self, Ended};
use super::{Cell, Project, Supply, TestbedError};
use crate::doctor::Interpreter;

/// Longest time for one installation; a first one may compile.
const INSTALL_LIMIT: Duration = Duration::from_secs(900);
/// Longest time for a question to the environment.
const QUESTION: Duration = Duration::from_secs(60);
/// Lines of an installer's complaint that are shown.
const COMPLAINT_LINES: usize = 6;

/// Why there is no environment.
#[derive(Debug)]
pub enum Missing {
    /// The interpreter or the core is not to be had.
    Absent(String),
    /// The project can't be installed.
    Broken(String),
}

/// An environment that is ready.
#[derive(Debug)]
pub struct Environment {
    /// Its interpreter.
    pub python: PathBuf,
    /// Where logs and reports of its tests are put.
    pub folder: PathBuf,
}

impl Environment {
    /// Makes the environment of a cell, or takes the one that is there.
    pub fn prepare(
        cell: &Cell,
        project: &Project,
        supply: &Supply,
        coverage: bool,
        fresh: bool,
    ) -> Result<Result<Self, Missing>, TestbedError> {
        let home = home(project)?;
        let Some(base) = base_interpreter(cell, supply, &home) else {
            let version = cell.python.as_deref().unwrap_or_default();
            let reason = format!("no interpreter `python{version}` on the PATH");
            return Ok(Err(Missing::Absent(reason)));
        };
        let mut hasher = DefaultHasher::new();
        (project.digest(), supply.fingerprint(), &base, coverage).hash(&mut hasher);
        let folder = home.join(format!("{}-{:016x}", cell.label(), hasher.finish()));
        let environment = Self {
            python: folder.join(if cfg!(windows) {
                "Scripts/python.exe"
            } else {
                "bin/python"
            }),
            folder: folder.clone(),
        };
        let ready = folder.join("ready");
        if fresh || !ready.is_file() {
            clear(&home, &cell.label()).map_err(|source| unwritable(&home, source))?;
            if let Err(missing) = environment.fill(cell, project, supply, &base, coverage) {
                return Ok(Err(missing));
            }
            fs::write(&ready, "").map_err(|source| unwritable(&ready, source))?;
        } else if !project.is_live {
            let requirement = project.requirement();
            let words = ["--force-reinstall", "--no-deps", requirement.as_str()];
            if let Err(reason) = environment.install(supply, &words) {
                return Ok(Err(Missing::Broken(reason)));
            }
        }
        Ok(Ok(environment))
    }

    fn fill(
        &self,
        cell: &Cell,
        project: &Project,
        supply: &Supply,
        base: &Path,
        coverage: bool,
    ) -> Result<(), Missing> {
        let log = self
            .folder
            .with_file_name(format!("{}-install.log", cell.label()));
        let made = supply.make(base, &self.folder);
        run(made, &log).map_err(Missing::Absent)?;
        let core = cell.requirement();
        self.install(supply, &[core.as_str()])
            .map_err(|reason| Missing::Absent(format!("`{core}` can't be installed: {reason}")))?;
        let version = self.version("fapilog").unwrap_or_default();
        let constraints = self.folder.join("constraints.txt");
        let pinned = fs::write(&constraints, format!("fapilog=={version}\n"));
        pinned.map_err(|error| Missing::Broken(error.to_string()))?;
        let constraints = constraints.display().to_string();
        let requirement = project.requirement();
        let mut words = vec![
            "--constraint",
            constraints.as_str(),
            "pytest>=8",
            "--editable",
            requirement.as_str(),
        ];
        if coverage {
            words.insert(2, "coverage>=7");
        }
        self.install(supply, &words)
            .map_err(|reason| Missing::Broken(format!("the project can't be installed: {reason}")))
    }

    fn install(&self, supply: &Supply, words: &[&str]) -> Result<(), String> {
        let log = self.folder.join("install.log");
        run(supply.install(&self.python, words), &log)
    }

    /// The installed version of a distribution.
    pub fn version(&self, distribution: &str) -> Option<String> {
        let code = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))";
        let mut command = Command::new(&self.python);
        command.args(["-c", code, distribution]);
        process::answer(command, &self.folder, QUESTION)
    }

    /// The version of its Python.
    pub fn python_version(&self) -> Option<String> {
        let mut command = Command::new(&self.python);
        command.args(["-c", "import platform; print(platform.python_version())"]);
        process::answer(command, &self.folder, QUESTION)
    }
}

/// Runs an installer; on failure gives what it complained about.
fn run(command: Command, log: &Path) -> Result<(), String> {
    match process::run(command, log, INSTALL_LIMIT) {
        Ok(Ended::With(0)) => Ok(()),
        Ok(Ended::With(_)) => Err(process::last_lines(log, COMPLAINT_LINES)),
        Ok(Ended::Late) => Err(format!("it took longer than {} s", INSTALL_LIMIT.as_secs())),
        Err(error) => Err(error.to_string()),
    }
}

/// The interpreter that an environment is made from.
fn base_interpreter(cell: &Cell, supply: &Supply, home: &Path) -> Option<PathBuf> {
    match &cell.python {
        Some(version) => supply.interpreter(version, home),
        None => Interpreter::find(|name| std::env::var_os(name)).map(|found| found.path),
    }
}

/// The folder of all environments of a project; git does not see it.
fn home(project: &Project) -> Result<PathBuf, TestbedError> {
    let above = project.folder.join(".fapilog");
    let home = above.join("test");
    let ignore = above.join(".gitignore");
    fs::create_dir_all(&home).map_err(|source| unwritable(&home, source))?;
    fs::write(&ignore, "*\n").map_err(|source| unwritable(&ignore, source))?;
    Ok(home)
}

/// Removes older environments of a cell.
fn clear(home: &Path, label: &str) -> std::io::Result<()> {
    for entry in fs::read_dir(home)? {
        let entry = entry?;
        let name = entry.file_name();
        if !name.to_string_lossy().starts_with(&format!("{label}-")) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn unwritable(path: &Path, source: std::io::Error) -> TestbedError {
    TestbedError::Unwritable {
        path: path.to_owned(),
        source,
    }
}
