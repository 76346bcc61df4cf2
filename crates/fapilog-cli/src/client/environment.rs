//! The environment that a command is about: its interpreter, its installer, what is in it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{ClientFailure, Inventory};
use crate::args::InstallerName;
use crate::doctor::{Interpreter, probe};
use crate::installer::Installer;

const INVENTORY: &str = include_str!("inventory.py");

/// Longest time for the answer: all plugins are imported, perhaps from a cold disk.
const LIMIT: Duration = Duration::from_secs(30);

/// An environment.
#[derive(Debug)]
pub struct Environment {
    /// The interpreter.
    pub python: PathBuf,
    /// What is installed.
    pub inventory: Inventory,
    /// What installs there.
    pub installer: Installer,
}

impl Environment {
    /// Asks the environment that is active, or that of `python`.
    pub fn find(
        python: Option<&Path>,
        installer: Option<InstallerName>,
    ) -> Result<Self, ClientFailure> {
        let python = match python {
            Some(path) => path.to_owned(),
            None => {
                let found = Interpreter::find(|name| std::env::var_os(name));
                found.ok_or(ClientFailure::NoPython)?.path
            }
        };
        let inventory = ask(&python)?;
        let installer = Installer::find(&python, &inventory, installer)?;
        Ok(Self {
            python,
            inventory,
            installer,
        })
    }

    /// The version of the core that plugins have to go with.
    pub fn core(&self) -> Result<&str, ClientFailure> {
        self.inventory.core().ok_or_else(|| ClientFailure::NoCore {
            python: self.python.clone(),
            command: self
                .installer
                .command(&self.python, &["fapilog".to_owned()]),
        })
    }

    /// Looks again.
    pub fn ask_again(&self) -> Result<Inventory, ClientFailure> {
        ask(&self.python)
    }
}

fn ask(python: &Path) -> Result<Inventory, ClientFailure> {
    let mut command = Command::new(python);
    command
        .args(["-c", INVENTORY])
        .env("PYTHONSAFEPATH", "1")
        .env("PYTHONIOENCODING", "utf-8");
    let failed = |reason: String| ClientFailure::NoAnswer {
        python: python.to_owned(),
        reason,
    };
    let ended = probe::run(command, LIMIT).map_err(|error| failed(error.to_string()))?;
    serde_json::from_slice(&ended.output).map_err(|error| {
        failed(match probe::last_line(&ended.complaint) {
            complaint if complaint.is_empty() => error.to_string(),
            complaint => complaint,
        })
    })
}
