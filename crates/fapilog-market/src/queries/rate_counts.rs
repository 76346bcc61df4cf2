//! Counts that all replicas share.

use sqlx::AnyPool;

/// Counts one use within a window and says how many there were.
///
/// # Errors
///
/// What the database reports.
pub async fn count(database: &AnyPool, key: &str, window_at: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "INSERT INTO rate_counts (key, window_at, used) VALUES ($1, $2, 1) \
         ON CONFLICT (key) DO UPDATE SET \
         used = CASE WHEN rate_counts.window_at = excluded.window_at \
         THEN rate_counts.used + 1 ELSE 1 END, window_at = excluded.window_at \
         RETURNING used",
    )
    .bind(key)
    .bind(window_at)
    .fetch_one(database)
    .await
}

/// How many uses there were within a window.
///
/// # Errors
///
/// What the database reports.
pub async fn used(database: &AnyPool, key: &str, window_at: i64) -> sqlx::Result<i64> {
    let used: Option<i64> =
        sqlx::query_scalar("SELECT used FROM rate_counts WHERE key = $1 AND window_at = $2")
            .bind(key)
            .bind(window_at)
            .fetch_optional(database)
            .await?;
    Ok(used.unwrap_or_default())
}

/// Forgets what was counted.
///
/// # Errors
///
/// What the database reports.
pub async fn forget(database: &AnyPool, key: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM rate_counts WHERE key = $1")
        .bind(key)
        .execute(database)
        .await
        .map(drop)
}
