//! What waits for moderators, and what they did.

use sqlx::{AnyPool, FromRow};

use crate::queries::release_events::ReleaseEventRow;

/// How much waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct WaitingRow {
    /// Reports about plugins that nobody has settled.
    pub reports: i64,
    /// Reviews that are held, or were reported.
    pub reviews: i64,
    /// Releases with a quarantined file.
    pub releases: i64,
    /// Quarantined projects.
    pub projects: i64,
    /// Judgements that ended without a verdict, however often they were tried.
    pub judgements: i64,
}

/// Counts what waits.
///
/// # Errors
///
/// What the database reports.
pub async fn waiting(database: &AnyPool) -> sqlx::Result<WaitingRow> {
    sqlx::query_as(
        "SELECT (SELECT count(*) FROM reports WHERE about = 'plugin' AND settled_us IS NULL) \
         AS reports, \
         (SELECT count(*) FROM reviews r WHERE r.state = 'held' OR EXISTS (SELECT 1 \
         FROM reports p WHERE p.about = 'review' AND p.subject = r.id AND p.settled_us IS NULL)) \
         AS reviews, \
         (SELECT count(*) FROM (SELECT DISTINCT project, version FROM files \
         WHERE state = 'quarantined') AS held) AS releases, \
         (SELECT count(*) FROM projects WHERE status = 'quarantined') AS projects, \
         (SELECT count(*) FROM jobs WHERE state = 'failed' AND kind IN ('judge', 'rescan')) \
         AS judgements",
    )
    .fetch_one(database)
    .await
}

/// A quarantined file.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct QuarantinedRow {
    /// The file's name.
    pub filename: String,
    /// Normalised project name.
    pub project: String,
    /// Version in PEP 440's normal form.
    pub version: String,
    /// Why.
    pub state_reason: Option<String>,
    /// What the last scan said; absent when there was none.
    pub verdict: Option<String>,
}

/// Files that are quarantined, those of one project together.
///
/// # Errors
///
/// What the database reports.
pub async fn quarantined_files(
    database: &AnyPool,
    limit: i64,
) -> sqlx::Result<Vec<QuarantinedRow>> {
    sqlx::query_as(
        "SELECT f.filename, f.project, f.version, f.state_reason, s.verdict \
         FROM files f LEFT JOIN scans s ON s.filename = f.filename \
         WHERE f.state = 'quarantined' ORDER BY f.project, f.version, f.filename LIMIT $1",
    )
    .bind(limit)
    .fetch_all(database)
    .await
}

/// Names and reasons of projects that are quarantined.
///
/// # Errors
///
/// What the database reports.
pub async fn quarantined_projects(
    database: &AnyPool,
    limit: i64,
) -> sqlx::Result<Vec<(String, Option<String>)>> {
    sqlx::query_as(
        "SELECT name, status_reason FROM projects WHERE status = 'quarantined' \
         ORDER BY name LIMIT $1",
    )
    .bind(limit)
    .fetch_all(database)
    .await
}

/// A judgement that failed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct FailedRow {
    /// The file.
    pub filename: String,
    /// Its project, as far as it is known.
    pub project: Option<String>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was put in.
    pub created_us: i64,
}

/// Judgements that failed, the newest first.
///
/// # Errors
///
/// What the database reports.
pub async fn failed_judgements(database: &AnyPool, limit: i64) -> sqlx::Result<Vec<FailedRow>> {
    sqlx::query_as(
        "SELECT COALESCE(u.filename, j.subject) AS filename, \
         COALESCE(u.project, f.project) AS project, j.attempts, j.created_us FROM jobs j \
         LEFT JOIN uploads u ON j.kind = 'judge' AND u.id = j.subject \
         LEFT JOIN files f ON j.kind = 'rescan' AND f.filename = j.subject \
         WHERE j.state = 'failed' AND j.kind IN ('judge', 'rescan') \
         ORDER BY j.created_us DESC, j.id LIMIT $1",
    )
    .bind(limit)
    .fetch_all(database)
    .await
}

/// What moderators, operators and the judge did, and owners to the status of their projects, the
/// newest first.
///
/// # Errors
///
/// What the database reports.
pub async fn acts(database: &AnyPool, limit: i64) -> sqlx::Result<Vec<ReleaseEventRow>> {
    // The condition of the index, word by word.
    sqlx::query_as(
        "SELECT * FROM release_events \
         WHERE event NOT IN ('published', 'rejected', 'yanked', 'unyanked', 'advisory') \
         ORDER BY created_us DESC, id LIMIT $1",
    )
    .bind(limit)
    .fetch_all(database)
    .await
}
