//! The queue of jobs. One statement takes a job, so that no two workers get the same: SQLite has one
//! writer at a time, PostgreSQL passes over the rows that others have locked.

use sqlx::{AnyConnection, AnyPool, FromRow};

use crate::database::{Database, Dialect};

/// A stored job.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct JobRow {
    /// Random id.
    pub id: String,
    /// The name of its kind.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// JSON.
    pub payload: String,
    /// `waiting`, `running` or `failed`.
    pub state: String,
    /// How often it was taken.
    pub attempts: i64,
    /// How often it may be taken.
    pub max_attempts: i64,
    /// Lower ones are taken first.
    pub priority: i64,
    /// Waiting: not before. Running: the end of the lease.
    pub due_us: i64,
    /// Who holds it.
    pub lease: Option<String>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// When it was put in.
    pub created_us: i64,
}

/// Puts a job in, unless one of the same kind and subject waits already.
///
/// # Errors
///
/// What the database reports.
pub async fn insert(connection: &mut AnyConnection, row: &JobRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO jobs (id, kind, subject, payload, state, max_attempts, priority, due_us, \
         created_us) VALUES ($1, $2, $3, $4, 'waiting', $5, $6, $7, $8) \
         ON CONFLICT (kind, subject) WHERE state = 'waiting' DO NOTHING",
    )
    .bind(&row.id)
    .bind(&row.kind)
    .bind(&row.subject)
    .bind(&row.payload)
    .bind(row.max_attempts)
    .bind(row.priority)
    .bind(row.due_us)
    .bind(row.created_us)
    .execute(connection)
    .await
    .map(drop)
}

const TAKE_SQLITE: &str = "UPDATE jobs SET state = 'running', attempts = attempts + 1, lease = $1, \
     due_us = $2 WHERE id = (SELECT id FROM jobs WHERE state IN ('waiting', 'running') \
     AND due_us <= $3 AND priority <= $4 ORDER BY priority, due_us LIMIT 1) RETURNING *";

const TAKE_POSTGRES: &str = "UPDATE jobs SET state = 'running', attempts = attempts + 1, lease = $1, \
     due_us = $2 WHERE id = (SELECT id FROM jobs WHERE state IN ('waiting', 'running') \
     AND due_us <= $3 AND priority <= $4 ORDER BY priority, due_us LIMIT 1 \
     FOR UPDATE SKIP LOCKED) RETURNING *";

/// Takes the job that is due longest among those up to a priority: a waiting one, or one whose
/// worker's lease has ended.
///
/// # Errors
///
/// What the database reports.
pub async fn take(
    database: &Database,
    lease: &str,
    lease_ends_us: i64,
    now_us: i64,
    up_to: i64,
) -> sqlx::Result<Option<JobRow>> {
    let statement = match database.dialect() {
        Dialect::Sqlite => TAKE_SQLITE,
        Dialect::Postgres => TAKE_POSTGRES,
    };
    sqlx::query_as(statement)
        .bind(lease)
        .bind(lease_ends_us)
        .bind(now_us)
        .bind(up_to)
        // Not `fetch_optional`: SQLite ends a statement, and so the write, with its last row only.
        .fetch_all(&**database)
        .await
        .map(|rows| rows.into_iter().next())
}

/// Whether anything up to a priority is due, without taking a lock.
///
/// # Errors
///
/// What the database reports.
pub async fn any_due(database: &AnyPool, now_us: i64, up_to: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar::<_, i64>(
        "SELECT count(*) FROM (SELECT 1 AS one FROM jobs WHERE state IN ('waiting', 'running') \
         AND due_us <= $1 AND priority <= $2 LIMIT 1) AS due",
    )
    .bind(now_us)
    .bind(up_to)
    .fetch_one(database)
    .await
    .map(|count| count > 0)
}

/// Prolongs a lease; `false` when it was lost.
///
/// # Errors
///
/// What the database reports.
pub async fn prolong(
    database: &AnyPool,
    id: &str,
    lease: &str,
    until_us: i64,
) -> sqlx::Result<bool> {
    sqlx::query("UPDATE jobs SET due_us = $3 WHERE id = $1 AND lease = $2 AND state = 'running'")
        .bind(id)
        .bind(lease)
        .bind(until_us)
        .execute(database)
        .await
        .map(|done| done.rows_affected() == 1)
}

/// Removes a job that has ended well; `false` when its lease was lost. Within the transaction that
/// writes the job's result, so that the result is written once.
///
/// # Errors
///
/// What the database reports.
pub async fn finish(connection: &mut AnyConnection, id: &str, lease: &str) -> sqlx::Result<bool> {
    sqlx::query("DELETE FROM jobs WHERE id = $1 AND lease = $2 AND state = 'running'")
        .bind(id)
        .bind(lease)
        .execute(connection)
        .await
        .map(|done| done.rows_affected() == 1)
}

/// Puts a job back after a failure: to be tried again at a time, or as failed for good. A newer
/// one of the same kind and subject that waits already takes its place.
///
/// # Errors
///
/// What the database reports.
pub async fn put_back(
    connection: &mut AnyConnection,
    row: &JobRow,
    again_at_us: Option<i64>,
    error: &str,
) -> sqlx::Result<()> {
    if again_at_us.is_some() {
        sqlx::query(
            "DELETE FROM jobs WHERE id = $1 AND lease = $2 AND EXISTS (SELECT 1 FROM jobs AS other \
             WHERE other.kind = $3 AND other.subject = $4 AND other.state = 'waiting')",
        )
        .bind(&row.id)
        .bind(&row.lease)
        .bind(&row.kind)
        .bind(&row.subject)
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query(
        "UPDATE jobs SET state = $3, due_us = $4, error = $5, lease = NULL \
         WHERE id = $1 AND lease = $2 AND state = 'running'",
    )
    .bind(&row.id)
    .bind(&row.lease)
    .bind(if again_at_us.is_some() {
        "waiting"
    } else {
        "failed"
    })
    .bind(again_at_us.unwrap_or(row.due_us))
    .bind(error)
    .execute(connection)
    .await
    .map(drop)
}

/// Has all failed jobs tried again; returns how many. Those that a waiting one stands for are dropped.
///
/// # Errors
///
/// What the database reports.
pub async fn retry_failed(connection: &mut AnyConnection, now_us: i64) -> sqlx::Result<u64> {
    sqlx::query(
        "DELETE FROM jobs WHERE state = 'failed' AND EXISTS (SELECT 1 FROM jobs AS other \
         WHERE other.kind = jobs.kind AND other.subject = jobs.subject \
         AND (other.state = 'waiting' OR (other.state = 'failed' AND other.id > jobs.id)))",
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE jobs SET state = 'waiting', attempts = 0, due_us = $1 WHERE state = 'failed'",
    )
    .bind(now_us)
    .execute(connection)
    .await
    .map(|done| done.rows_affected())
}

/// As [`retry_failed`], for judgements alone.
///
/// # Errors
///
/// What the database reports.
pub async fn retry_failed_judgements(
    connection: &mut AnyConnection,
    now_us: i64,
) -> sqlx::Result<u64> {
    sqlx::query(
        "DELETE FROM jobs WHERE state = 'failed' AND kind IN ('judge', 'rescan') \
         AND EXISTS (SELECT 1 FROM jobs AS other \
         WHERE other.kind = jobs.kind AND other.subject = jobs.subject \
         AND (other.state = 'waiting' OR (other.state = 'failed' AND other.id > jobs.id)))",
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE jobs SET state = 'waiting', attempts = 0, due_us = $1 \
         WHERE state = 'failed' AND kind IN ('judge', 'rescan')",
    )
    .bind(now_us)
    .execute(connection)
    .await
    .map(|done| done.rows_affected())
}

/// Has jobs that are running taken over at once, when all workers are known to be dead; returns how
/// many. That their workers died counts for nothing.
///
/// # Errors
///
/// What the database reports.
pub async fn free_all(database: &AnyPool, now_us: i64) -> sqlx::Result<u64> {
    sqlx::query("UPDATE jobs SET due_us = $1, attempts = attempts - 1 WHERE state = 'running'")
        .bind(now_us)
        .execute(database)
        .await
        .map(|done| done.rows_affected())
}

/// How many jobs of a kind are in a state, for the metrics.
///
/// # Errors
///
/// What the database reports.
pub async fn counts(database: &AnyPool) -> sqlx::Result<Vec<(String, String, i64)>> {
    sqlx::query_as(
        "SELECT kind, state, count(*) FROM jobs GROUP BY kind, state ORDER BY kind, state",
    )
    .fetch_all(database)
    .await
}

/// All jobs, the one that is due first in front.
///
/// # Errors
///
/// What the database reports.
pub async fn all(database: &AnyPool) -> sqlx::Result<Vec<JobRow>> {
    sqlx::query_as("SELECT * FROM jobs ORDER BY due_us, id")
        .fetch_all(database)
        .await
}
