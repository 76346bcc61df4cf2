//! Upload tokens.

use sqlx::{AnyPool, FromRow};

/// A stored token.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct TokenRow {
    /// Public id.
    pub id: String,
    /// What the operator wrote to tell tokens apart.
    pub label: String,
    /// SHA-256 of the secret in hexadecimal.
    pub secret_sha256: String,
    /// A normalised project name, or `*`.
    pub project: String,
    /// When it was made.
    pub created_us: i64,
    /// When it was revoked.
    pub revoked_us: Option<i64>,
}

/// Stores a new token.
///
/// # Errors
///
/// What the database reports.
pub async fn insert(database: &AnyPool, row: &TokenRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO tokens (id, label, secret_sha256, project, created_us) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(&row.id)
    .bind(&row.label)
    .bind(&row.secret_sha256)
    .bind(&row.project)
    .bind(row.created_us)
    .execute(database)
    .await
    .map(drop)
}

/// Finds a token by its public id.
///
/// # Errors
///
/// What the database reports.
pub async fn find(database: &AnyPool, id: &str) -> sqlx::Result<Option<TokenRow>> {
    sqlx::query_as("SELECT * FROM tokens WHERE id = $1")
        .bind(id)
        .fetch_optional(database)
        .await
}

/// All tokens, oldest first.
///
/// # Errors
///
/// What the database reports.
pub async fn all(database: &AnyPool) -> sqlx::Result<Vec<TokenRow>> {
    sqlx::query_as("SELECT * FROM tokens ORDER BY created_us, id")
        .fetch_all(database)
        .await
}

/// Revokes a token; `false` when there is none with this id that is still valid.
///
/// # Errors
///
/// What the database reports.
pub async fn revoke(database: &AnyPool, id: &str, now_us: i64) -> sqlx::Result<bool> {
    sqlx::query("UPDATE tokens SET revoked_us = $2 WHERE id = $1 AND revoked_us IS NULL")
        .bind(id)
        .bind(now_us)
        .execute(database)
        .await
        .map(|done| done.rows_affected() == 1)
}
