//! Projects and the catalogue of plugins.

use sqlx::{Any, AnyConnection, AnyPool, Executor, FromRow};

/// A project with what lists show of it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ProjectRow {
    /// Normalised name.
    pub name: String,
    /// Summary of the latest release.
    pub summary: String,
    /// Keywords of the latest release.
    pub keywords: String,
    /// Latest release.
    pub latest_version: String,
    /// 1 for a plugin of fapilog.
    pub is_plugin: i64,
    /// When its first file was uploaded.
    pub created_us: i64,
    /// When its newest file was uploaded.
    pub updated_us: i64,
    /// Its status (PEP 792).
    pub status: String,
    /// Why it has that status.
    pub status_reason: Option<String>,
    /// 1 while at least one file of it is in the index.
    pub listed: i64,
}

/// Creates a project when it isn't there; locks its row in any case.
///
/// # Errors
///
/// What the database reports.
pub async fn insert(connection: &mut AnyConnection, row: &ProjectRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO projects \
         (name, summary, keywords, latest_version, is_plugin, created_us, updated_us, listed) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (name) DO UPDATE SET updated_us = projects.updated_us",
    )
    .bind(&row.name)
    .bind(&row.summary)
    .bind(&row.keywords)
    .bind(&row.latest_version)
    .bind(row.is_plugin)
    .bind(row.created_us)
    .bind(row.updated_us)
    .bind(row.listed)
    .execute(connection)
    .await
    .map(drop)
}

/// Brings what lists show of a project up to date.
///
/// # Errors
///
/// What the database reports.
pub async fn update(connection: &mut AnyConnection, row: &ProjectRow) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE projects SET summary = $2, keywords = $3, latest_version = $4, is_plugin = $5, \
         updated_us = $6, listed = $7 WHERE name = $1",
    )
    .bind(&row.name)
    .bind(&row.summary)
    .bind(&row.keywords)
    .bind(&row.latest_version)
    .bind(row.is_plugin)
    .bind(row.updated_us)
    .bind(row.listed)
    .execute(connection)
    .await
    .map(drop)
}

/// Locks a project's row until the transaction ends, so that changes of its files come one after
/// the other.
///
/// # Errors
///
/// What the database reports.
pub async fn lock(connection: &mut AnyConnection, name: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE projects SET updated_us = updated_us WHERE name = $1")
        .bind(name)
        .execute(connection)
        .await
        .map(drop)
}

/// Sets a project's status; `false` when there is no such project.
///
/// # Errors
///
/// What the database reports.
pub async fn set_status(
    connection: &mut AnyConnection,
    name: &str,
    status: &str,
    reason: Option<&str>,
) -> sqlx::Result<bool> {
    sqlx::query("UPDATE projects SET status = $2, status_reason = $3 WHERE name = $1")
        .bind(name)
        .bind(status)
        .bind(reason)
        .execute(connection)
        .await
        .map(|done| done.rows_affected() == 1)
}

/// Finds a project by its normalised name.
///
/// # Errors
///
/// What the database reports.
pub async fn find<'c>(
    database: impl Executor<'c, Database = Any>,
    name: &str,
) -> sqlx::Result<Option<ProjectRow>> {
    sqlx::query_as("SELECT * FROM projects WHERE name = $1")
        .bind(name)
        .fetch_optional(database)
        .await
}

/// Whether a name was ever used here: also by what was withdrawn, or waits for its verdict.
///
/// # Errors
///
/// What the database reports.
pub async fn is_taken(database: &AnyPool, name: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar::<_, i64>(
        "SELECT (SELECT count(*) FROM projects WHERE name = $1) + (SELECT count(*) FROM \
         (SELECT 1 AS one FROM uploads WHERE project = $1 LIMIT 1) AS waiting)",
    )
    .bind(name)
    .fetch_one(database)
    .await
    .map(|count| count > 0)
}

/// Whether a project has a file in the index.
///
/// # Errors
///
/// What the database reports.
pub async fn is_listed(database: &AnyPool, name: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar::<_, i64>("SELECT count(*) FROM projects WHERE name = $1 AND listed = 1")
        .bind(name)
        .fetch_one(database)
        .await
        .map(|count| count > 0)
}

/// Names of all projects, in order.
///
/// # Errors
///
/// What the database reports.
pub async fn all_names(database: &AnyPool) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT name FROM projects ORDER BY name")
        .fetch_all(database)
        .await
}

/// Names of all projects that have a file in the index, in order.
///
/// # Errors
///
/// What the database reports.
pub async fn listed_names(database: &AnyPool) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT name FROM projects WHERE listed = 1 ORDER BY name")
        .fetch_all(database)
        .await
}

/// One page of the plugins whose name, summary or keywords contain a text, newest first. The text
/// is taken literally; an empty one matches all.
///
/// # Errors
///
/// What the database reports.
pub async fn plugins(
    database: &AnyPool,
    text: &str,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<ProjectRow>> {
    sqlx::query_as(
        "SELECT * FROM projects WHERE is_plugin = 1 AND listed = 1 AND (name LIKE $1 ESCAPE '\\' \
         OR lower(summary) LIKE $1 ESCAPE '\\' OR lower(keywords) LIKE $1 ESCAPE '\\') \
         ORDER BY updated_us DESC, name LIMIT $2 OFFSET $3",
    )
    .bind(pattern(text))
    .bind(limit)
    .bind(offset)
    .fetch_all(database)
    .await
}

/// How many plugins [`plugins`] finds in all.
///
/// # Errors
///
/// What the database reports.
pub async fn count_plugins(database: &AnyPool, text: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "SELECT count(*) FROM projects WHERE is_plugin = 1 AND listed = 1 AND (name LIKE $1 ESCAPE '\\' \
         OR lower(summary) LIKE $1 ESCAPE '\\' OR lower(keywords) LIKE $1 ESCAPE '\\')",
    )
    .bind(pattern(text))
    .fetch_one(database)
    .await
}

/// The `LIKE` pattern for "contains this text".
fn pattern(text: &str) -> String {
    let literal = text
        .to_lowercase()
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{literal}%")
}

/// Whether the database answers.
///
/// # Errors
///
/// What the database reports.
pub async fn ping(database: &AnyPool) -> sqlx::Result<()> {
    sqlx::query("SELECT 1 FROM projects LIMIT 1")
        .execute(database)
        .await
        .map(drop)
}
