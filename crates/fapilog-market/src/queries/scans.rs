//! How files were judged.

use sqlx::{AnyConnection, AnyPool, FromRow};

/// A judgement of a published file, without its report.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ScanRow {
    /// The file's name.
    pub filename: String,
    /// One of [`verdict`].
    pub verdict: String,
    /// What was asked of it: `community`, `verified` or `enterprise`.
    pub level: String,
    /// Findings that reject, without those that the author has explained.
    pub errors: i64,
    /// Findings that should be repaired or explained.
    pub warnings: i64,
    /// What is worth knowing.
    pub notes: i64,
    /// What the code uses, with blanks between.
    pub capabilities: String,
    /// When it was judged.
    pub judged_us: i64,
}

/// What [`ScanRow`] says of a file.
pub mod verdict {
    /// Nothing was found that should be repaired.
    pub const PASSED: &str = "passed";
    /// Something was found, and nothing that rejects.
    pub const WARNINGS: &str = "warnings";
    /// The rules of today reject it.
    pub const REJECTED: &str = "rejected";
}

/// The long texts that belong to a [`ScanRow`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documents {
    /// The whole report as JSON.
    pub report: String,
    /// The bill of materials of a wheel: CycloneDX as JSON.
    pub sbom: Option<String>,
    /// What the plugins inside can be told: JSON, or nothing.
    pub configuration: Option<String>,
}

/// Writes how a file was judged, over what was there.
///
/// # Errors
///
/// What the database reports.
pub async fn upsert(
    connection: &mut AnyConnection,
    row: &ScanRow,
    documents: &Documents,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO scans (filename, verdict, level, errors, warnings, notes, capabilities, \
         judged_us, report, sbom, configuration) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (filename) DO UPDATE SET verdict = excluded.verdict, \
         level = excluded.level, errors = excluded.errors, warnings = excluded.warnings, \
         notes = excluded.notes, capabilities = excluded.capabilities, \
         judged_us = excluded.judged_us, report = excluded.report, sbom = excluded.sbom, \
         configuration = excluded.configuration",
    )
    .bind(&row.filename)
    .bind(&row.verdict)
    .bind(&row.level)
    .bind(row.errors)
    .bind(row.warnings)
    .bind(row.notes)
    .bind(&row.capabilities)
    .bind(row.judged_us)
    .bind(&documents.report)
    .bind(&documents.sbom)
    .bind(&documents.configuration)
    .execute(connection)
    .await
    .map(drop)
}

/// Forgets how a file was judged, as when nothing is judged any more.
///
/// # Errors
///
/// What the database reports.
pub async fn remove(connection: &mut AnyConnection, filename: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM scans WHERE filename = $1")
        .bind(filename)
        .execute(connection)
        .await
        .map(drop)
}

/// Lets files of a release that the rules reject be taken nevertheless: a moderator has looked.
///
/// # Errors
///
/// What the database reports.
pub async fn accept(
    connection: &mut AnyConnection,
    project: &str,
    version: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE scans SET verdict = 'warnings' WHERE verdict = 'rejected' AND filename IN \
         (SELECT filename FROM files WHERE project = $1 AND version = $2)",
    )
    .bind(project)
    .bind(version)
    .execute(connection)
    .await
    .map(drop)
}

/// How the files of a project were judged.
///
/// # Errors
///
/// What the database reports.
pub async fn of_project(database: &AnyPool, project: &str) -> sqlx::Result<Vec<ScanRow>> {
    sqlx::query_as(
        "SELECT s.filename, s.verdict, s.level, s.errors, s.warnings, s.notes, s.capabilities, \
         s.judged_us FROM scans s JOIN files f ON f.filename = s.filename \
         WHERE f.project = $1 ORDER BY s.filename",
    )
    .bind(project)
    .fetch_all(database)
    .await
}

/// What the files of a release use: words with blanks between, one text for each file.
///
/// # Errors
///
/// What the database reports.
pub async fn capabilities(
    connection: &mut AnyConnection,
    project: &str,
    version: &str,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT s.capabilities FROM scans s JOIN files f ON f.filename = s.filename \
         WHERE f.project = $1 AND f.version = $2",
    )
    .bind(project)
    .bind(version)
    .fetch_all(connection)
    .await
}

/// The report on a file that is in the index.
///
/// # Errors
///
/// What the database reports.
pub async fn report(database: &AnyPool, filename: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(
        "SELECT s.report FROM scans s JOIN files f ON f.filename = s.filename \
         WHERE s.filename = $1 AND f.state = 'listed'",
    )
    .bind(filename)
    .fetch_optional(database)
    .await
}

/// What the plugins in a version's wheel can be told, or in its source archive when there is no wheel.
///
/// # Errors
///
/// What the database reports.
pub async fn configuration(
    database: &AnyPool,
    project: &str,
    version: &str,
) -> sqlx::Result<Option<String>> {
    let found: Option<Option<String>> = sqlx::query_scalar(
        "SELECT s.configuration FROM scans s JOIN files f ON f.filename = s.filename \
         WHERE f.project = $1 AND f.version = $2 AND f.state = 'listed' \
         ORDER BY f.filetype, f.filename LIMIT 1",
    )
    .bind(project)
    .bind(version)
    .fetch_optional(database)
    .await?;
    Ok(found.flatten())
}

/// The bill of materials of a file that is in the index.
///
/// # Errors
///
/// What the database reports.
pub async fn sbom(database: &AnyPool, filename: &str) -> sqlx::Result<Option<String>> {
    let found: Option<Option<String>> = sqlx::query_scalar(
        "SELECT s.sbom FROM scans s JOIN files f ON f.filename = s.filename \
         WHERE s.filename = $1 AND f.state = 'listed'",
    )
    .bind(filename)
    .fetch_optional(database)
    .await?;
    Ok(found.flatten())
}
