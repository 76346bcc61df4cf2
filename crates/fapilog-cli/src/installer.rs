//! pip or uv: found once, for environments that are there and for those that are made.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::args::InstallerName;
use crate::client::{ClientFailure, Inventory};

/// Longest time of one run: large wheels over a slow line.
const LIMIT: Duration = Duration::from_secs(900);

/// How often is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(20);

/// What installs in an environment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Installer {
    /// `python -m pip`.
    Pip,
    /// This program.
    Uv(PathBuf),
}

impl Installer {
    /// What the environment uses: what made it, else what installed its core, else what is there.
    pub fn find(
        python: &Path,
        inventory: &Inventory,
        wanted: Option<InstallerName>,
    ) -> Result<Self, ClientFailure> {
        let has_pip = inventory.find("pip").is_some();
        let pip = || has_pip.then_some(Self::Pip);
        let uv = || uv_beside(python).map(Self::Uv);
        let installed_by_uv = inventory
            .find("fapilog")
            .is_some_and(|core| core.installer == "uv");
        let found = match wanted {
            Some(InstallerName::Pip) => pip(),
            Some(InstallerName::Uv) => uv(),
            None if inventory.uv_made_it || installed_by_uv => uv().or_else(pip),
            None => pip().or_else(uv),
        };
        found.ok_or_else(|| ClientFailure::NoInstaller {
            python: python.to_owned(),
            wanted,
        })
    }

    /// For environments that are made anew: uv on the `PATH`, else what comes with Python.
    pub fn for_new() -> Self {
        on_path("uv").map_or(Self::Pip, Self::Uv)
    }

    /// The program uv, where that installs.
    pub fn uv(&self) -> Option<&Path> {
        match self {
            Self::Uv(uv) => Some(uv),
            Self::Pip => None,
        }
    }

    /// Makes an environment.
    pub fn make(&self, python: &Path, environment: &Path) -> Vec<String> {
        let (python, environment) = (text(python), text(environment));
        match self {
            Self::Pip => vec![python, "-m".into(), "venv".into(), environment],
            Self::Uv(uv) => {
                let verb = ["venv", "--quiet", "--python"].map(str::to_owned);
                [vec![text(uv)], verb.to_vec(), vec![python, environment]].concat()
            }
        }
    }

    /// The command that installs requirements, as a person would type it.
    pub fn command(&self, python: &Path, words: &[String]) -> String {
        shown(&self.install(python, words))
    }

    /// Installs requirements; further options are among the words.
    pub fn install(&self, python: &Path, words: &[String]) -> Vec<String> {
        let mut command = self.base(python, "install");
        command.extend(words.iter().cloned());
        command
    }

    /// Removes distributions.
    pub fn uninstall(&self, python: &Path, names: &[String]) -> Vec<String> {
        let mut command = self.base(python, "uninstall");
        if *self == Self::Pip {
            command.push("--yes".to_owned());
        }
        command.extend(names.iter().cloned());
        command
    }

    fn base(&self, python: &Path, verb: &str) -> Vec<String> {
        let python = python.display().to_string();
        let words = match self {
            Self::Pip => vec![python, "-m".into(), "pip".into(), verb.into()],
            Self::Uv(uv) => {
                let uv = uv.display().to_string();
                vec![uv, "pip".into(), verb.into(), "--python".into(), python]
            }
        };
        words.into_iter().collect()
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// The uv beside an interpreter, or the first on the `PATH`.
pub fn uv_beside(python: &Path) -> Option<PathBuf> {
    let beside = python.with_file_name(program("uv"));
    if beside.is_absolute() && beside.is_file() {
        return Some(beside);
    }
    on_path("uv")
}

/// A program on the `PATH`. Folders that depend on where the command runs are passed over.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(program(name)))
        .find(|path| path.is_file())
}

fn program(name: &str) -> String {
    if cfg!(windows) {
        format!("{name}.exe")
    } else {
        name.to_owned()
    }
}

/// A command line that can be pasted.
pub fn shown(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:=@+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Runs a command with its output on standard error, where it disturbs no report.
pub fn run(words: &[String]) -> Result<(), ClientFailure> {
    let failed = |reason: String| ClientFailure::CommandFailed {
        command: shown(words),
        reason,
    };
    let Some((program, rest)) = words.split_first() else {
        return Err(failed("it is empty".to_owned()));
    };
    let mut child = Command::new(program)
        .args(rest)
        .stdin(Stdio::null())
        .stdout(Stdio::from(io::stderr()))
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let deadline = Instant::now() + LIMIT;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(failed(status.to_string())),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(LOOK),
            Ok(None) => {
                // Fails only when it has just ended by itself.
                let _ = child.kill();
                let _ = child.wait();
                let limit = LIMIT.as_secs();
                return Err(failed(format!("it was ended after {limit} s")));
            }
            Err(error) => return Err(failed(error.to_string())),
        }
    }
}
