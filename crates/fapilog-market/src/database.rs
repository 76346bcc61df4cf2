//! Opening the database and bringing its tables up to date.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::error::MarketError;

/// The database's file within the data folder.
const FILE: &str = "market.sqlite3";

/// Connections kept open: readers beside the one writer that SQLite allows.
const CONNECTIONS: u32 = 8;

/// How long a statement waits for another process's write, for example `token create` beside a
/// running server.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens the database in a data folder, creating and migrating it when needed.
///
/// # Errors
///
/// `data-folder` when folder or database can't be opened, `migration` when its tables can't be
/// brought up to date.
pub async fn open(data: &Path) -> Result<SqlitePool, MarketError> {
    let path = data.join(FILE);
    let unusable = |cause: &dyn std::fmt::Display| {
        MarketError::new(
            axum::http::StatusCode::INTERNAL_SERVER_ERROR,
            "data-folder",
            format!("the database `{}` can't be opened: {cause}", path.display()),
            "choose a folder that you can write with `--data DIR`",
        )
    };
    std::fs::create_dir_all(data).map_err(|error| unusable(&error))?;
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // An upload that was answered with 200 must be there after a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT);
    let pool = SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(BUSY_TIMEOUT)
        .connect_with(options)
        .await
        .map_err(|error| unusable(&error))?;
    sqlx::migrate!("migrations/sqlite")
        .run(&pool)
        .await
        .map_err(|error| {
            MarketError::new(
                axum::http::StatusCode::INTERNAL_SERVER_ERROR,
                "migration",
                format!(
                    "the tables of `{}` can't be brought up to date: {error}",
                    path.display()
                ),
                "use the version of fapilog-market that wrote this folder, or a newer one",
            )
        })?;
    Ok(pool)
}
