//! What another index told of projects that are not here.

use sqlx::{AnyConnection, AnyPool, FromRow};

/// A page.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct UpstreamPageRow {
    /// Normalised project name.
    pub project: String,
    /// 0 when the other index had no such project.
    pub found: i64,
    /// The other index's entity tag.
    pub tag: Option<String>,
    /// When it was asked last.
    pub fetched_us: i64,
    /// Changes with what the page tells.
    pub key: String,
    /// The JSON form, as our emitter writes it.
    pub json: String,
    /// The HTML form.
    pub html: String,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct UpstreamFileRow {
    /// Digest of the file.
    pub sha256: String,
    /// Its name.
    pub filename: String,
    /// Normalised project name.
    pub project: String,
    /// Where it is.
    pub url: String,
    /// Digest of the METADATA file beside it.
    pub metadata_sha256: Option<String>,
    /// That file, once it was fetched.
    pub metadata: Option<String>,
    /// 1 when the file is in the storage.
    pub kept: i64,
}

/// The page of a project.
///
/// # Errors
///
/// What the database reports.
pub async fn page(database: &AnyPool, project: &str) -> sqlx::Result<Option<UpstreamPageRow>> {
    sqlx::query_as("SELECT * FROM upstream_pages WHERE project = $1")
        .bind(project)
        .fetch_optional(database)
        .await
}

/// Keeps a page.
///
/// # Errors
///
/// What the database reports.
pub async fn put_page(connection: &mut AnyConnection, row: &UpstreamPageRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO upstream_pages (project, found, tag, fetched_us, key, json, html) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (project) DO UPDATE SET \
         found = excluded.found, tag = excluded.tag, fetched_us = excluded.fetched_us, \
         key = excluded.key, json = excluded.json, html = excluded.html",
    )
    .bind(&row.project)
    .bind(row.found)
    .bind(&row.tag)
    .bind(row.fetched_us)
    .bind(&row.key)
    .bind(&row.json)
    .bind(&row.html)
    .execute(connection)
    .await
    .map(drop)
}

/// A file.
///
/// # Errors
///
/// What the database reports.
pub async fn file(
    database: &AnyPool,
    sha256: &str,
    filename: &str,
) -> sqlx::Result<Option<UpstreamFileRow>> {
    sqlx::query_as("SELECT * FROM upstream_files WHERE sha256 = $1 AND filename = $2")
        .bind(sha256)
        .bind(filename)
        .fetch_optional(database)
        .await
}

/// Keeps where a file is.
///
/// # Errors
///
/// What the database reports.
pub async fn put_file(connection: &mut AnyConnection, row: &UpstreamFileRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO upstream_files (sha256, filename, project, url, metadata_sha256) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (sha256, filename) DO UPDATE SET \
         url = excluded.url, metadata_sha256 = excluded.metadata_sha256",
    )
    .bind(&row.sha256)
    .bind(&row.filename)
    .bind(&row.project)
    .bind(&row.url)
    .bind(&row.metadata_sha256)
    .execute(connection)
    .await
    .map(drop)
}

/// Notes that a file is in the storage.
///
/// # Errors
///
/// What the database reports.
pub async fn set_kept(database: &AnyPool, row: &UpstreamFileRow) -> sqlx::Result<()> {
    sqlx::query("UPDATE upstream_files SET kept = 1 WHERE sha256 = $1 AND filename = $2")
        .bind(&row.sha256)
        .bind(&row.filename)
        .execute(database)
        .await
        .map(drop)
}

/// Keeps the METADATA file of a file.
///
/// # Errors
///
/// What the database reports.
pub async fn set_metadata(
    database: &AnyPool,
    row: &UpstreamFileRow,
    metadata: &str,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE upstream_files SET metadata = $3 WHERE sha256 = $1 AND filename = $2")
        .bind(&row.sha256)
        .bind(&row.filename)
        .bind(metadata)
        .execute(database)
        .await
        .map(drop)
}
