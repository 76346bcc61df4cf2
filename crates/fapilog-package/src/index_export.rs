//! What a package index says about projects, from a mirror or export that the operator fetched.
//!
//! ```no_run
//! use fapilog_package::{index_export::IndexExport, name::ProjectName};
//! let export = IndexExport::open("mirror/web/simple".as_ref())?;
//! for release in export.releases(&ProjectName::parse("httpx").unwrap()) {
//!     println!("{}: yanked {:?}", release.version, release.yanked);
//! }
//! # Ok::<(), fapilog_package::index_export::IndexError>(())
//! ```

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use pep440_rs::Version;

use crate::name::ProjectName;

mod page;
mod store;

pub use page::Stated;

/// Largest page of one project in bytes; those with ten thousand files have 10 MB.
pub const MAX_PAGE_BYTES: u64 = 64 * 1024 * 1024;

/// Most releases that are kept.
pub const MAX_RELEASES: usize = 10_000_000;

/// Why an export could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The path can't be read.
    #[error("`{}` can't be read: {cause}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// The system's reason.
        cause: std::io::Error,
    },
    /// What is there is no export of an index.
    #[error("`{}` is no export of a package index: {detail}", path.display())]
    Format {
        /// The path.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
}

impl IndexError {
    /// Stable identifier of this kind of error.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Io { .. } => "index-export-io",
            Self::Format { .. } => "index-export-format",
        }
    }

    /// What to do about it, in one line.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        "give a folder with the simple API's JSON pages of a mirror, or one such page"
    }
}

/// One version of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The version.
    pub version: Version,
    /// Why it was withdrawn (PEP 592), empty when no reason is given; `None` when it was not. A
    /// version of which some files are left is not withdrawn.
    pub yanked: Option<String>,
    /// The licence that its metadata states, where the export has the metadata.
    pub licence: Option<Stated>,
}

/// Projects and their releases.
#[derive(Debug, Clone, Default)]
pub struct IndexExport {
    projects: HashMap<ProjectName, BTreeMap<Version, Release>>,
    releases: usize,
    /// Files that could not be read, and were passed over.
    pub skipped: usize,
    fetched: Option<SystemTime>,
}

impl IndexExport {
    /// Reads a page of the simple API (PEP 691) or of the older JSON API, or a folder of them with
    /// all folders in it, as mirrors keep them: any `*.json` and `index.v1_json`. Metadata and wheels
    /// that lie there (`*.metadata`, `*.whl`) say which licences releases have.
    ///
    /// # Errors
    ///
    /// [`IndexError`]; single files that can't be read are counted in [`skipped`](Self::skipped)
    /// instead, unless there is no other.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        store::open(path)
    }

    /// Adds a page from its bytes. Tells whether it was one.
    pub fn add_page(&mut self, bytes: &[u8]) -> bool {
        let Some(page) = page::parse(bytes) else {
            return false;
        };
        for release in page.releases {
            self.add(&page.project, release);
        }
        true
    }

    pub(crate) fn add(&mut self, project: &ProjectName, release: Release) {
        if self.releases >= MAX_RELEASES {
            self.skipped += 1;
            return;
        }
        let known = self.projects.entry(project.clone()).or_default();
        match known.get_mut(&release.version) {
            Some(old) => {
                old.yanked = release.yanked.or(old.yanked.take());
                old.licence = release.licence.or(old.licence.take());
            }
            None => {
                self.releases += 1;
                known.insert(release.version.clone(), release);
            }
        }
    }

    /// What is known about a project's versions, in their order; nothing for unknown projects.
    pub fn releases(&self, project: &ProjectName) -> impl DoubleEndedIterator<Item = &Release> {
        self.projects
            .get(project)
            .into_iter()
            .flat_map(BTreeMap::values)
    }

    /// How many projects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.projects.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.projects.is_empty()
    }

    /// How old the export is: the time since its newest file was written.
    #[must_use]
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        self.fetched.and_then(|then| now.duration_since(then).ok())
    }
}
