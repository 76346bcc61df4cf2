//! Which advisories touch which releases.

use sqlx::{AnyConnection, AnyPool, FromRow};

/// That an advisory touches a release.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AdvisoryRow {
    /// Normalised project name.
    pub project: String,
    /// Version in PEP 440's normal form.
    pub version: String,
    /// The advisory's id.
    pub advisory: String,
    /// One line, or empty.
    pub summary: String,
    /// When that was seen first.
    pub noticed_us: i64,
}

impl AdvisoryRow {
    /// Id and summary as one line.
    #[must_use]
    pub fn line(&self) -> String {
        match self.summary.as_str() {
            "" => self.advisory.clone(),
            summary => format!("{}: {summary}", self.advisory),
        }
    }
}

/// Notes it; `false` when it was noted before.
///
/// # Errors
///
/// What the database reports.
pub async fn insert(connection: &mut AnyConnection, row: &AdvisoryRow) -> sqlx::Result<bool> {
    sqlx::query(
        "INSERT INTO release_advisories (project, version, advisory, summary, noticed_us) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (project, version, advisory) DO NOTHING",
    )
    .bind(&row.project)
    .bind(&row.version)
    .bind(&row.advisory)
    .bind(&row.summary)
    .bind(row.noticed_us)
    .execute(connection)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// The newest of all projects.
///
/// # Errors
///
/// What the database reports.
pub async fn newest(database: &AnyPool, limit: i64) -> sqlx::Result<Vec<AdvisoryRow>> {
    sqlx::query_as(
        "SELECT * FROM release_advisories \
         ORDER BY noticed_us DESC, project, version, advisory LIMIT $1",
    )
    .bind(limit)
    .fetch_all(database)
    .await
}

/// The newest of one project.
///
/// # Errors
///
/// What the database reports.
pub async fn of_project(
    database: &AnyPool,
    project: &str,
    limit: i64,
) -> sqlx::Result<Vec<AdvisoryRow>> {
    sqlx::query_as(
        "SELECT * FROM release_advisories WHERE project = $1 \
         ORDER BY noticed_us DESC, version, advisory LIMIT $2",
    )
    .bind(project)
    .bind(limit)
    .fetch_all(database)
    .await
}
