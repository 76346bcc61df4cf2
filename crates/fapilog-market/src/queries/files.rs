//! Distribution files.

use std::collections::HashSet;

use sqlx::{AnyConnection, AnyPool, FromRow};

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
         requires_python, metadata_sha256, uploaded_us, uploaded_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
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
    .execute(connection)
    .await
    .map(drop)
}

/// Finds a file by its name.
///
/// # Errors
///
/// What the database reports.
pub async fn find(database: &AnyPool, filename: &str) -> sqlx::Result<Option<FileRow>> {
    sqlx::query_as("SELECT * FROM files WHERE filename = $1")
        .bind(filename)
        .fetch_optional(database)
        .await
}

/// All files of a project, oldest first.
///
/// # Errors
///
/// What the database reports.
pub async fn of_project(database: &AnyPool, project: &str) -> sqlx::Result<Vec<FileRow>> {
    sqlx::query_as("SELECT * FROM files WHERE project = $1 ORDER BY uploaded_us, filename")
        .bind(project)
        .fetch_all(database)
        .await
}

/// Where every known file is stored.
///
/// # Errors
///
/// What the database reports.
pub async fn all_locations(database: &AnyPool) -> sqlx::Result<HashSet<Location>> {
    let rows: Vec<(String, String)> = sqlx::query_as("SELECT sha256, filename FROM files")
        .fetch_all(database)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(sha256, filename)| Location { sha256, filename })
        .collect())
}
