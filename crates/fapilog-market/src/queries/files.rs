//! Distribution files.

use sqlx::{Any, AnyConnection, AnyPool, Executor, FromRow};

use crate::storage::Location;

/// A stored distribution file.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct FileRow {
    /// The file's name, unique in the marketplace.
    pub filename: String,
    /// Normalised project name.
    pub project: String,
    /// Version in PEP 440's normal form.
    pub version: String,
    /// `bdist_wheel` or `sdist`.
    pub filetype: String,
    /// Digest of the file.
    pub sha256: String,
    /// Size of the file.
    pub size_bytes: i64,
    /// `Requires-Python` of this very file.
    pub requires_python: Option<String>,
    /// Digest of the metadata file beside it.
    pub metadata_sha256: Option<String>,
    /// When it was uploaded.
    pub uploaded_us: i64,
    /// Id of the token it was uploaded with.
    pub uploaded_by: String,
    /// One of [`state`].
    pub state: String,
    /// Why it is in that state.
    pub state_reason: Option<String>,
    /// Why it was yanked; may be empty. `None` when it wasn't.
    pub yanked_reason: Option<String>,
    /// Which rules have judged it last.
    pub judged_by: String,
    /// 1 when attestations came with it.
    pub has_provenance: i64,
}

/// The states of [`FileRow`].
pub mod state {
    /// In the index.
    pub const LISTED: &str = "listed";
    /// Taken out until it is looked into.
    pub const QUARANTINED: &str = "quarantined";
    /// Taken out for good.
    pub const WITHDRAWN: &str = "withdrawn";
}

/// Files of a release, or one of them.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Normalised project name.
    pub project: &'a str,
    /// Version in PEP 440's normal form.
    pub version: &'a str,
    /// One file only.
    pub filename: Option<&'a str>,
}

impl FileRow {
    /// Where the file is stored.
    #[must_use]
    pub fn location(&self) -> Location {
        Location {
            sha256: self.sha256.clone(),
            filename: self.filename.clone(),
        }
    }
}

/// Stores a file's row, within the transaction that publishes it.
///
/// # Errors
///
/// What the database reports, a name that is taken among it.
pub async fn insert(connection: &mut AnyConnection, row: &FileRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO files (filename, project, version, filetype, sha256, size_bytes, \
         requires_python, metadata_sha256, uploaded_us, uploaded_by, judged_by, has_provenance) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(&row.filename)
    .bind(&row.project)
    .bind(&row.version)
    .bind(&row.filetype)
    .bind(&row.sha256)
    .bind(row.size_bytes)
    .bind(&row.requires_python)
    .bind(&row.metadata_sha256)
    .bind(row.uploaded_us)
    .bind(&row.uploaded_by)
    .bind(&row.judged_by)
    .bind(row.has_provenance)
    .execute(connection)
    .await
    .map(drop)
}

/// Finds a file by its name.
///
/// # Errors
///
/// What the database reports.
pub async fn find<'c>(
    database: impl Executor<'c, Database = Any>,
    filename: &str,
) -> sqlx::Result<Option<FileRow>> {
    sqlx::query_as("SELECT * FROM files WHERE filename = $1")
        .bind(filename)
        .fetch_optional(database)
        .await
}

/// Finds a file that is in the index, by its name.
///
/// # Errors
///
/// What the database reports.
pub async fn served(database: &AnyPool, filename: &str) -> sqlx::Result<Option<FileRow>> {
    sqlx::query_as(
        "SELECT files.* FROM files JOIN projects ON projects.name = files.project \
         WHERE filename = $1 AND state = 'listed' AND projects.status <> 'quarantined'",
    )
    .bind(filename)
    .fetch_optional(database)
    .await
}

const LISTED: &str = "SELECT * FROM files WHERE project = $1 AND state = 'listed' \
     ORDER BY uploaded_us, filename";

/// All files of a project that are in the index, oldest first.
///
/// # Errors
///
/// What the database reports.
pub async fn of_project(database: &AnyPool, project: &str) -> sqlx::Result<Vec<FileRow>> {
    sqlx::query_as(LISTED)
        .bind(project)
        .fetch_all(database)
        .await
}

/// The same, within a transaction.
///
/// # Errors
///
/// What the database reports.
pub async fn listed(connection: &mut AnyConnection, project: &str) -> sqlx::Result<Vec<FileRow>> {
    sqlx::query_as(LISTED)
        .bind(project)
        .fetch_all(connection)
        .await
}

/// All files of a project in whatever state, oldest first.
///
/// # Errors
///
/// What the database reports.
pub async fn all_of_project(database: &AnyPool, project: &str) -> sqlx::Result<Vec<FileRow>> {
    sqlx::query_as("SELECT * FROM files WHERE project = $1 ORDER BY uploaded_us, filename")
        .bind(project)
        .fetch_all(database)
        .await
}

/// Puts files into a state; returns how many. What was withdrawn is quarantined no more: that would
/// say less of it.
///
/// # Errors
///
/// What the database reports.
pub async fn set_state(
    connection: &mut AnyConnection,
    scope: &Scope<'_>,
    state: &str,
    reason: Option<&str>,
) -> sqlx::Result<u64> {
    sqlx::query(
        "UPDATE files SET state = $4, state_reason = $5 \
         WHERE project = $1 AND version = $2 AND ($3 IS NULL OR filename = $3) \
         AND NOT (state = 'withdrawn' AND $4 = 'quarantined')",
    )
    .bind(scope.project)
    .bind(scope.version)
    .bind(scope.filename)
    .bind(state)
    .bind(reason)
    .execute(connection)
    .await
    .map(|done| done.rows_affected())
}

/// Yanks files, with a reason that may be empty, or takes that back; returns how many.
///
/// # Errors
///
/// What the database reports.
pub async fn set_yanked(
    connection: &mut AnyConnection,
    scope: &Scope<'_>,
    reason: Option<&str>,
) -> sqlx::Result<u64> {
    sqlx::query(
        "UPDATE files SET yanked_reason = $4 \
         WHERE project = $1 AND version = $2 AND ($3 IS NULL OR filename = $3)",
    )
    .bind(scope.project)
    .bind(scope.version)
    .bind(scope.filename)
    .bind(reason)
    .execute(connection)
    .await
    .map(|done| done.rows_affected())
}

/// Names of files that other rules than these have judged last.
///
/// # Errors
///
/// What the database reports.
pub async fn judged_by_others(
    database: &AnyPool,
    rules: &str,
    limit: i64,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT filename FROM files WHERE judged_by <> $1 LIMIT $2")
        .bind(rules)
        .bind(limit)
        .fetch_all(database)
        .await
}

/// Notes which rules have judged a file.
///
/// # Errors
///
/// What the database reports.
pub async fn set_judged_by(
    connection: &mut AnyConnection,
    filename: &str,
    rules: &str,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE files SET judged_by = $2 WHERE filename = $1")
        .bind(filename)
        .bind(rules)
        .execute(connection)
        .await
        .map(drop)
}

/// Keeps the attestations of a file.
///
/// # Errors
///
/// What the database reports.
pub async fn insert_provenance(
    connection: &mut AnyConnection,
    filename: &str,
    attestations: &str,
) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO provenance (filename, attestations) VALUES ($1, $2)")
        .bind(filename)
        .bind(attestations)
        .execute(connection)
        .await
        .map(drop)
}

/// The attestations of a file as they were given: a JSON list.
///
/// # Errors
///
/// What the database reports.
pub async fn provenance(database: &AnyPool, filename: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT attestations FROM provenance WHERE filename = $1")
        .bind(filename)
        .fetch_optional(database)
        .await
}
