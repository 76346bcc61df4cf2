//! Index pages as they are served, and the key of the list of all projects.

use std::collections::HashMap;
use std::sync::LazyLock;

use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, FromRow};

/// What is known of a page without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageHead {
    /// Changes with what the page tells.
    pub key: String,
    /// The version of the emitter that wrote it.
    pub emitter: String,
}

/// A page in both forms.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct PageRow {
    /// Changes with what the page tells.
    pub key: String,
    /// The JSON form.
    pub json: String,
    /// The HTML form.
    pub html: String,
}

/// Most pages whose keys are asked for at once.
pub const MOST_HEADS: usize = 64;

/// Questions for 1, 2, 4, … keys: few texts, so that connections keep all of them prepared.
static HEAD_QUESTIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let sizes = (0..=MOST_HEADS.ilog2()).map(|power| 1_usize << power);
    let question = |size: usize| {
        let holders: Vec<String> = (1..=size).map(|number| format!("${number}")).collect();
        format!(
            "SELECT project, key, emitter FROM index_pages WHERE project IN ({})",
            holders.join(", ")
        )
    };
    sizes.map(question).collect()
});

/// The keys of pages by their projects, of which there are at most [`MOST_HEADS`].
///
/// # Errors
///
/// What the database reports.
pub async fn heads(
    database: &AnyPool,
    projects: &[&str],
) -> sqlx::Result<HashMap<String, PageHead>> {
    let Some(last) = projects.last() else {
        return Ok(HashMap::new());
    };
    let size = projects.len().next_power_of_two();
    let Some(question) = HEAD_QUESTIONS.get(size.ilog2() as usize) else {
        return Err(sqlx::Error::Protocol(format!(
            "{} keys at once",
            projects.len()
        )));
    };
    let mut query = sqlx::query_as(AssertSqlSafe(question.as_str()));
    for number in 0..size {
        // What fills it up is asked for twice.
        query = query.bind(*projects.get(number).unwrap_or(last));
    }
    let rows: Vec<(String, String, String)> = query.fetch_all(database).await?;
    let keyed = |(project, key, emitter)| (project, PageHead { key, emitter });
    Ok(rows.into_iter().map(keyed).collect())
}

/// A project's page.
///
/// # Errors
///
/// What the database reports.
pub async fn find(database: &AnyPool, project: &str) -> sqlx::Result<Option<PageRow>> {
    sqlx::query_as("SELECT key, json, html FROM index_pages WHERE project = $1")
        .bind(project)
        .fetch_optional(database)
        .await
}

/// Stores a page.
///
/// # Errors
///
/// What the database reports.
pub async fn upsert(
    connection: &mut AnyConnection,
    project: &str,
    emitter: &str,
    row: &PageRow,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO index_pages (project, key, emitter, json, html) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (project) DO UPDATE SET key = excluded.key, emitter = excluded.emitter, \
         json = excluded.json, html = excluded.html",
    )
    .bind(project)
    .bind(&row.key)
    .bind(emitter)
    .bind(&row.json)
    .bind(&row.html)
    .execute(connection)
    .await
    .map(drop)
}

/// Removes a page.
///
/// # Errors
///
/// What the database reports.
pub async fn delete(connection: &mut AnyConnection, project: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM index_pages WHERE project = $1")
        .bind(project)
        .execute(connection)
        .await
        .map(drop)
}
