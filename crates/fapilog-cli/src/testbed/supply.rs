//! Where the distributions of test environments come from.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::process;
use crate::installer::{Installer, on_path};

/// Longest time for a question to an interpreter or to uv.
const QUESTION: Duration = Duration::from_secs(20);

/// Makes environments and installs into them.
#[derive(Debug)]
pub struct Supply {
    installer: Installer,
    find_links: Vec<String>,
    offline: bool,
}

impl Supply {
    /// uv on the `PATH`, if there is one. A folder of `find_links` is taken from here, wherever the
    /// installer runs.
    pub fn find(find_links: &[String], offline: bool) -> Self {
        let absolute = |place: &String| match std::fs::canonicalize(place) {
            Ok(path) => path.display().to_string(),
            Err(_) => place.clone(), // an address
        };
        Self {
            installer: Installer::for_new(),
            find_links: find_links.iter().map(absolute).collect(),
            offline,
        }
    }

    /// What environments depend on: where distributions come from, and which are there.
    pub fn fingerprint(&self) -> String {
        let mut text = format!(
            "{:?} {:?} {}",
            self.installer, self.find_links, self.offline
        );
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
        let mut command = Command::new(self.installer.uv()?);
        command.args(["python", "find", "--no-python-downloads", version]);
        process::answer(command, folder, QUESTION).map(PathBuf::from)
    }

    /// The command that makes an environment.
    pub fn make(&self, python: &Path, environment: &Path) -> Command {
        command(&self.installer.make(python, environment))
    }

    /// The command that installs requirements into an environment.
    pub fn install(&self, python: &Path, words: &[&str]) -> Command {
        let mut all = vec!["--quiet"];
        if self.installer == Installer::Pip {
            all.push("--disable-pip-version-check");
        }
        for place in &self.find_links {
            all.extend(["--find-links", place]);
        }
        if self.offline {
            all.push("--no-index");
        }
        all.extend(words);
        let words: Vec<String> = all.into_iter().map(str::to_owned).collect();
        command(&self.installer.install(python, &words))
    }
}

fn command(words: &[String]) -> Command {
    let (program, rest) = words
        .split_first()
        .map_or(("", &[][..]), |(program, rest)| (program.as_str(), rest));
    let mut command = Command::new(program);
    command.args(rest);
    command
}
