//! Uploads: what came in and how it was judged.

use sqlx::{AnyConnection, AnyPool, FromRow};

use crate::storage::Location;

/// An upload.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct UploadRow {
    /// Random id.
    pub id: String,
    /// The file's name.
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
    /// JSON list of attestations as given.
    pub attestations: Option<String>,
    /// One of [`state`].
    pub state: String,
    /// 1 while its bytes are in the storage, or may be.
    pub stored: i64,
    /// JSON list of reasons of a rejection.
    pub reasons: String,
    /// JSON: everything the judge found.
    pub report: String,
    /// When it came.
    pub uploaded_us: i64,
    /// Id of the token it came with.
    pub uploaded_by: String,
    /// When it was judged.
    pub judged_us: Option<i64>,
}

/// The states of [`UploadRow`].
pub mod state {
    /// Being put into the storage.
    pub const RECEIVING: &str = "receiving";
    /// Waits for its verdict.
    pub const QUARANTINED: &str = "quarantined";
    /// In the index.
    pub const PUBLISHED: &str = "published";
    /// Judged and refused.
    pub const REJECTED: &str = "rejected";
}

/// Waits until nobody else adds or removes bytes under a file's name, and keeps others from it until
/// the transaction ends, which must [`unlock`] before.
///
/// # Errors
///
/// What the database reports.
pub async fn lock(connection: &mut AnyConnection, filename: &str) -> sqlx::Result<()> {
    // A row of the same key that another transaction has not committed is waited for.
    sqlx::query("INSERT INTO storage_locks (filename) VALUES ($1)")
        .bind(filename)
        .execute(connection)
        .await
        .map(drop)
}

/// Takes the row away that [`lock`] has made: others see neither.
///
/// # Errors
///
/// What the database reports.
pub async fn unlock(connection: &mut AnyConnection, filename: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM storage_locks WHERE filename = $1")
        .bind(filename)
        .execute(connection)
        .await
        .map(drop)
}

/// Notes that a file is about to be put into the storage.
///
/// # Errors
///
/// What the database reports.
pub async fn insert(connection: &mut AnyConnection, row: &UploadRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO uploads (id, filename, project, version, filetype, sha256, size_bytes, \
         attestations, state, uploaded_us, uploaded_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&row.id)
    .bind(&row.filename)
    .bind(&row.project)
    .bind(&row.version)
    .bind(&row.filetype)
    .bind(&row.sha256)
    .bind(row.size_bytes)
    .bind(&row.attestations)
    .bind(&row.state)
    .bind(row.uploaded_us)
    .bind(&row.uploaded_by)
    .execute(connection)
    .await
    .map(drop)
}

/// Finds an upload.
///
/// # Errors
///
/// What the database reports.
pub async fn find(connection: &mut AnyConnection, id: &str) -> sqlx::Result<Option<UploadRow>> {
    sqlx::query_as("SELECT * FROM uploads WHERE id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await
}

/// The upload that waits for its verdict under a file name.
///
/// # Errors
///
/// What the database reports.
pub async fn waiting(
    connection: &mut AnyConnection,
    filename: &str,
) -> sqlx::Result<Option<UploadRow>> {
    sqlx::query_as("SELECT * FROM uploads WHERE filename = $1 AND state = 'quarantined'")
        .bind(filename)
        .fetch_optional(connection)
        .await
}

/// The newest uploads to a project.
///
/// # Errors
///
/// What the database reports.
pub async fn of_project(
    database: &AnyPool,
    project: &str,
    limit: i64,
) -> sqlx::Result<Vec<UploadRow>> {
    sqlx::query_as(
        "SELECT * FROM uploads WHERE project = $1 AND state <> 'receiving' \
         ORDER BY uploaded_us DESC, id LIMIT $2",
    )
    .bind(project)
    .bind(limit)
    .fetch_all(database)
    .await
}

/// Takes an upload from one state to another; `false` when it wasn't in the first one any more.
///
/// # Errors
///
/// What the database reports; another upload that waits under the same name is a unique violation.
pub async fn advance(
    connection: &mut AnyConnection,
    id: &str,
    from: &str,
    to: &str,
) -> sqlx::Result<bool> {
    sqlx::query("UPDATE uploads SET state = $3 WHERE id = $1 AND state = $2")
        .bind(id)
        .bind(from)
        .bind(to)
        .execute(connection)
        .await
        .map(|done| done.rows_affected() == 1)
}

/// Writes a verdict; `false` when there is one already.
///
/// # Errors
///
/// What the database reports.
pub async fn judge(
    connection: &mut AnyConnection,
    id: &str,
    state: &str,
    reasons: &str,
    report: &str,
    now_us: i64,
) -> sqlx::Result<bool> {
    sqlx::query(
        "UPDATE uploads SET state = $2, reasons = $3, report = $4, judged_us = $5 \
         WHERE id = $1 AND state = 'quarantined'",
    )
    .bind(id)
    .bind(state)
    .bind(reasons)
    .bind(report)
    .bind(now_us)
    .execute(connection)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Uploads that ended without a published file and whose bytes may still be stored: rejected ones,
/// and those that were cut off before a time.
///
/// # Errors
///
/// What the database reports.
pub async fn leftovers(
    database: &AnyPool,
    cut_off_before_us: i64,
    limit: i64,
) -> sqlx::Result<Vec<UploadRow>> {
    sqlx::query_as(
        "SELECT * FROM uploads WHERE stored = 1 AND (state = 'rejected' \
         OR (state = 'receiving' AND uploaded_us < $1)) ORDER BY uploaded_us LIMIT $2",
    )
    .bind(cut_off_before_us)
    .bind(limit)
    .fetch_all(database)
    .await
}

/// Whether the bytes of an upload are also those of a published file, or of another upload.
///
/// # Errors
///
/// What the database reports.
pub async fn bytes_are_needed(
    connection: &mut AnyConnection,
    row: &UploadRow,
) -> sqlx::Result<bool> {
    sqlx::query_scalar::<_, i64>(
        "SELECT (SELECT count(*) FROM files WHERE filename = $1 AND sha256 = $2) \
         + (SELECT count(*) FROM uploads WHERE filename = $1 AND sha256 = $2 AND id <> $3 \
         AND stored = 1 AND state IN ('receiving', 'quarantined'))",
    )
    .bind(&row.filename)
    .bind(&row.sha256)
    .bind(&row.id)
    .fetch_one(connection)
    .await
    .map(|count| count > 0)
}

/// Notes that nothing of an upload is stored any more; one that never was judged is forgotten.
///
/// # Errors
///
/// What the database reports.
pub async fn forget(connection: &mut AnyConnection, id: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM uploads WHERE id = $1 AND state = 'receiving'")
        .bind(id)
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE uploads SET stored = 0 WHERE id = $1")
        .bind(id)
        .execute(connection)
        .await
        .map(drop)
}

/// How many uploads are in each state, for the metrics.
///
/// # Errors
///
/// What the database reports.
pub async fn counts(database: &AnyPool) -> sqlx::Result<Vec<(String, i64)>> {
    sqlx::query_as("SELECT state, count(*) FROM uploads GROUP BY state ORDER BY state")
        .fetch_all(database)
        .await
}

/// Where everything is stored that is published or waits for its verdict.
///
/// # Errors
///
/// What the database reports.
pub async fn stored_locations(connection: &mut AnyConnection) -> sqlx::Result<Vec<Location>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT sha256, filename FROM files UNION SELECT sha256, filename FROM uploads \
         WHERE state = 'quarantined' ORDER BY 2, 1",
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(sha256, filename)| Location { sha256, filename })
        .collect())
}
