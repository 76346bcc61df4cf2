//! Releases of plugins, across projects: for constraints, feeds and choosing versions.

use sqlx::{AnyPool, FromRow};

use crate::catalogue::compatibility::Candidate;

/// A release as far as choosing among releases needs it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct CandidateRow {
    /// Normalised project name.
    pub project: String,
    /// Version in PEP 440's normal form.
    pub version: String,
    /// Specifiers for the core.
    pub core_range: Option<String>,
    /// Specifiers for Python.
    pub requires_python: Option<String>,
    /// Files in the index that are not yanked.
    pub good_files: i64,
}

impl From<CandidateRow> for Candidate {
    fn from(row: CandidateRow) -> Self {
        Self {
            version: row.version,
            core_range: row.core_range,
            requires_python: row.requires_python,
            yanked: row.good_files == 0,
        }
    }
}

/// All releases of one plugin, or of all.
///
/// # Errors
///
/// What the database reports.
pub async fn candidates(
    database: &AnyPool,
    project: Option<&str>,
) -> sqlx::Result<Vec<CandidateRow>> {
    sqlx::query_as(
        "SELECT r.project, r.version, r.core_range, r.requires_python, \
         (SELECT count(*) FROM files f WHERE f.project = r.project AND f.version = r.version \
         AND f.state = 'listed' AND f.yanked_reason IS NULL) AS good_files \
         FROM releases r JOIN projects p ON p.name = r.project \
         WHERE p.is_plugin = 1 AND (r.project = $1 OR $2 = 1) \
         AND EXISTS (SELECT 1 FROM files f WHERE f.project = r.project \
         AND f.version = r.version AND f.state = 'listed')",
    )
    .bind(project.unwrap_or_default())
    .bind(i64::from(project.is_none()))
    .fetch_all(database)
    .await
}

/// A release in a feed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ReleasedRow {
    /// Normalised project name.
    pub project: String,
    /// Version in PEP 440's normal form.
    pub version: String,
    /// One line.
    pub summary: String,
    /// When its first file was published.
    pub created_us: i64,
}

/// The newest releases of one project, or of all plugins.
///
/// # Errors
///
/// What the database reports.
pub async fn newest_releases(
    database: &AnyPool,
    project: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<ReleasedRow>> {
    sqlx::query_as(
        "SELECT r.project, r.version, r.summary, r.created_us \
         FROM releases r JOIN projects p ON p.name = r.project \
         WHERE ((p.is_plugin = 1 AND $2 = 1) OR r.project = $1) \
         AND EXISTS (SELECT 1 FROM files f WHERE f.project = r.project \
         AND f.version = r.version AND f.state = 'listed') \
         ORDER BY r.created_us DESC, r.project, r.version LIMIT $3",
    )
    .bind(project.unwrap_or_default())
    .bind(i64::from(project.is_none()))
    .bind(limit)
    .fetch_all(database)
    .await
}

/// A release as the API tells of it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DetailRow {
    /// Version in PEP 440's normal form.
    pub version: String,
    /// SPDX expression or the old licence text.
    pub license: Option<String>,
    /// Specifiers for the core.
    pub core_range: Option<String>,
    /// Specifiers for Python.
    pub requires_python: Option<String>,
    /// When its first file was published.
    pub created_us: i64,
}

/// All releases of a project, in no order that means anything.
///
/// # Errors
///
/// What the database reports.
pub async fn details(database: &AnyPool, project: &str) -> sqlx::Result<Vec<DetailRow>> {
    sqlx::query_as(
        "SELECT version, license, core_range, requires_python, created_us \
         FROM releases WHERE project = $1",
    )
    .bind(project)
    .fetch_all(database)
    .await
}

/// An item of a list of one of a project's releases.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DetailItemRow {
    /// Version of the release.
    pub version: String,
    /// Which list.
    pub kind: String,
    /// Its name, or empty.
    pub label: String,
    /// Its value.
    pub value: String,
}

/// The lists of all releases of a project.
///
/// # Errors
///
/// What the database reports.
pub async fn detail_items(database: &AnyPool, project: &str) -> sqlx::Result<Vec<DetailItemRow>> {
    sqlx::query_as(
        "SELECT version, kind, label, value FROM release_items \
         WHERE project = $1 ORDER BY version, kind, position",
    )
    .bind(project)
    .fetch_all(database)
    .await
}
