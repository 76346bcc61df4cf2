//! Known vulnerabilities, from an OSV export that the operator fetched.
//!
//! ```no_run
//! use fapilog_package::{name::ProjectName, osv::OsvDatabase};
//! let database = OsvDatabase::open("osv/PyPI/all.zip".as_ref())?;
//! let project = ProjectName::parse("jinja2").unwrap();
//! for found in database.matching(&project, &"2.10".parse().unwrap()) {
//!     println!("{}: {}", found.id, found.summary);
//! }
//! # Ok::<(), fapilog_package::osv::OsvError>(())
//! ```

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use pep440_rs::{Version, VersionSpecifiers};

use crate::gate;
use crate::name::ProjectName;

mod record;
mod store;

pub use record::{Advisory, Affected, Event};

/// Most advisories that are read; the whole export for Python has some ten thousand.
pub const MAX_ADVISORIES: usize = 1_000_000;

/// Largest advisory in bytes.
pub const MAX_ADVISORY_BYTES: u64 = 4 * 1024 * 1024;

/// Why an export could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OsvError {
    /// The path can't be read.
    #[error("`{}` can't be read: {cause}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// The system's reason.
        cause: std::io::Error,
    },
    /// What is there is no OSV export.
    #[error("`{}` is no OSV export: {detail}", path.display())]
    Format {
        /// The path.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
}

impl OsvError {
    /// Stable identifier of this kind of error.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Io { .. } => "osv-io",
            Self::Format { .. } => "osv-format",
        }
    }

    /// What to do about it, in one line.
    #[must_use]
    pub fn hint(&self) -> String {
        "give the folder, the `all.zip` or the JSON file of an OSV export for PyPI".to_owned()
    }
}

/// The advisories of an export, by project.
#[derive(Debug, Clone, Default)]
pub struct OsvDatabase {
    advisories: Vec<Advisory>,
    by_project: HashMap<ProjectName, Vec<usize>>,
    /// Advisories that could not be read, and were passed over.
    pub skipped: usize,
    fetched: Option<SystemTime>,
}

/// How a requirement meets an advisory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// Some versions that the requirement allows are affected, and others aren't.
    Allowed,
    /// Every version that the requirement allows, of those that the advisory knows, is affected.
    Unavoidable,
}

impl OsvDatabase {
    /// Reads a folder (with all folders in it), a zip archive, or a file with one advisory, a list
    /// of them, or `{"vulns": […]}`.
    ///
    /// # Errors
    ///
    /// [`OsvError`]; single advisories that can't be read are counted in
    /// [`skipped`](Self::skipped) instead, unless there is no other.
    pub fn open(path: &Path) -> Result<Self, OsvError> {
        store::open(path)
    }

    /// Takes in one advisory, a list of them, or an answer of the OSV service (`{"vulns": […]}`), from
    /// its JSON. What can't be read is counted in [`skipped`](Self::skipped).
    pub fn add_list(&mut self, bytes: &[u8]) {
        store::list(bytes, self);
    }

    pub(crate) fn add(&mut self, advisory: Advisory) {
        if advisory.withdrawn.is_some() {
            return;
        }
        let index = self.advisories.len();
        for affected in &advisory.affected {
            let known = self.by_project.entry(affected.project.clone()).or_default();
            if known.last() != Some(&index) {
                known.push(index);
            }
        }
        self.advisories.push(advisory);
    }

    /// How many advisories there are, without those that were withdrawn.
    #[must_use]
    pub fn len(&self) -> usize {
        self.advisories.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.advisories.is_empty()
    }

    /// When an advisory of the export was changed last, as RFC 3339.
    #[must_use]
    pub fn newest(&self) -> Option<&str> {
        self.advisories
            .iter()
            .map(|advisory| advisory.modified.as_str())
            .max()
    }

    /// How old the export is: the time since its file was written, `None` when the file system
    /// doesn't tell. Reports show it, since an old export knows nothing of new advisories.
    #[must_use]
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        self.fetched.and_then(|then| now.duration_since(then).ok())
    }

    /// The advisories about a project, whatever its version.
    pub fn about(&self, project: &ProjectName) -> impl Iterator<Item = &Advisory> {
        let known = self.by_project.get(project);
        known
            .into_iter()
            .flatten()
            .filter_map(|index| self.advisories.get(*index))
    }

    /// The advisories that affect a version.
    #[must_use]
    pub fn matching(&self, project: &ProjectName, version: &Version) -> Vec<&Advisory> {
        self.about(project)
            .filter(|advisory| advisory.affects(project, version))
            .collect()
    }

    /// The advisories that affect versions which a requirement allows, for dependencies whose
    /// version isn't chosen yet.
    #[must_use]
    pub fn matching_range(
        &self,
        project: &ProjectName,
        range: &VersionSpecifiers,
    ) -> Vec<(&Advisory, Exposure)> {
        let allows = |version: &Version| range.iter().all(|one| gate::contains(one, version));
        let exposed = self.about(project).filter_map(|advisory| {
            // The ends of the requirement may lie between what the advisory names.
            let ends = range.iter().map(|one| one.version().clone());
            let (affected, safe): (Vec<Version>, Vec<Version>) = advisory
                .known_versions(project)
                .into_iter()
                .chain(ends)
                .filter(&allows)
                .partition(|version| advisory.affects(project, version));
            match (affected.is_empty(), safe.is_empty()) {
                (true, _) => None,
                (false, false) => Some((advisory, Exposure::Allowed)),
                (false, true) => Some((advisory, Exposure::Unavoidable)),
            }
        });
        exposed.collect()
    }
}
