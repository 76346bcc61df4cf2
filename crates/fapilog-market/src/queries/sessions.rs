//! Who is signed in where, and the links that were sent.

use sqlx::{Any, AnyPool, Executor, FromRow};

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct SessionRow {
    /// Digest of the cookie.
    pub secret_sha256: String,
    /// Whose.
    pub user_id: String,
    /// 1 while the second factor is missing.
    pub is_pending: i64,
    /// When it began.
    pub created_us: i64,
    /// When it was last used, to the minute.
    pub seen_us: i64,
    /// When it ends.
    pub expires_us: i64,
    /// Where it began.
    pub client: String,
    /// With which browser.
    pub agent: String,
}

/// What a request needs to know of its session.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct SignedInRow {
    /// Digest of the cookie.
    pub secret_sha256: String,
    /// Whose.
    pub user_id: String,
    /// Their name.
    pub name: String,
    /// Their role on the whole marketplace.
    pub site_role: String,
    /// 1 while the second factor is missing.
    pub is_pending: i64,
    /// When it began.
    pub created_us: i64,
    /// When it was last used.
    pub seen_us: i64,
}

/// Begins a session.
///
/// # Errors
///
/// What the database reports.
pub async fn insert(database: &AnyPool, row: &SessionRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO sessions (secret_sha256, user_id, is_pending, created_us, seen_us, \
         expires_us, client, agent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&row.secret_sha256)
    .bind(&row.user_id)
    .bind(row.is_pending)
    .bind(row.created_us)
    .bind(row.seen_us)
    .bind(row.expires_us)
    .bind(&row.client)
    .bind(&row.agent)
    .execute(database)
    .await
    .map(drop)
}

/// Finds a session that is still good.
///
/// # Errors
///
/// What the database reports.
pub async fn find(
    database: &AnyPool,
    secret_sha256: &str,
    now_us: i64,
) -> sqlx::Result<Option<SignedInRow>> {
    sqlx::query_as(
        "SELECT sessions.secret_sha256, sessions.user_id, users.name, users.site_role, \
         sessions.is_pending, sessions.created_us, sessions.seen_us \
         FROM sessions JOIN users ON users.id = sessions.user_id \
         WHERE sessions.secret_sha256 = $1 AND sessions.expires_us > $2 \
         AND users.deleted_us IS NULL",
    )
    .bind(secret_sha256)
    .bind(now_us)
    .fetch_optional(database)
    .await
}

/// Notes that a session is used, and puts off its end.
///
/// # Errors
///
/// What the database reports.
pub async fn touch(
    database: &AnyPool,
    secret_sha256: &str,
    now_us: i64,
    expires_us: i64,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE sessions SET seen_us = $2, expires_us = $3 WHERE secret_sha256 = $1")
        .bind(secret_sha256)
        .bind(now_us)
        .bind(expires_us)
        .execute(database)
        .await
        .map(drop)
}

/// All sessions of an account that are good, newest first.
///
/// # Errors
///
/// What the database reports.
pub async fn of_user(
    database: &AnyPool,
    user_id: &str,
    now_us: i64,
) -> sqlx::Result<Vec<SessionRow>> {
    sqlx::query_as(
        "SELECT * FROM sessions WHERE user_id = $1 AND expires_us > $2 AND is_pending = 0 \
         ORDER BY created_us DESC",
    )
    .bind(user_id)
    .bind(now_us)
    .fetch_all(database)
    .await
}

/// Ends a session.
///
/// # Errors
///
/// What the database reports.
pub async fn end(database: &AnyPool, secret_sha256: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM sessions WHERE secret_sha256 = $1")
        .bind(secret_sha256)
        .execute(database)
        .await
        .map(drop)
}

/// Ends all sessions of an account but one.
///
/// # Errors
///
/// What the database reports.
pub async fn end_others<'c>(
    database: impl Executor<'c, Database = Any>,
    user_id: &str,
    kept_sha256: &str,
) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND secret_sha256 <> $2")
        .bind(user_id)
        .bind(kept_sha256)
        .execute(database)
        .await
        .map(drop)
}

/// Forgets sessions, links and counts whose time is over.
///
/// # Errors
///
/// What the database reports.
pub async fn forget_ended(database: &AnyPool, now_us: i64) -> sqlx::Result<()> {
    for text in [
        "DELETE FROM sessions WHERE expires_us <= $1",
        "DELETE FROM links WHERE expires_us <= $1",
        // No window is longer than a day.
        "DELETE FROM rate_counts WHERE window_at < $1 - 172800000000",
    ] {
        sqlx::query(text).bind(now_us).execute(database).await?;
    }
    Ok(())
}

/// A link that was sent.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct LinkRow {
    /// Digest of its secret.
    pub secret_sha256: String,
    /// Whose.
    pub user_id: String,
    /// `recover` or `verify-email`.
    pub purpose: String,
    /// The address that it was sent to, or empty.
    pub email: String,
    /// Until when it works.
    pub expires_us: i64,
}

/// Stores a link in place of earlier ones for the same purpose.
///
/// # Errors
///
/// What the database reports.
pub async fn insert_link(database: &AnyPool, row: &LinkRow) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM links WHERE user_id = $1 AND purpose = $2")
        .bind(&row.user_id)
        .bind(&row.purpose)
        .execute(database)
        .await?;
    sqlx::query(
        "INSERT INTO links (secret_sha256, user_id, purpose, email, expires_us) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(&row.secret_sha256)
    .bind(&row.user_id)
    .bind(&row.purpose)
    .bind(&row.email)
    .bind(row.expires_us)
    .execute(database)
    .await
    .map(drop)
}

/// Whether a link would work.
///
/// # Errors
///
/// What the database reports.
pub async fn find_link(
    database: &AnyPool,
    secret_sha256: &str,
    purpose: &str,
    now_us: i64,
) -> sqlx::Result<Option<LinkRow>> {
    sqlx::query_as(
        "SELECT * FROM links WHERE secret_sha256 = $1 AND purpose = $2 AND expires_us > $3",
    )
    .bind(secret_sha256)
    .bind(purpose)
    .bind(now_us)
    .fetch_optional(database)
    .await
}

/// Uses up a link: of several at once, one gets it.
///
/// # Errors
///
/// What the database reports.
pub async fn take_link(
    database: &AnyPool,
    secret_sha256: &str,
    purpose: &str,
    now_us: i64,
) -> sqlx::Result<Option<LinkRow>> {
    sqlx::query_as(
        "DELETE FROM links WHERE secret_sha256 = $1 AND purpose = $2 AND expires_us > $3 \
         RETURNING *",
    )
    .bind(secret_sha256)
    .bind(purpose)
    .bind(now_us)
    .fetch_optional(database)
    .await
}
