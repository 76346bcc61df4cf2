//! Receipts of installs, and the keys that sign them.

use sqlx::{AnyConnection, AnyPool, FromRow};

/// A key of an installation.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ReceiptKeyRow {
    /// Random id.
    pub id: String,
    /// Whose receipts it signs.
    pub user_id: String,
    /// Ed25519, in hexadecimal.
    pub public_key: String,
    /// What its owner calls the installation.
    pub label: String,
    /// When it was added.
    pub created_us: i64,
    /// When it last signed something.
    pub used_us: Option<i64>,
}

/// That an account's installation installed a file.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ReceiptRow {
    /// Whose.
    pub user_id: String,
    /// Normalised project name.
    pub project: String,
    /// Version in PEP 440's normal form.
    pub version: String,
    /// Digest of the file.
    pub sha256: String,
    /// Version of the core.
    pub core_version: String,
    /// Version of Python.
    pub python_version: String,
    /// Which key said so.
    pub key_id: String,
    /// When it came.
    pub received_us: i64,
}

/// Stores a key.
///
/// # Errors
///
/// What the database reports.
pub async fn insert_key(connection: &mut AnyConnection, row: &ReceiptKeyRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO receipt_keys (id, user_id, public_key, label, created_us) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(&row.id)
    .bind(&row.user_id)
    .bind(&row.public_key)
    .bind(&row.label)
    .bind(row.created_us)
    .execute(connection)
    .await
    .map(drop)
}

/// Finds a key.
///
/// # Errors
///
/// What the database reports.
pub async fn find_key(database: &AnyPool, id: &str) -> sqlx::Result<Option<ReceiptKeyRow>> {
    sqlx::query_as("SELECT * FROM receipt_keys WHERE id = $1")
        .bind(id)
        .fetch_optional(database)
        .await
}

/// The keys of an account, newest first.
///
/// # Errors
///
/// What the database reports.
pub async fn keys_of(
    connection: &mut AnyConnection,
    user_id: &str,
) -> sqlx::Result<Vec<ReceiptKeyRow>> {
    sqlx::query_as("SELECT * FROM receipt_keys WHERE user_id = $1 ORDER BY created_us DESC, id")
        .bind(user_id)
        .fetch_all(connection)
        .await
}

/// Removes a key of an account with its nonces; `false` when it has none like it. What it signed
/// stays.
///
/// # Errors
///
/// What the database reports.
pub async fn remove_key(
    connection: &mut AnyConnection,
    id: &str,
    user_id: &str,
) -> sqlx::Result<bool> {
    sqlx::query("DELETE FROM receipt_keys WHERE id = $1 AND user_id = $2")
        .bind(id)
        .bind(user_id)
        .execute(connection)
        .await
        .map(|done| done.rows_affected() == 1)
}

/// Takes a nonce, once: `false` when it was taken before, even a moment ago by another replica, or
/// when its key is gone. Those that were taken before `old_us` are forgotten.
///
/// # Errors
///
/// What the database reports.
pub async fn take_nonce(
    connection: &mut AnyConnection,
    key_id: &str,
    nonce: &str,
    now_us: i64,
    old_us: i64,
) -> sqlx::Result<bool> {
    // First of all this row, so that a key is used by one and removed by nobody until the end.
    let known = sqlx::query("UPDATE receipt_keys SET used_us = $2 WHERE id = $1")
        .bind(key_id)
        .bind(now_us)
        .execute(&mut *connection)
        .await?;
    if known.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("DELETE FROM receipt_nonces WHERE key_id = $1 AND taken_us < $2")
        .bind(key_id)
        .bind(old_us)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO receipt_nonces (key_id, nonce, taken_us) VALUES ($1, $2, $3) \
         ON CONFLICT (key_id, nonce) DO NOTHING",
    )
    .bind(key_id)
    .bind(nonce)
    .bind(now_us)
    .execute(connection)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Whether a release has, or had, a file with this digest.
///
/// # Errors
///
/// What the database reports.
pub async fn names_a_file(
    connection: &mut AnyConnection,
    project: &str,
    version: &str,
    sha256: &str,
) -> sqlx::Result<bool> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT size_bytes FROM files WHERE project = $1 AND version = $2 AND sha256 = $3",
    )
    .bind(project)
    .bind(version)
    .bind(sha256)
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}

/// Stores a receipt in place of an earlier one of the same version. When an account has more than
/// `most`, the oldest are forgotten.
///
/// # Errors
///
/// What the database reports.
pub async fn put(connection: &mut AnyConnection, row: &ReceiptRow, most: i64) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO receipts (user_id, project, version, sha256, core_version, python_version, \
         key_id, received_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (user_id, project, version) DO UPDATE SET sha256 = excluded.sha256, \
         core_version = excluded.core_version, python_version = excluded.python_version, \
         key_id = excluded.key_id, received_us = excluded.received_us",
    )
    .bind(&row.user_id)
    .bind(&row.project)
    .bind(&row.version)
    .bind(&row.sha256)
    .bind(&row.core_version)
    .bind(&row.python_version)
    .bind(&row.key_id)
    .bind(row.received_us)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "DELETE FROM receipts WHERE user_id = $1 AND received_us <= \
         (SELECT received_us FROM receipts WHERE user_id = $1 \
          ORDER BY received_us DESC LIMIT 1 OFFSET $2)",
    )
    .bind(&row.user_id)
    .bind(most)
    .execute(connection)
    .await
    .map(drop)
}

/// The receipts of an account, newest first.
///
/// # Errors
///
/// What the database reports.
pub async fn of_user(
    connection: &mut AnyConnection,
    user_id: &str,
) -> sqlx::Result<Vec<ReceiptRow>> {
    sqlx::query_as(
        "SELECT * FROM receipts WHERE user_id = $1 ORDER BY received_us DESC, project, version",
    )
    .bind(user_id)
    .fetch_all(connection)
    .await
}

/// Forgets one receipt of an account.
///
/// # Errors
///
/// What the database reports.
pub async fn forget(
    connection: &mut AnyConnection,
    user_id: &str,
    project: &str,
    version: &str,
) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM receipts WHERE user_id = $1 AND project = $2 AND version = $3")
        .bind(user_id)
        .bind(project)
        .bind(version)
        .execute(connection)
        .await
        .map(drop)
}

/// Forgets all receipts of an account, or those that one key signed; how many there were.
///
/// # Errors
///
/// What the database reports.
pub async fn forget_all(
    connection: &mut AnyConnection,
    user_id: &str,
    key_id: Option<&str>,
) -> sqlx::Result<u64> {
    sqlx::query("DELETE FROM receipts WHERE user_id = $1 AND (key_id = $2 OR $3 = 1)")
        .bind(user_id)
        .bind(key_id.unwrap_or_default())
        .bind(i64::from(key_id.is_none()))
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
}
