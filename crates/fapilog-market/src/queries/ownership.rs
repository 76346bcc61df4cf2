//! Who owns and maintains projects.

use sqlx::{AnyConnection, AnyPool, FromRow};

use crate::queries::publishers::MemberRow;

/// The owner of a project.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct OwnerRow {
    /// Normalised project name.
    pub project: String,
    /// Name of the publisher.
    pub publisher: String,
    /// Since when.
    pub created_us: i64,
}

/// A way in which an account has a part in a project.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct PartRow {
    /// `user` when it is the account's own, `organisation`, or `project`.
    pub through: String,
    /// The role there.
    pub role: String,
}

/// The owner of a project.
///
/// # Errors
///
/// What the database reports.
pub async fn owner(
    connection: &mut AnyConnection,
    project: &str,
) -> sqlx::Result<Option<OwnerRow>> {
    sqlx::query_as("SELECT * FROM project_owners WHERE project = $1")
        .bind(project)
        .fetch_optional(connection)
        .await
}

/// Makes a publisher the owner of a project that has none; `false` when it has one.
///
/// # Errors
///
/// What the database reports.
pub async fn claim(
    connection: &mut AnyConnection,
    project: &str,
    publisher: &str,
    now_us: i64,
) -> sqlx::Result<bool> {
    sqlx::query(
        "INSERT INTO project_owners (project, publisher, created_us) VALUES ($1, $2, $3) \
         ON CONFLICT (project) DO NOTHING",
    )
    .bind(project)
    .bind(publisher)
    .bind(now_us)
    .execute(connection)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Gives a project to another publisher. Roles that were given for it end with it, and so do
/// tokens for it, so that nobody keeps a right that the new owner never gave.
///
/// # Errors
///
/// What the database reports.
pub async fn transfer(
    connection: &mut AnyConnection,
    project: &str,
    publisher: &str,
    now_us: i64,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE project_owners SET publisher = $2, created_us = $3 WHERE project = $1")
        .bind(project)
        .bind(publisher)
        .bind(now_us)
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM project_members WHERE project = $1")
        .bind(project)
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM trusted_publishers WHERE project = $1")
        .bind(project)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "UPDATE tokens SET revoked_us = $2 WHERE revoked_us IS NULL AND source <> 'operator' \
         AND ',' || project || ',' LIKE '%,' || $1 || ',%'",
    )
    .bind(project)
    .bind(now_us)
    .execute(connection)
    .await
    .map(drop)
}

/// All ways in which an account has a part in a project.
///
/// # Errors
///
/// What the database reports.
pub async fn parts(
    connection: &mut AnyConnection,
    project: &str,
    user_id: &str,
) -> sqlx::Result<Vec<PartRow>> {
    sqlx::query_as(
        "SELECT 'user' AS through, 'owner' AS role FROM project_owners \
         JOIN users ON users.name = project_owners.publisher \
         WHERE project_owners.project = $1 AND users.id = $2 \
         UNION ALL \
         SELECT 'organisation' AS through, organisation_members.role FROM project_owners \
         JOIN organisation_members \
         ON organisation_members.organisation = project_owners.publisher \
         WHERE project_owners.project = $1 AND organisation_members.user_id = $2 \
         UNION ALL \
         SELECT 'project' AS through, role FROM project_members \
         WHERE project = $1 AND user_id = $2",
    )
    .bind(project)
    .bind(user_id)
    .fetch_all(connection)
    .await
}

/// Collaborators of a project, by name; without those that its owner brings along.
///
/// # Errors
///
/// What the database reports.
pub async fn collaborators(database: &AnyPool, project: &str) -> sqlx::Result<Vec<MemberRow>> {
    sqlx::query_as(
        "SELECT users.id AS user_id, users.name, project_members.role \
         FROM project_members JOIN users ON users.id = project_members.user_id \
         WHERE project_members.project = $1 ORDER BY users.name",
    )
    .bind(project)
    .fetch_all(database)
    .await
}

/// Gives somebody a role on a project.
///
/// # Errors
///
/// What the database reports.
pub async fn set_collaborator(
    database: &AnyPool,
    project: &str,
    user_id: &str,
    role: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO project_members (project, user_id, role) VALUES ($1, $2, $3) \
         ON CONFLICT (project, user_id) DO UPDATE SET role = excluded.role",
    )
    .bind(project)
    .bind(user_id)
    .bind(role)
    .execute(database)
    .await
    .map(drop)
}

/// Ends somebody's role on a project.
///
/// # Errors
///
/// What the database reports.
pub async fn remove_collaborator(
    database: &AnyPool,
    project: &str,
    user_id: &str,
) -> sqlx::Result<bool> {
    sqlx::query("DELETE FROM project_members WHERE project = $1 AND user_id = $2")
        .bind(project)
        .bind(user_id)
        .execute(database)
        .await
        .map(|done| done.rows_affected() == 1)
}

/// Projects that an account has a part in, by name.
///
/// # Errors
///
/// What the database reports.
pub async fn projects_of(database: &AnyPool, user_id: &str) -> sqlx::Result<Vec<OwnerRow>> {
    sqlx::query_as(
        "SELECT * FROM project_owners WHERE \
         publisher IN (SELECT name FROM users WHERE id = $1) \
         OR publisher IN (SELECT organisation FROM organisation_members \
         WHERE user_id = $1 AND role <> 'member') \
         OR project IN (SELECT project FROM project_members WHERE user_id = $1) \
         ORDER BY project",
    )
    .bind(user_id)
    .fetch_all(database)
    .await
}

/// Projects that a publisher owns, by name.
///
/// # Errors
///
/// What the database reports.
pub async fn projects_of_publisher(
    database: &AnyPool,
    publisher: &str,
) -> sqlx::Result<Vec<OwnerRow>> {
    sqlx::query_as("SELECT * FROM project_owners WHERE publisher = $1 ORDER BY project")
        .bind(publisher)
        .fetch_all(database)
        .await
}

/// Whether a project is there, published or owned.
///
/// # Errors
///
/// What the database reports.
pub async fn exists(connection: &mut AnyConnection, project: &str) -> sqlx::Result<bool> {
    let count: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM projects WHERE name = $1) \
         + (SELECT count(*) FROM project_owners WHERE project = $1)",
    )
    .bind(project)
    .fetch_one(connection)
    .await?;
    Ok(count > 0)
}
