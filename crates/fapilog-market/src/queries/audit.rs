//! The audit log: rows are added and read, never changed (the tables' triggers see to it).

use sqlx::{Any, AnyPool, Executor, FromRow};

/// One act.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct EventRow {
    /// Random id.
    pub id: String,
    /// When.
    pub at_us: i64,
    /// `user:NAME`, `token:ID`, `operator` or `anonymous`.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// The account it concerns.
    pub user_id: Option<String>,
    /// The project it concerns.
    pub project: Option<String>,
    /// The publisher it concerns.
    pub publisher: Option<String>,
    /// Where it came from.
    pub client: String,
    /// What else is worth knowing.
    pub detail: String,
}

/// Whose events are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// All.
    Everything,
    /// An account, by id.
    User(String),
    /// A project.
    Project(String),
    /// A publisher.
    Publisher(String),
}

/// Adds an event.
///
/// # Errors
///
/// What the database reports.
pub async fn insert<'c>(
    database: impl Executor<'c, Database = Any>,
    row: &EventRow,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO audit_events \
         (id, at_us, actor, action, user_id, project, publisher, client, detail) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&row.id)
    .bind(row.at_us)
    .bind(&row.actor)
    .bind(&row.action)
    .bind(&row.user_id)
    .bind(&row.project)
    .bind(&row.publisher)
    .bind(&row.client)
    .bind(&row.detail)
    .execute(database)
    .await
    .map(drop)
}

/// Events before a moment, newest first.
///
/// # Errors
///
/// What the database reports.
pub async fn before(
    database: &AnyPool,
    about: &About,
    before_us: i64,
    limit: i64,
) -> sqlx::Result<Vec<EventRow>> {
    // One text for each kind, so that each finds its index.
    let (text, key) = match about {
        About::Everything => (
            "SELECT * FROM audit_events WHERE at_us < $2 AND $1 = '' \
             ORDER BY at_us DESC, id LIMIT $3",
            "",
        ),
        About::User(id) => (
            "SELECT * FROM audit_events WHERE user_id = $1 AND at_us < $2 \
             ORDER BY at_us DESC, id LIMIT $3",
            id.as_str(),
        ),
        About::Project(name) => (
            "SELECT * FROM audit_events WHERE project = $1 AND at_us < $2 \
             ORDER BY at_us DESC, id LIMIT $3",
            name.as_str(),
        ),
        About::Publisher(name) => (
            "SELECT * FROM audit_events WHERE publisher = $1 AND at_us < $2 \
             ORDER BY at_us DESC, id LIMIT $3",
            name.as_str(),
        ),
    };
    sqlx::query_as(text)
        .bind(key)
        .bind(before_us)
        .bind(limit)
        .fetch_all(database)
        .await
}
