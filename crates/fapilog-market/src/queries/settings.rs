//! Single values that all replicas share.

use sqlx::{AnyConnection, AnyPool};

/// Changes whenever a project appears in the list of all projects or goes from it.
pub const PROJECT_LIST: &str = "project_list";

/// Reads a value.
///
/// # Errors
///
/// What the database reports.
pub async fn get(database: &AnyPool, name: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT value FROM settings WHERE name = $1")
        .bind(name)
        .fetch_optional(database)
        .await
}

/// Writes a value.
///
/// # Errors
///
/// What the database reports.
pub async fn set(connection: &mut AnyConnection, name: &str, value: &str) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO settings (name, value) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(name)
    .bind(value)
    .execute(connection)
    .await
    .map(drop)
}
