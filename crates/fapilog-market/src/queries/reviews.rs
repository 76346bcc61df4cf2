//! Reviews and reports.

use sqlx::{AnyConnection, AnyPool, FromRow};

/// A review with the name of its author.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ReviewRow {
    /// Random id.
    pub id: String,
    /// Normalised project name.
    pub project: String,
    /// Who wrote it.
    pub user_id: String,
    /// The author's name.
    pub author: String,
    /// The version that it is about.
    pub version: String,
    /// The version that an installation of the author said it installed.
    pub verified_install: Option<String>,
    /// 1 to 5.
    pub stars: i64,
    /// What was written.
    pub text: String,
    /// `visible`, `held` or `hidden`.
    pub state: String,
    /// Why it is held or hidden.
    pub state_reason: String,
    /// When it was resolved.
    pub resolved_us: Option<i64>,
    /// What the plugin's maintainers answered.
    pub reply: Option<String>,
    /// How many found it helpful.
    pub helpful: i64,
    /// When it was written.
    pub created_us: i64,
    /// When it was changed last.
    pub edited_us: Option<i64>,
}

const SELECT: &str = "SELECT r.id, r.project, r.user_id, u.name AS author, r.version, r.stars, \
     r.text, r.state, r.state_reason, r.resolved_us, r.reply, r.helpful, \
     r.created_us, r.edited_us, \
     COALESCE((SELECT i.version FROM receipts i WHERE i.user_id = r.user_id \
      AND i.project = r.project AND i.version = r.version), \
      (SELECT i.version FROM receipts i WHERE i.user_id = r.user_id AND i.project = r.project \
       ORDER BY i.received_us DESC, i.version LIMIT 1)) AS verified_install \
     FROM reviews r JOIN users u ON u.id = r.user_id";

/// How many ratings of each star a project has, of those that count: visible and not resolved.
///
/// # Errors
///
/// What the database reports.
pub async fn stars(connection: &mut AnyConnection, project: &str) -> sqlx::Result<Vec<(i64, i64)>> {
    sqlx::query_as(
        "SELECT stars, count(*) FROM reviews WHERE project = $1 AND state = 'visible' \
         AND resolved_us IS NULL GROUP BY stars",
    )
    .bind(project)
    .fetch_all(connection)
    .await
}

/// Visible reviews of a project before a moment and id, newest first.
///
/// # Errors
///
/// What the database reports.
pub async fn of_project(
    database: &AnyPool,
    project: &str,
    before: (i64, &str),
    limit: i64,
) -> sqlx::Result<Vec<ReviewRow>> {
    let sql = format!(
        "{SELECT} WHERE r.project = $1 AND r.state = 'visible' \
         AND (r.created_us < $2 OR (r.created_us = $2 AND r.id < $3)) \
         ORDER BY r.created_us DESC, r.id DESC LIMIT $4"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(project)
        .bind(before.0)
        .bind(before.1)
        .bind(limit)
        .fetch_all(database)
        .await
}

/// Finds a review.
///
/// # Errors
///
/// What the database reports.
pub async fn find(connection: &mut AnyConnection, id: &str) -> sqlx::Result<Option<ReviewRow>> {
    let sql = format!("{SELECT} WHERE r.id = $1");
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(id)
        .fetch_optional(connection)
        .await
}

/// What an account wrote about a project.
///
/// # Errors
///
/// What the database reports.
pub async fn by_author(
    connection: &mut AnyConnection,
    project: &str,
    user_id: &str,
) -> sqlx::Result<Option<ReviewRow>> {
    let sql = format!("{SELECT} WHERE r.project = $1 AND r.user_id = $2");
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(project)
        .bind(user_id)
        .fetch_optional(connection)
        .await
}

/// A review that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReviewRow {
    /// Random id.
    pub id: String,
    /// Normalised project name.
    pub project: String,
    /// Who wrote it.
    pub user_id: String,
    /// The version that it is about.
    pub version: String,
    /// 1 to 5.
    pub stars: i64,
    /// What was written.
    pub text: String,
    /// `visible` or `held`.
    pub state: &'static str,
    /// Why it is held.
    pub state_reason: &'static str,
    /// When it was written.
    pub created_us: i64,
}

/// Stores a new review.
///
/// # Errors
///
/// What the database reports.
pub async fn insert(connection: &mut AnyConnection, row: &NewReviewRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO reviews (id, project, user_id, version, stars, text, state, state_reason, \
         created_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&row.id)
    .bind(&row.project)
    .bind(&row.user_id)
    .bind(&row.version)
    .bind(row.stars)
    .bind(&row.text)
    .bind(row.state)
    .bind(row.state_reason)
    .bind(row.created_us)
    .execute(connection)
    .await
    .map(drop)
}

/// Replaces what a review says, and keeps what it said before. A resolved one counts again.
///
/// # Errors
///
/// What the database reports.
pub async fn edit(
    connection: &mut AnyConnection,
    old: &ReviewRow,
    draft: &crate::review::Draft,
    now_us: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO review_history (review_id, position, version, stars, text, replaced_us) \
         SELECT $1, (SELECT count(*) FROM review_history WHERE review_id = $1), $2, $3, $4, $5",
    )
    .bind(&old.id)
    .bind(&old.version)
    .bind(old.stars)
    .bind(&old.text)
    .bind(now_us)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE reviews SET version = $2, stars = $3, text = $4, edited_us = $5, \
         resolved_us = NULL WHERE id = $1",
    )
    .bind(&old.id)
    .bind(&draft.version)
    .bind(draft.stars)
    .bind(&draft.text)
    .bind(now_us)
    .execute(connection)
    .await
    .map(drop)
}

/// What a review said before, newest first: version, stars, text, when it was replaced.
///
/// # Errors
///
/// What the database reports.
pub async fn history(
    database: &AnyPool,
    id: &str,
) -> sqlx::Result<Vec<(String, i64, String, i64)>> {
    sqlx::query_as(
        "SELECT version, stars, text, replaced_us FROM review_history \
         WHERE review_id = $1 ORDER BY position DESC",
    )
    .bind(id)
    .fetch_all(database)
    .await
}

/// How often a review was edited since a moment, and ever.
///
/// # Errors
///
/// What the database reports.
pub async fn edits(
    connection: &mut AnyConnection,
    id: &str,
    since_us: i64,
) -> sqlx::Result<(i64, i64)> {
    sqlx::query_as(
        "SELECT (SELECT count(*) FROM review_history WHERE review_id = $1 AND replaced_us >= $2), \
         (SELECT count(*) FROM review_history WHERE review_id = $1)",
    )
    .bind(id)
    .bind(since_us)
    .fetch_one(connection)
    .await
}

/// New reviews by an account, and visible ones of a project, since a moment.
///
/// # Errors
///
/// What the database reports.
pub async fn lately(
    connection: &mut AnyConnection,
    project: &str,
    user_id: &str,
    since_us: i64,
) -> sqlx::Result<(i64, i64)> {
    sqlx::query_as(
        "SELECT (SELECT count(*) FROM reviews WHERE user_id = $1 AND created_us >= $3), \
         (SELECT count(*) FROM reviews WHERE project = $2 AND created_us >= $3 \
          AND state = 'visible')",
    )
    .bind(user_id)
    .bind(project)
    .bind(since_us)
    .fetch_one(connection)
    .await
}

/// Sets or takes back that a review is resolved.
///
/// # Errors
///
/// What the database reports.
pub async fn resolve(
    connection: &mut AnyConnection,
    id: &str,
    resolved_us: Option<i64>,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE reviews SET resolved_us = $2 WHERE id = $1")
        .bind(id)
        .bind(resolved_us)
        .execute(connection)
        .await
        .map(drop)
}

/// Stores or removes the maintainers' answer.
///
/// # Errors
///
/// What the database reports.
pub async fn reply(
    connection: &mut AnyConnection,
    id: &str,
    reply: Option<&str>,
    by: &str,
    now_us: i64,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE reviews SET reply = $2, replied_by = $3, replied_us = $4 WHERE id = $1")
        .bind(id)
        .bind(reply)
        .bind(by)
        .bind(now_us)
        .execute(connection)
        .await
        .map(drop)
}

/// Shows or hides a review.
///
/// # Errors
///
/// What the database reports.
pub async fn set_state(
    connection: &mut AnyConnection,
    id: &str,
    state: &str,
    reason: &str,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE reviews SET state = $2, state_reason = $3 WHERE id = $1")
        .bind(id)
        .bind(state)
        .bind(reason)
        .execute(connection)
        .await
        .map(drop)
}

/// Switches an account's vote that a review is helpful, and counts anew.
///
/// # Errors
///
/// What the database reports.
pub async fn vote(connection: &mut AnyConnection, id: &str, user_id: &str) -> sqlx::Result<()> {
    let taken_back = sqlx::query("DELETE FROM review_votes WHERE review_id = $1 AND user_id = $2")
        .bind(id)
        .bind(user_id)
        .execute(&mut *connection)
        .await?;
    if taken_back.rows_affected() == 0 {
        sqlx::query("INSERT INTO review_votes (review_id, user_id) VALUES ($1, $2)")
            .bind(id)
            .bind(user_id)
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query(
        "UPDATE reviews SET helpful = (SELECT count(*) FROM review_votes WHERE review_id = $1) \
         WHERE id = $1",
    )
    .bind(id)
    .execute(connection)
    .await
    .map(drop)
}

/// Removes a review with all that belongs to it.
///
/// # Errors
///
/// What the database reports.
pub async fn delete(connection: &mut AnyConnection, id: &str) -> sqlx::Result<()> {
    for sql in [
        "DELETE FROM review_votes WHERE review_id = $1",
        "DELETE FROM review_history WHERE review_id = $1",
        "DELETE FROM reports WHERE about = 'review' AND subject = $1",
        "DELETE FROM reviews WHERE id = $1",
    ] {
        sqlx::query(sql).bind(id).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Reviews that wait for a moderator: those held, and those that were reported.
///
/// # Errors
///
/// What the database reports.
pub async fn queue(database: &AnyPool, limit: i64) -> sqlx::Result<Vec<ReviewRow>> {
    let sql = format!(
        "{SELECT} WHERE r.state = 'held' OR EXISTS (SELECT 1 FROM reports p \
         WHERE p.about = 'review' AND p.subject = r.id AND p.settled_us IS NULL) \
         ORDER BY r.created_us, r.id LIMIT $1"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(limit)
        .fetch_all(database)
        .await
}
