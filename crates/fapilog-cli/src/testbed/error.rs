//! Why nothing can be tested at all.

use std::path::PathBuf;

/// Every way in which testing a project fails before its tests do.
#[derive(Debug, thiserror::Error)]
pub enum TestbedError {
    /// There is no project.
    #[error("`{}` has no pyproject.toml: expected the folder of a plugin's project", .0.display())]
    NoProject(PathBuf),
    /// It says nothing that can be understood.
    #[error("`{}` can't be used: {reason}", .path.display())]
    BadProject {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An environment or report can't be written.
    #[error("can't write `{}`: {source}", .path.display())]
    Unwritable {
        /// What was to be written.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
}

impl TestbedError {
    /// Stable identifier.
    pub const fn id(&self) -> &'static str {
        match self {
            Self::NoProject(_) => "project-not-found",
            Self::BadProject { .. } => "project-not-readable",
            Self::Unwritable { .. } => "testbed-not-writable",
        }
    }

    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NoProject(_) => "fapilog plugin new acme && fapilog plugin test fapilog-acme",
            Self::BadProject { .. } => "it needs [project] with a name; see `fapilog plugin new`",
            Self::Unwritable { .. } => "choose a folder that you may write to",
        }
    }

    /// Whether it was typed wrongly.
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::NoProject(_))
    }
}
