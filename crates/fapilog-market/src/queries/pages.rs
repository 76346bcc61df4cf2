//! Index pages as they are served, and the key of the list of all projects.

use sqlx::{AnyConnection, AnyPool, FromRow};

/// What is known of a page without its text.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct PageHead {
    /// Changes with what the page tells.
    pub key: String,
    /// The version of the emitter that wrote it.
    pub emitter: String,
}

/// A page in both forms.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct PageRow {
    /// Changes with what the page tells.
    pub key: String,
    /// The JSON form.
    pub json: String,
    /// The HTML form.
    pub html: String,
}

/// The key of a project's page.
///
/// # Errors
///
/// What the database reports.
pub async fn head(database: &AnyPool, project: &str) -> sqlx::Result<Option<PageHead>> {
    sqlx::query_as("SELECT key, emitter FROM index_pages WHERE project = $1")
        .bind(project)
        .fetch_optional(database)
        .await
}

/// A project's page.
///
/// # Errors
///
/// What the database reports.
pub async fn find(database: &AnyPool, project: &str) -> sqlx::Result<Option<PageRow>> {
    sqlx::query_as("SELECT key, json, html FROM index_pages WHERE project = $1")
        .bind(project)
        .fetch_optional(database)
        .await
}

/// Stores a page.
///
/// # Errors
///
/// What the database reports.
pub async fn upsert(
    connection: &mut AnyConnection,
    project: &str,
    emitter: &str,
    row: &PageRow,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO index_pages (project, key, emitter, json, html) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (project) DO UPDATE SET key = excluded.key, emitter = excluded.emitter, \
         json = excluded.json, html = excluded.html",
    )
    .bind(project)
    .bind(&row.key)
    .bind(emitter)
    .bind(&row.json)
    .bind(&row.html)
    .execute(connection)
    .await
    .map(drop)
}

/// Removes a page.
///
/// # Errors
///
/// What the database reports.
pub async fn delete(connection: &mut AnyConnection, project: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM index_pages WHERE project = $1")
        .bind(project)
        .execute(connection)
        .await
        .map(drop)
}
