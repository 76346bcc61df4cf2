//! Projects and the catalogue of plugins.

use sqlx::{AnyConnection, AnyPool, FromRow};

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
}

/// Creates a project or brings what lists show of it up to date.
///
/// # Errors
///
/// What the database reports.
pub async fn upsert(connection: &mut AnyConnection, row: &ProjectRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO projects \
         (name, summary, keywords, latest_version, is_plugin, created_us, updated_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (name) DO UPDATE SET summary = excluded.summary, \
         keywords = excluded.keywords, latest_version = excluded.latest_version, \
         is_plugin = excluded.is_plugin, updated_us = excluded.updated_us",
    )
    .bind(&row.name)
    .bind(&row.summary)
    .bind(&row.keywords)
    .bind(&row.latest_version)
    .bind(row.is_plugin)
    .bind(row.created_us)
    .bind(row.updated_us)
    .execute(connection)
    .await
    .map(drop)
}

/// Finds a project by its normalised name.
///
/// # Errors
///
/// What the database reports.
pub async fn find(database: &AnyPool, name: &str) -> sqlx::Result<Option<ProjectRow>> {
    sqlx::query_as("SELECT * FROM projects WHERE name = $1")
        .bind(name)
        .fetch_optional(database)
        .await
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
        "SELECT * FROM projects WHERE is_plugin = 1 AND (name LIKE $1 ESCAPE '\\' \
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
        "SELECT count(*) FROM projects WHERE is_plugin = 1 AND (name LIKE $1 ESCAPE '\\' \
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
