//! Accounts elsewhere that people sign in with.

use sqlx::{AnyConnection, AnyPool, FromRow};

/// Somebody who is on the way to the provider and back. Never shows what it keeps in `Debug`.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct AttemptRow {
    /// Digest of the state.
    pub state_sha256: String,
    /// Digest of the browser's cookie.
    pub visit_sha256: String,
    /// What the statement must repeat.
    pub nonce: String,
    /// What the code is exchanged with.
    pub verifier: String,
    /// Where they want to go.
    pub next: String,
    /// Until when.
    pub expires_us: i64,
}

impl std::fmt::Debug for AttemptRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("AttemptRow(****)")
    }
}

/// Keeps what is needed to come back.
///
/// # Errors
///
/// What the database reports.
pub async fn insert_attempt(database: &AnyPool, row: &AttemptRow, now_us: i64) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM identity_attempts WHERE expires_us <= $1")
        .bind(now_us)
        .execute(database)
        .await?;
    sqlx::query(
        "INSERT INTO identity_attempts \
         (state_sha256, visit_sha256, nonce, verifier, next, expires_us) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&row.state_sha256)
    .bind(&row.visit_sha256)
    .bind(&row.nonce)
    .bind(&row.verifier)
    .bind(&row.next)
    .bind(row.expires_us)
    .execute(database)
    .await
    .map(drop)
}

/// Uses up an attempt of this very browser.
///
/// # Errors
///
/// What the database reports.
pub async fn take_attempt(
    database: &AnyPool,
    state_sha256: &str,
    visit_sha256: &str,
    now_us: i64,
) -> sqlx::Result<Option<AttemptRow>> {
    sqlx::query_as(
        "DELETE FROM identity_attempts \
         WHERE state_sha256 = $1 AND visit_sha256 = $2 AND expires_us > $3 RETURNING *",
    )
    .bind(state_sha256)
    .bind(visit_sha256)
    .bind(now_us)
    .fetch_optional(database)
    .await
}

/// The account of somebody at a provider.
///
/// # Errors
///
/// What the database reports.
pub async fn user_of(
    database: &AnyPool,
    issuer: &str,
    subject: &str,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT user_id FROM identities WHERE issuer = $1 AND subject = $2")
        .bind(issuer)
        .bind(subject)
        .fetch_optional(database)
        .await
}

/// Links an account to somebody at a provider.
///
/// # Errors
///
/// What the database reports; a unique violation when they have one already.
pub async fn link(
    connection: &mut AnyConnection,
    issuer: &str,
    subject: &str,
    user_id: &str,
    now_us: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO identities (issuer, subject, user_id, created_us) VALUES ($1, $2, $3, $4)",
    )
    .bind(issuer)
    .bind(subject)
    .bind(user_id)
    .bind(now_us)
    .execute(connection)
    .await
    .map(drop)
}
