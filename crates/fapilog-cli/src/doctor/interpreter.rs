//! Which Python the examination is about.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// Set by the core's console script: the interpreter whose environment it belongs to.
const PYTHON_VARIABLE: &str = "FAPILOG_PYTHON";
/// Set by an activated virtual environment: its folder.
const ENVIRONMENT_VARIABLE: &str = "VIRTUAL_ENV";

/// A Python interpreter, and how it was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Interpreter {
    /// The program; it need not exist when a variable named it.
    pub path: PathBuf,
    /// What named it: a variable, or `PATH`.
    pub chosen_by: &'static str,
}

impl Interpreter {
    /// The interpreter named by the launcher, else that of the active virtual environment, else
    /// the first on the `PATH`. `variable` reads an environment variable.
    pub fn find(variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        if let Some(path) = set(PYTHON_VARIABLE) {
            return Some(Self {
                path: path.into(),
                chosen_by: PYTHON_VARIABLE,
            });
        }
        if let Some(folder) = set(ENVIRONMENT_VARIABLE) {
            let path = Path::new(&folder).join(if cfg!(windows) {
                "Scripts/python.exe"
            } else {
                "bin/python"
            });
            return Some(Self {
                path,
                chosen_by: ENVIRONMENT_VARIABLE,
            });
        }
        let folders: Vec<PathBuf> = env::split_paths(&set("PATH")?)
            .filter(|folder| folder.is_absolute())
            .collect();
        let names = if cfg!(windows) {
            ["python.exe", "py.exe"]
        } else {
            ["python3", "python"]
        };
        names
            .iter()
            .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
            .find(|path| path.is_file())
            .map(|path| Self {
                path,
                chosen_by: "PATH",
            })
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn find(set: &[(&str, &str)]) -> Option<Interpreter> {
        Interpreter::find(|name| {
            set.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_launchers_word_counts_more_than_the_active_environment() {
        let found = find(&[
            ("VIRTUAL_ENV", "/venv"),
            ("FAPILOG_PYTHON", "/other/python"),
        ])
        .unwrap();
        assert_eq!(found.path, Path::new("/other/python"));
    }

    #[test]
    fn the_active_environment_counts_more_than_the_path() {
        let found = find(&[
            ("VIRTUAL_ENV", "/venv"),
            ("FAPILOG_PYTHON", ""),
            ("PATH", "/bin"),
        ])
        .unwrap();
        assert_eq!(found.path, Path::new("/venv/bin/python"));
    }

    #[test]
    fn an_interpreter_in_a_relative_folder_of_the_path_is_not_run() {
        let folder = tempfile::tempdir_in(".").unwrap();
        std::fs::write(folder.path().join("python3"), "").unwrap();
        let name = folder.path().file_name().unwrap().to_str().unwrap();
        assert_eq!(find(&[("PATH", name)]), None);
        assert_eq!(find(&[]), None);
    }
}
