//! Passkeys of accounts, and what authenticators have been asked.

use sqlx::{AnyConnection, AnyPool, FromRow};

use crate::queries::users;

/// A passkey.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct PasskeyRow {
    /// As the authenticator names it, in base64url.
    pub credential_id: String,
    /// Whose.
    pub user_id: String,
    /// What its owner calls it.
    pub name: String,
    /// Public key, sign counter and what else was said of it, as JSON.
    pub credential: String,
    /// When it was added.
    pub created_us: i64,
    /// When it last signed somebody in.
    pub used_us: Option<i64>,
}

/// A question to an authenticator. Never shows its state in `Debug`.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct ChallengeRow {
    /// Digest of the browser's cookie.
    pub visit_sha256: String,
    /// `add`, `second-factor` or `sign-in`.
    pub purpose: String,
    /// Whom it is about, if that is known.
    pub user_id: Option<String>,
    /// What the answer is checked with, as JSON.
    pub state: String,
    /// Until when.
    pub expires_us: i64,
}

impl std::fmt::Debug for ChallengeRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ChallengeRow({}, ****)", self.purpose)
    }
}

/// Adds a passkey, unless the account has `most` already: then `false`. Two that are added at once
/// take turns.
///
/// # Errors
///
/// What the database reports; a unique violation when it is known already, at any account.
pub async fn insert(
    connection: &mut AnyConnection,
    row: &PasskeyRow,
    most: i64,
) -> sqlx::Result<bool> {
    if !users::lock(&mut *connection, &row.user_id).await? {
        return Ok(false);
    }
    let there: i64 = sqlx::query_scalar("SELECT count(*) FROM passkeys WHERE user_id = $1")
        .bind(&row.user_id)
        .fetch_one(&mut *connection)
        .await?;
    if there >= most {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO passkeys (credential_id, user_id, name, credential, created_us) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(&row.credential_id)
    .bind(&row.user_id)
    .bind(&row.name)
    .bind(&row.credential)
    .bind(row.created_us)
    .execute(connection)
    .await
    .map(|_| true)
}

/// All passkeys of an account, oldest first.
///
/// # Errors
///
/// What the database reports.
pub async fn of_user(database: &AnyPool, user_id: &str) -> sqlx::Result<Vec<PasskeyRow>> {
    sqlx::query_as("SELECT * FROM passkeys WHERE user_id = $1 ORDER BY created_us, credential_id")
        .bind(user_id)
        .fetch_all(database)
        .await
}

/// How many passkeys an account has.
///
/// # Errors
///
/// What the database reports.
pub async fn count(database: &AnyPool, user_id: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT count(*) FROM passkeys WHERE user_id = $1")
        .bind(user_id)
        .fetch_one(database)
        .await
}

/// Finds a passkey.
///
/// # Errors
///
/// What the database reports.
pub async fn find(database: &AnyPool, credential_id: &str) -> sqlx::Result<Option<PasskeyRow>> {
    sqlx::query_as("SELECT * FROM passkeys WHERE credential_id = $1")
        .bind(credential_id)
        .fetch_optional(database)
        .await
}

/// Notes that a passkey was used, and what it said of itself; `false` when it was removed since it
/// was read, or somebody else used it.
///
/// # Errors
///
/// What the database reports.
pub async fn note_use(
    database: &AnyPool,
    read: &PasskeyRow,
    credential: &str,
    now_us: i64,
) -> sqlx::Result<bool> {
    sqlx::query(
        "UPDATE passkeys SET credential = $3, used_us = $4 \
         WHERE credential_id = $1 AND credential = $2",
    )
    .bind(&read.credential_id)
    .bind(&read.credential)
    .bind(credential)
    .bind(now_us)
    .execute(database)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Removes a passkey of an account and returns its name; `None` when there is none like it.
///
/// # Errors
///
/// What the database reports.
pub async fn remove(
    connection: &mut AnyConnection,
    user_id: &str,
    credential_id: &str,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(
        "DELETE FROM passkeys WHERE user_id = $1 AND credential_id = $2 RETURNING name",
    )
    .bind(user_id)
    .bind(credential_id)
    .fetch_optional(connection)
    .await
}

/// Keeps a question, in the place of an earlier one of the same browser and purpose. No more than
/// `most` are kept: the oldest go.
///
/// # Errors
///
/// What the database reports.
pub async fn put_challenge(
    database: &AnyPool,
    row: &ChallengeRow,
    most: i64,
    now_us: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        "DELETE FROM passkey_challenges WHERE expires_us <= $1 OR expires_us <= \
         (SELECT expires_us FROM passkey_challenges ORDER BY expires_us DESC LIMIT 1 OFFSET $2)",
    )
    .bind(now_us)
    .bind(most - 1)
    .execute(database)
    .await?;
    sqlx::query(
        "INSERT INTO passkey_challenges (visit_sha256, purpose, user_id, state, expires_us) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (visit_sha256, purpose) DO UPDATE SET \
         user_id = excluded.user_id, state = excluded.state, expires_us = excluded.expires_us",
    )
    .bind(&row.visit_sha256)
    .bind(&row.purpose)
    .bind(&row.user_id)
    .bind(&row.state)
    .bind(row.expires_us)
    .execute(database)
    .await
    .map(drop)
}

/// Uses up a question of this very browser, answered rightly or not.
///
/// # Errors
///
/// What the database reports.
pub async fn take_challenge(
    database: &AnyPool,
    visit_sha256: &str,
    purpose: &str,
    now_us: i64,
) -> sqlx::Result<Option<ChallengeRow>> {
    sqlx::query_as(
        "DELETE FROM passkey_challenges \
         WHERE visit_sha256 = $1 AND purpose = $2 AND expires_us > $3 RETURNING *",
    )
    .bind(visit_sha256)
    .bind(purpose)
    .bind(now_us)
    .fetch_optional(database)
    .await
}
