//! What people find wrong with reviews and plugins.

use sqlx::{AnyConnection, AnyPool, FromRow};

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ReportRow {
    /// Random id.
    pub id: String,
    /// `review` or `plugin`.
    pub about: String,
    /// Id of the review, or name of the plugin.
    pub subject: String,
    /// Who reports.
    pub user_id: String,
    /// One of the offered reasons.
    pub reason: String,
    /// In their own words.
    pub text: String,
    /// When.
    pub created_us: i64,
}

/// Stores a report; a second one by the same account about the same thing changes nothing, unless the
/// first was settled: what was looked at then may say something else now.
///
/// # Errors
///
/// What the database reports.
pub async fn insert(database: &AnyPool, row: &ReportRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO reports (id, about, subject, user_id, reason, text, created_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (about, subject, user_id) DO UPDATE SET \
         reason = excluded.reason, text = excluded.text, created_us = excluded.created_us, \
         settled_us = NULL, settled_by = NULL WHERE reports.settled_us IS NOT NULL",
    )
    .bind(&row.id)
    .bind(&row.about)
    .bind(&row.subject)
    .bind(&row.user_id)
    .bind(&row.reason)
    .bind(&row.text)
    .bind(row.created_us)
    .execute(database)
    .await
    .map(drop)
}

/// Reports that nobody has settled, oldest first.
///
/// # Errors
///
/// What the database reports.
pub async fn open(database: &AnyPool, limit: i64) -> sqlx::Result<Vec<ReportRow>> {
    sqlx::query_as(
        "SELECT id, about, subject, user_id, reason, text, created_us FROM reports \
         WHERE settled_us IS NULL ORDER BY created_us, id LIMIT $1",
    )
    .bind(limit)
    .fetch_all(database)
    .await
}

/// Settles all reports about a thing.
///
/// # Errors
///
/// What the database reports.
pub async fn settle(
    connection: &mut AnyConnection,
    about: &str,
    subject: &str,
    by: &str,
    now_us: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE reports SET settled_us = $4, settled_by = $3 \
         WHERE about = $1 AND subject = $2 AND settled_us IS NULL",
    )
    .bind(about)
    .bind(subject)
    .bind(by)
    .bind(now_us)
    .execute(connection)
    .await
    .map(drop)
}
