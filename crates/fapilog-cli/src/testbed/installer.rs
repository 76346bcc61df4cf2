//! uv where there is one, else venv and pip.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::process;

/// Longest time for a question to an interpreter or to uv.
const QUESTION: Duration = Duration::from_secs(20);

/// Makes environments and installs into them.
#[derive(Debug)]
pub struct Installer {
    uv: Option<PathBuf>,
    find_links: Vec<String>,
    offline: bool,
}

impl Installer {
    /// uv on the `PATH`, if there is one. A folder of `find_links` is taken from here, wherever the
    /// installer runs.
    pub fn find(find_links: &[String], offline: bool) -> Self {
        let absolute = |place: &String| match std::fs::canonicalize(place) {
            Ok(path) => path.display().to_string(),
            Err(_) => place.clone(), // an address
        };
        Self {
            uv: on_path("uv"),
            find_links: find_links.iter().map(absolute).collect(),
            offline,
        }
    }

    /// What environments depend on: where distributions come from, and which are there.
    pub fn fingerprint(&self) -> String {
        let mut text = format!("{:?} {:?} {}", self.uv, self.find_links, self.offline);
        for place in &self.find_links {
            let mut files: Vec<String> = std::fs::read_dir(place)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| {
                    let about = entry.metadata().ok();
                    let changed = about.as_ref().and_then(|about| about.modified().ok());
                    let bytes = about.map(|about| about.len());
                    format!("{:?} {bytes:?} {changed:?}", entry.file_name())
                })
                .collect();
            files.sort();
            text.extend(files);
        }
        text
    }

    /// The interpreter of a version: `python3.11` on the `PATH`, or one that uv knows.
    pub fn interpreter(&self, version: &str, folder: &Path) -> Option<PathBuf> {
        if let Some(path) = on_path(&format!("python{version}")) {
            // A shim may stand for a version that is not there.
            let mut command = Command::new(&path);
            command.args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
            let found = process::answer(command, folder, QUESTION).unwrap_or_default();
            if version == found || version.starts_with(&format!("{found}.")) {
                return Some(path);
            }
        }
        let mut command = Command::new(self.uv.as_ref()?);
        command.args(["python", "find", "--no-python-downloads", version]);
        process::answer(command, folder, QUESTION).map(PathBuf::from)
    }

    /// The command that makes an environment.
    pub fn make(&self, python: &Path, environment: &Path) -> Command {
        let mut command = match &self.uv {
            Some(uv) => {
                let mut command = Command::new(uv);
                command.args(["venv", "--quiet", "--python"]).arg(python);
                command
            }
            None => {
                let mut command = Command::new(python);
                command.args(["-m", "venv"]);
                command
            }
        };
        command.arg(environment);
        command
    }

    /// The command that installs requirements into an environment.
    pub fn install(&self, python: &Path, words: &[&str]) -> Command {
        let mut command = match &self.uv {
            Some(uv) => {
                let mut command = Command::new(uv);
                command
                    .args(["pip", "install", "--quiet", "--python"])
                    .arg(python);
                command
            }
            None => {
                let mut command = Command::new(python);
                command.args(["-m", "pip", "install", "--quiet"]);
                command.arg("--disable-pip-version-check");
                command
            }
        };
        for place in &self.find_links {
            command.arg("--find-links").arg(place);
        }
        if self.offline {
            command.arg("--no-index");
        }
        command.args(words);
        command
    }
}

/// A program on the `PATH`.
fn on_path(name: &str) -> Option<PathBuf> {
    let name = if cfg!(windows) {
        format!("{name}.exe")
    } else {
        name.to_owned()
    };
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file())
}
