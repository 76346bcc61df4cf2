//! What a page of the index tells, and its forms: JSON and HTML are written from the same values
//! (PEP 503, 592, 658, 691, 700, 740, 792).

use std::fmt;

use askama::Template;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::clock;
use crate::error::MarketError;
use crate::negotiation::IndexForm;
use crate::queries::files::FileRow;

/// Raised whenever the text of a page changes for the same values; pages that another version wrote
/// are then written anew.
pub const EMITTER: &str = "2";

/// The version of the index's format: 1.1 has sizes, times and versions, 1.3 provenance, 1.4 the
/// status of projects.
const API_VERSION: &str = "1.4";

#[derive(Serialize)]
struct Meta {
    #[serde(rename = "api-version")]
    api_version: &'static str,
}

#[derive(Serialize, Template)]
#[template(path = "simple_root.html")]
struct Root {
    meta: Meta,
    projects: Vec<RootProject>,
}

#[derive(Serialize)]
struct RootProject {
    name: String,
}

/// The list of all projects in one form.
pub(super) fn root(names: Vec<String>, form: IndexForm) -> Result<String, MarketError> {
    let meta = Meta {
        api_version: API_VERSION,
    };
    let projects = names.into_iter().map(|name| RootProject { name }).collect();
    let root = Root { meta, projects };
    match form {
        IndexForm::Json => to_json(&root),
        IndexForm::Html | IndexForm::PlainHtml => to_html(&root),
    }
}

/// What a project's page tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexProject {
    /// Normalised name.
    pub name: String,
    /// Its state.
    pub status: ProjectStatus,
    /// Why it is in that state.
    pub status_reason: Option<String>,
    /// All versions that have a file, oldest first.
    pub versions: Vec<String>,
    /// The files.
    pub files: Vec<IndexFile>,
}

/// The states of a project (PEP 792). Installers read them and do nothing about them: what must not
/// be installed is withheld here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum ProjectStatus {
    /// As usual.
    Active,
    /// Takes no uploads any more.
    Archived,
    /// Something else should be used.
    Deprecated,
    /// Nothing of it is handed out.
    Quarantined,
}

impl ProjectStatus {
    /// Reads the name in the database.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        match name {
            "archived" => Self::Archived,
            "deprecated" => Self::Deprecated,
            "quarantined" => Self::Quarantined,
            _ => Self::Active,
        }
    }
}

impl fmt::Display for ProjectStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Active => "active",
            Self::Archived => "archived",
            Self::Deprecated => "deprecated",
            Self::Quarantined => "quarantined",
        })
    }
}

/// One file on a project's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct IndexFile {
    /// Its name.
    pub filename: String,
    /// Its address, relative to the page.
    pub url: String,
    /// Its digest.
    pub hashes: Hashes,
    /// For which Python versions it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires_python: Option<String>,
    /// Its size in bytes; unknown for some files of other indexes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// RFC 3339; unknown for some files of other indexes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_time: Option<String>,
    /// Whether, and why, it was yanked.
    pub yanked: Yanked,
    /// The digest of the METADATA file beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core_metadata: Option<Hashes>,
    /// The name under which pip read the same until version 23.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dist_info_metadata: Option<Hashes>,
    /// Where its attestations are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provenance: Option<String>,
}

/// SHA-256 only: other digests break installers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hashes {
    /// In lower-case hexadecimal.
    pub sha256: String,
}

/// `false`, or the reason, or `true` when none was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Yanked {
    /// Whether it was yanked.
    Plain(bool),
    /// Why it was yanked.
    Reason(String),
}

impl Yanked {
    /// From a reason, which may be empty; `None` when it wasn't yanked.
    #[must_use]
    pub fn of(reason: Option<String>) -> Self {
        match reason {
            None => Self::Plain(false),
            Some(reason) if reason.is_empty() => Self::Plain(true),
            Some(reason) => Self::Reason(reason),
        }
    }

    /// What the HTML form says; `None` when it wasn't yanked.
    fn attribute(&self) -> Option<&str> {
        match self {
            Self::Plain(false) => None,
            Self::Plain(true) => Some(""),
            Self::Reason(reason) => Some(reason),
        }
    }
}

impl From<FileRow> for IndexFile {
    fn from(row: FileRow) -> Self {
        let metadata = row.metadata_sha256.clone().map(|sha256| Hashes { sha256 });
        let provenance = (row.has_provenance == 1).then(|| {
            format!(
                "../../integrity/{}/{}/{}/provenance",
                row.project, row.version, row.filename
            )
        });
        Self {
            url: format!("../../files/{}", row.location().path()),
            filename: row.filename,
            hashes: Hashes { sha256: row.sha256 },
            requires_python: row.requires_python,
            size: Some(row.size_bytes),
            upload_time: Some(clock::rfc3339(row.uploaded_us)),
            yanked: Yanked::of(row.yanked_reason),
            core_metadata: metadata.clone(),
            data_dist_info_metadata: metadata,
            provenance,
        }
    }
}

/// A page in both forms, and the key that both have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Changes with what the page tells.
    pub key: String,
    /// The JSON form.
    pub json: String,
    /// The HTML form.
    pub html: String,
}

#[derive(Serialize, Template)]
#[serde(rename_all = "kebab-case")]
#[template(path = "simple_project.html")]
struct Page<'a> {
    meta: Meta,
    name: &'a str,
    project_status: Status<'a>,
    versions: &'a [String],
    files: &'a [IndexFile],
}

#[derive(Serialize)]
struct Status<'a> {
    status: ProjectStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl IndexProject {
    /// Writes the page.
    ///
    /// # Errors
    ///
    /// `internal` when the emitter fails.
    pub fn render(&self) -> Result<Rendered, MarketError> {
        let page = Page {
            meta: Meta {
                api_version: API_VERSION,
            },
            name: &self.name,
            project_status: Status {
                status: self.status,
                reason: self.status_reason.as_deref(),
            },
            versions: &self.versions,
            files: &self.files,
        };
        let (json, html) = (to_json(&page)?, to_html(&page)?);
        let digest = Sha256::new().chain_update(EMITTER).chain_update(&json);
        let mut key = hex::encode(digest.finalize());
        // Half of the digest: 128 bits tell pages apart.
        key.truncate(32);
        Ok(Rendered { key, json, html })
    }
}

fn to_json<T: Serialize>(page: &T) -> Result<String, MarketError> {
    serde_json::to_string(page).map_err(|error| MarketError::internal(&error))
}

fn to_html<T: Template>(page: &T) -> Result<String, MarketError> {
    page.render().map_err(|error| MarketError::internal(&error))
}
