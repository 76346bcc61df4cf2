//! Downloads by day.

use sqlx::{AnyConnection, AnyPool};

use crate::downloads::counter::Counted;

/// Adds counts, within one transaction.
///
/// # Errors
///
/// What the database reports.
pub async fn add(connection: &mut AnyConnection, counts: &[(Counted, i64)]) -> sqlx::Result<()> {
    for (counted, times) in counts {
        sqlx::query(
            "INSERT INTO downloads (project, version, day, downloader, python, times) \
             VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (project, day, version, downloader, python) \
             DO UPDATE SET times = downloads.times + excluded.times",
        )
        .bind(&counted.project)
        .bind(&counted.version)
        .bind(counted.day)
        .bind(counted.by.word())
        .bind(&counted.python)
        .bind(times)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Downloads of a project by people, by day, from a day on; days without any are missing.
///
/// # Errors
///
/// What the database reports.
pub async fn by_day(database: &AnyPool, project: &str, from: i64) -> sqlx::Result<Vec<(i64, i64)>> {
    sqlx::query_as(
        "SELECT day, CAST(sum(times) AS BIGINT) FROM downloads \
         WHERE project = $1 AND day >= $2 AND downloader = 'person' GROUP BY day ORDER BY day",
    )
    .bind(project)
    .bind(from)
    .fetch_all(database)
    .await
}

/// Downloads of a project by people from a day on.
///
/// # Errors
///
/// What the database reports.
pub async fn since(connection: &mut AnyConnection, project: &str, from: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "SELECT CAST(coalesce(sum(times), 0) AS BIGINT) FROM downloads \
         WHERE project = $1 AND day >= $2 AND downloader = 'person'",
    )
    .bind(project)
    .bind(from)
    .fetch_one(connection)
    .await
}

/// Downloads of a project from a day on by who downloaded.
///
/// # Errors
///
/// What the database reports.
pub async fn by_downloader(
    database: &AnyPool,
    project: &str,
    from: i64,
) -> sqlx::Result<Vec<(String, i64)>> {
    sqlx::query_as(
        "SELECT downloader, CAST(sum(times) AS BIGINT) FROM downloads \
         WHERE project = $1 AND day >= $2 GROUP BY downloader ORDER BY downloader",
    )
    .bind(project)
    .bind(from)
    .fetch_all(database)
    .await
}
