//! API tokens.

use sqlx::{AnyPool, FromRow};

/// A stored token.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct TokenRow {
    /// Public id.
    pub id: String,
    /// What its owner wrote to tell tokens apart.
    pub label: String,
    /// SHA-256 of the secret in hexadecimal.
    pub secret_sha256: String,
    /// A normalised project name, or `*` for all that its owner may.
    pub project: String,
    /// When it was made.
    pub created_us: i64,
    /// When it was revoked.
    pub revoked_us: Option<i64>,
    /// Whose it is; the operator's and minted ones have nobody.
    pub user_id: Option<String>,
    /// `operator`, `account` or `trusted-publisher`.
    pub source: String,
    /// What it is good for.
    pub action: String,
    /// When it ends by itself.
    pub expires_us: Option<i64>,
    /// When it was last used, to the minute.
    pub used_us: Option<i64>,
}

/// Stores a new token.
///
/// # Errors
///
/// What the database reports.
pub async fn insert(database: &AnyPool, row: &TokenRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO tokens (id, label, secret_sha256, project, created_us, user_id, source, \
         action, expires_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&row.id)
    .bind(&row.label)
    .bind(&row.secret_sha256)
    .bind(&row.project)
    .bind(row.created_us)
    .bind(&row.user_id)
    .bind(&row.source)
    .bind(&row.action)
    .bind(row.expires_us)
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

/// The tokens of an account that are not revoked, newest first.
///
/// # Errors
///
/// What the database reports.
pub async fn of_user(database: &AnyPool, user_id: &str) -> sqlx::Result<Vec<TokenRow>> {
    sqlx::query_as(
        "SELECT * FROM tokens WHERE user_id = $1 AND revoked_us IS NULL \
         ORDER BY created_us DESC, id",
    )
    .bind(user_id)
    .fetch_all(database)
    .await
}

/// Notes that a token is used.
///
/// # Errors
///
/// What the database reports.
pub async fn touch(database: &AnyPool, id: &str, now_us: i64) -> sqlx::Result<()> {
    sqlx::query("UPDATE tokens SET used_us = $2 WHERE id = $1")
        .bind(id)
        .bind(now_us)
        .execute(database)
        .await
        .map(drop)
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

/// Revokes a token of an account; `false` when there is none that is still valid.
///
/// # Errors
///
/// What the database reports.
pub async fn revoke_own(
    database: &AnyPool,
    id: &str,
    user_id: &str,
    now_us: i64,
) -> sqlx::Result<bool> {
    sqlx::query(
        "UPDATE tokens SET revoked_us = $3 WHERE id = $1 AND user_id = $2 AND revoked_us IS NULL",
    )
    .bind(id)
    .bind(user_id)
    .bind(now_us)
    .execute(database)
    .await
    .map(|done| done.rows_affected() == 1)
}
