//! Trusted publishers, and the statements they have used.

use sqlx::{AnyPool, FromRow};

/// A trusted publisher of a project.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct TrustedRow {
    /// Random id.
    pub id: String,
    /// Normalised project name.
    pub project: String,
    /// Address of the issuer.
    pub issuer: String,
    /// What a statement must claim, as a JSON object.
    pub claims: String,
    /// When it was added.
    pub created_us: i64,
    /// Who added it.
    pub created_by: String,
}

/// Adds a trusted publisher.
///
/// # Errors
///
/// What the database reports.
pub async fn insert(database: &AnyPool, row: &TrustedRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO trusted_publishers (id, project, issuer, claims, created_us, created_by) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&row.id)
    .bind(&row.project)
    .bind(&row.issuer)
    .bind(&row.claims)
    .bind(row.created_us)
    .bind(&row.created_by)
    .execute(database)
    .await
    .map(drop)
}

/// The trusted publishers of a project, oldest first.
///
/// # Errors
///
/// What the database reports.
pub async fn of_project(database: &AnyPool, project: &str) -> sqlx::Result<Vec<TrustedRow>> {
    sqlx::query_as("SELECT * FROM trusted_publishers WHERE project = $1 ORDER BY created_us, id")
        .bind(project)
        .fetch_all(database)
        .await
}

/// All trusted publishers that speak through an issuer.
///
/// # Errors
///
/// What the database reports.
pub async fn by_issuer(database: &AnyPool, issuer: &str) -> sqlx::Result<Vec<TrustedRow>> {
    sqlx::query_as("SELECT * FROM trusted_publishers WHERE issuer = $1 ORDER BY project, id")
        .bind(issuer)
        .fetch_all(database)
        .await
}

/// Removes a trusted publisher of a project, and ends the tokens that are left of it.
///
/// # Errors
///
/// What the database reports.
pub async fn remove(
    database: &AnyPool,
    project: &str,
    id: &str,
    now_us: i64,
) -> sqlx::Result<bool> {
    let removed = sqlx::query("DELETE FROM trusted_publishers WHERE project = $1 AND id = $2")
        .bind(project)
        .bind(id)
        .execute(database)
        .await?;
    sqlx::query(
        "UPDATE tokens SET revoked_us = $2 WHERE source = 'trusted-publisher' \
         AND revoked_us IS NULL AND ',' || project || ',' LIKE '%,' || $1 || ',%'",
    )
    .bind(project)
    .bind(now_us)
    .execute(database)
    .await?;
    Ok(removed.rows_affected() == 1)
}

/// Uses up a statement; `false` when it was used before, even a moment ago by another replica.
///
/// # Errors
///
/// What the database reports.
pub async fn use_statement(
    database: &AnyPool,
    issuer: &str,
    id: &str,
    expires_us: i64,
    now_us: i64,
) -> sqlx::Result<bool> {
    sqlx::query("DELETE FROM used_statements WHERE expires_us < $1")
        .bind(now_us)
        .execute(database)
        .await?;
    sqlx::query(
        "INSERT INTO used_statements (issuer, id, expires_us) VALUES ($1, $2, $3) \
         ON CONFLICT (issuer, id) DO NOTHING",
    )
    .bind(issuer)
    .bind(id)
    .bind(expires_us)
    .execute(database)
    .await
    .map(|done| done.rows_affected() == 1)
}
