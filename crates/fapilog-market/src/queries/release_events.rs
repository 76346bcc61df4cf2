//! What happened to releases and projects: for their publishers, for feeds and for audits.

use sqlx::{AnyConnection, AnyPool, FromRow};

use crate::jobs::JobKind;
use crate::queries::files::FileRow;
use crate::queries::webhooks::{self, Queued};
use crate::webhooks::Topic;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ReleaseEventRow {
    /// Random id.
    pub id: String,
    /// Normalised project name.
    pub project: String,
    /// Version, or empty for what concerns the whole project.
    pub version: String,
    /// File name, or empty for what concerns the whole release.
    pub filename: String,
    /// What: `published`, `rejected`, `yanked`, `unyanked`, `withdrawn`, `quarantined`, `cleared`,
    /// `restored`, `advisory`, or `status-` and a project status.
    pub event: String,
    /// Why, in words.
    pub reason: String,
    /// Who: the id of a token, `operator` for the command line, `judge` for the scan.
    pub actor: String,
    /// When.
    pub created_us: i64,
}

/// Notes that something happened, and has webhooks told of it.
///
/// # Errors
///
/// What the database reports.
pub async fn insert(connection: &mut AnyConnection, row: &ReleaseEventRow) -> sqlx::Result<()> {
    write(&mut *connection, row).await?;
    let Some(topic) = Topic::of(&row.event) else {
        return Ok(());
    };
    let queued = Queued {
        kind: JobKind::Deliver.name(),
        max_attempts: JobKind::Deliver.max_attempts(),
        priority: JobKind::Deliver.priority(),
        due_us: row.created_us,
    };
    webhooks::announce(connection, row, topic.word(), queued).await
}

async fn write(connection: &mut AnyConnection, row: &ReleaseEventRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO release_events (id, project, version, filename, event, reason, actor, \
         created_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&row.id)
    .bind(&row.project)
    .bind(&row.version)
    .bind(&row.filename)
    .bind(&row.event)
    .bind(&row.reason)
    .bind(&row.actor)
    .bind(row.created_us)
    .execute(connection)
    .await
    .map(drop)
}

/// Finds an event by its id.
///
/// # Errors
///
/// What the database reports.
pub async fn find(database: &AnyPool, id: &str) -> sqlx::Result<Option<ReleaseEventRow>> {
    sqlx::query_as("SELECT * FROM release_events WHERE id = $1")
        .bind(id)
        .fetch_optional(database)
        .await
}

/// What brought a file into its state, or was said of that since; nothing for one that was only
/// published.
///
/// # Errors
///
/// What the database reports.
pub async fn last_of_state(
    connection: &mut AnyConnection,
    file: &FileRow,
) -> sqlx::Result<Option<ReleaseEventRow>> {
    sqlx::query_as(
        "SELECT * FROM release_events WHERE project = $1 AND version = $2 \
         AND (filename = $3 OR filename = '') \
         AND event IN ('withdrawn', 'quarantined', 'cleared', 'restored') \
         ORDER BY created_us DESC, id LIMIT 1",
    )
    .bind(&file.project)
    .bind(&file.version)
    .bind(&file.filename)
    .fetch_optional(connection)
    .await
}

/// What happened to a project, newest first.
///
/// # Errors
///
/// What the database reports.
pub async fn of_project(
    database: &AnyPool,
    project: &str,
    limit: i64,
) -> sqlx::Result<Vec<ReleaseEventRow>> {
    sqlx::query_as(
        "SELECT * FROM release_events WHERE project = $1 ORDER BY created_us DESC, id LIMIT $2",
    )
    .bind(project)
    .bind(limit)
    .fetch_all(database)
    .await
}
