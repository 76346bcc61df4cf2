//! Publishers: users and organisations as owners of projects, and the names they may begin.

use sqlx::{Any, AnyConnection, AnyPool, Executor, FromRow};

/// A publisher.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct PublisherRow {
    /// Name, never given to another.
    pub name: String,
    /// `user` or `organisation`.
    pub kind: String,
    /// As they call themselves.
    pub display_name: String,
    /// Their address on the web, or empty.
    pub website: String,
    /// When a moderator verified who they are.
    pub verified_us: Option<i64>,
    /// What the moderator looked at.
    pub verified_by: String,
    /// When it was made.
    pub created_us: i64,
    /// When it was deleted.
    pub deleted_us: Option<i64>,
}

/// Somebody with a role.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct MemberRow {
    /// Their account.
    pub user_id: String,
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: String,
}

/// A prefix that is kept for somebody.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct PrefixRow {
    /// Normalised beginning of names.
    pub prefix: String,
    /// For whom; nobody but the operator when absent.
    pub publisher: Option<String>,
    /// Why.
    pub note: String,
    /// Since when.
    pub created_us: i64,
}

/// Finds a publisher by name.
///
/// # Errors
///
/// What the database reports.
pub async fn find(database: &AnyPool, name: &str) -> sqlx::Result<Option<PublisherRow>> {
    sqlx::query_as("SELECT * FROM publishers WHERE name = $1 AND deleted_us IS NULL")
        .bind(name)
        .fetch_optional(database)
        .await
}

/// Who publishes a project.
///
/// # Errors
///
/// What the database reports.
pub async fn of_project(database: &AnyPool, project: &str) -> sqlx::Result<Option<PublisherRow>> {
    sqlx::query_as(
        "SELECT publishers.* FROM publishers \
         JOIN project_owners ON project_owners.publisher = publishers.name \
         WHERE project_owners.project = $1 AND publishers.deleted_us IS NULL",
    )
    .bind(project)
    .fetch_optional(database)
    .await
}

/// Names of the projects that a publisher has in the index.
///
/// # Errors
///
/// What the database reports.
pub async fn published_by<'c>(
    database: impl Executor<'c, Database = Any>,
    publisher: &str,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT projects.name FROM projects \
         JOIN project_owners ON project_owners.project = projects.name \
         WHERE project_owners.publisher = $1 AND projects.listed = 1 ORDER BY projects.name",
    )
    .bind(publisher)
    .fetch_all(database)
    .await
}

/// Publishers after a name, in order.
///
/// # Errors
///
/// What the database reports.
pub async fn after(database: &AnyPool, name: &str, limit: i64) -> sqlx::Result<Vec<PublisherRow>> {
    sqlx::query_as(
        "SELECT * FROM publishers WHERE deleted_us IS NULL AND name > $1 ORDER BY name LIMIT $2",
    )
    .bind(name)
    .bind(limit)
    .fetch_all(database)
    .await
}

/// Makes an organisation with its first owner.
///
/// # Errors
///
/// What the database reports, a name that is taken among it.
pub async fn insert_organisation(
    connection: &mut AnyConnection,
    name: &str,
    owner: &str,
    now_us: i64,
) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO publishers (name, kind, created_us) VALUES ($1, 'organisation', $2)")
        .bind(name)
        .bind(now_us)
        .execute(&mut *connection)
        .await?;
    set_member(connection, name, owner, "owner").await
}

/// Says how a publisher calls itself; whether that is new.
///
/// # Errors
///
/// What the database reports.
pub async fn describe(
    connection: &mut AnyConnection,
    name: &str,
    display_name: &str,
    website: &str,
) -> sqlx::Result<bool> {
    // Who calls itself by another name has to be looked at again.
    sqlx::query(
        "UPDATE publishers SET display_name = $2, website = $3, verified_us = NULL, \
         verified_by = '' WHERE name = $1 AND (display_name <> $2 OR website <> $3)",
    )
    .bind(name)
    .bind(display_name)
    .bind(website)
    .execute(connection)
    .await
    .map(|done| done.rows_affected() > 0)
}

/// Verifies a publisher, or withdraws it.
///
/// # Errors
///
/// What the database reports.
pub async fn verify(
    connection: &mut AnyConnection,
    name: &str,
    verified_us: Option<i64>,
    verified_by: &str,
) -> sqlx::Result<bool> {
    sqlx::query(
        "UPDATE publishers SET verified_us = $2, verified_by = $3 \
         WHERE name = $1 AND deleted_us IS NULL",
    )
    .bind(name)
    .bind(verified_us)
    .bind(verified_by)
    .execute(connection)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Members of an organisation, by name.
///
/// # Errors
///
/// What the database reports.
pub async fn members(
    connection: &mut AnyConnection,
    organisation: &str,
) -> sqlx::Result<Vec<MemberRow>> {
    sqlx::query_as(
        "SELECT users.id AS user_id, users.name, organisation_members.role \
         FROM organisation_members JOIN users ON users.id = organisation_members.user_id \
         WHERE organisation_members.organisation = $1 ORDER BY users.name",
    )
    .bind(organisation)
    .fetch_all(connection)
    .await
}

/// Organisations of an account, with its role in each: `name` is the organisation's.
///
/// # Errors
///
/// What the database reports.
pub async fn organisations_of(database: &AnyPool, user_id: &str) -> sqlx::Result<Vec<MemberRow>> {
    sqlx::query_as(
        "SELECT user_id, organisation AS name, role FROM organisation_members \
         WHERE user_id = $1 ORDER BY organisation",
    )
    .bind(user_id)
    .fetch_all(database)
    .await
}

/// The role of an account in an organisation.
///
/// # Errors
///
/// What the database reports.
pub async fn member_role(
    database: &AnyPool,
    organisation: &str,
    user_id: &str,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(
        "SELECT role FROM organisation_members WHERE organisation = $1 AND user_id = $2",
    )
    .bind(organisation)
    .bind(user_id)
    .fetch_optional(database)
    .await
}

/// Gives somebody a role in an organisation.
///
/// # Errors
///
/// What the database reports.
pub async fn set_member(
    connection: &mut AnyConnection,
    organisation: &str,
    user_id: &str,
    role: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO organisation_members (organisation, user_id, role) VALUES ($1, $2, $3) \
         ON CONFLICT (organisation, user_id) DO UPDATE SET role = excluded.role",
    )
    .bind(organisation)
    .bind(user_id)
    .bind(role)
    .execute(connection)
    .await
    .map(drop)
}

/// Takes somebody out of an organisation.
///
/// # Errors
///
/// What the database reports.
pub async fn remove_member(
    connection: &mut AnyConnection,
    organisation: &str,
    user_id: &str,
) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM organisation_members WHERE organisation = $1 AND user_id = $2")
        .bind(organisation)
        .bind(user_id)
        .execute(connection)
        .await
        .map(drop)
}

/// All reserved prefixes, in order.
///
/// # Errors
///
/// What the database reports.
pub async fn prefixes(database: &AnyPool) -> sqlx::Result<Vec<PrefixRow>> {
    sqlx::query_as("SELECT * FROM reserved_prefixes ORDER BY prefix")
        .fetch_all(database)
        .await
}

/// The longest reserved prefix of a name: it itself, or what it begins with before a hyphen.
///
/// # Errors
///
/// What the database reports.
pub async fn prefix_of(
    connection: &mut AnyConnection,
    project: &str,
) -> sqlx::Result<Option<PrefixRow>> {
    sqlx::query_as(
        "SELECT * FROM reserved_prefixes \
         WHERE $1 = prefix OR substr($1, 1, length(prefix) + 1) = prefix || '-' \
         ORDER BY length(prefix) DESC LIMIT 1",
    )
    .bind(project)
    .fetch_optional(connection)
    .await
}

/// Reserves a prefix.
///
/// # Errors
///
/// What the database reports.
pub async fn reserve(database: &AnyPool, row: &PrefixRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO reserved_prefixes (prefix, publisher, note, created_us) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (prefix) \
         DO UPDATE SET publisher = excluded.publisher, note = excluded.note",
    )
    .bind(&row.prefix)
    .bind(&row.publisher)
    .bind(&row.note)
    .bind(row.created_us)
    .execute(database)
    .await
    .map(drop)
}

/// Gives a prefix free.
///
/// # Errors
///
/// What the database reports.
pub async fn release(database: &AnyPool, prefix: &str) -> sqlx::Result<bool> {
    sqlx::query("DELETE FROM reserved_prefixes WHERE prefix = $1")
        .bind(prefix)
        .execute(database)
        .await
        .map(|done| done.rows_affected() == 1)
}

/// How an account may publish in a publisher's name: `user` when the name is its own, else its role
/// in the organisation.
///
/// # Errors
///
/// What the database reports.
pub async fn publishing_role(
    connection: &mut AnyConnection,
    publisher: &str,
    user_id: &str,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(
        "SELECT 'user' AS role FROM users WHERE name = $1 AND id = $2 \
         UNION ALL SELECT role FROM organisation_members \
         WHERE organisation = $1 AND user_id = $2",
    )
    .bind(publisher)
    .bind(user_id)
    .fetch_optional(connection)
    .await
}
