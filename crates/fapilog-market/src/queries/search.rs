//! What the catalogue is searched by, and the clock that tells servers what changed.

use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, FromRow};

use crate::queries::releases::ItemRow;
use crate::search::Document;

/// A plugin as it is searched and listed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Default)]
pub struct DocumentRow {
    /// Normalised name.
    pub name: String,
    /// Latest version.
    pub version: String,
    /// One line.
    pub summary: String,
    /// Keywords and names of entry points.
    pub keywords: String,
    /// Beginning of the description.
    pub text: String,
    /// SPDX expression or the old licence text.
    pub license: Option<String>,
    /// Kinds, separated by spaces.
    pub kinds: String,
    /// Specifiers for the core.
    pub core_range: Option<String>,
    /// Specifiers for Python.
    pub requires_python: Option<String>,
    /// Capabilities, separated by spaces.
    pub capabilities: String,
    /// Level of the publisher, or empty.
    pub publisher_level: String,
    /// Downloads by people in the last 30 days.
    pub downloads: i64,
    /// Bayesian mean of the ratings in thousandths.
    pub rating_milli: i64,
    /// Ratings that count.
    pub ratings: i64,
    /// 0 to 100.
    pub health: i64,
    /// When the newest file was published.
    pub updated_us: i64,
    /// Project status (PEP 792).
    pub status: String,
    /// 1 when the plugin left the catalogue.
    pub is_gone: i64,
}

impl DocumentRow {
    /// The row as the index takes it.
    #[must_use]
    pub fn into_document(self) -> Document {
        Document {
            name: self.name,
            summary: self.summary,
            keywords: self.keywords,
            text: self.text,
            license: self.license,
            kinds: self.kinds,
            core_range: self.core_range,
            requires_python: self.requires_python,
            capabilities: self.capabilities,
            publisher_level: self.publisher_level,
            downloads: self.downloads,
            rating: self.rating_milli as f64 / 1000.0,
            ratings: self.ratings,
            health: self.health,
            updated_us: self.updated_us,
        }
    }
}

const COLUMNS: &str = "name, version, summary, keywords, text, license, kinds, core_range, \
     requires_python, capabilities, publisher_level, downloads, rating_milli, ratings, health, \
     updated_us, status, is_gone";

/// The state of the clock.
///
/// # Errors
///
/// What the database reports.
pub async fn clock(database: &AnyPool) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT value FROM search_clock WHERE id = 1")
        .fetch_one(database)
        .await
}

/// Raises the clock; the transaction's changes bear the new state.
///
/// # Errors
///
/// What the database reports.
pub async fn tick(connection: &mut AnyConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar("UPDATE search_clock SET value = value + 1 WHERE id = 1 RETURNING value")
        .fetch_one(connection)
        .await
}

/// Writes a plugin's row, within the transaction that raised the clock.
///
/// # Errors
///
/// What the database reports.
pub async fn put(
    connection: &mut AnyConnection,
    row: &DocumentRow,
    changed: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO search_documents (name, version, summary, keywords, text, license, kinds, \
         core_range, requires_python, capabilities, publisher_level, downloads, rating_milli, \
         ratings, health, updated_us, status, is_gone, changed) VALUES ($1, $2, $3, $4, $5, $6, \
         $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) ON CONFLICT (name) DO UPDATE SET \
         version = excluded.version, summary = excluded.summary, keywords = excluded.keywords, \
         text = excluded.text, license = excluded.license, kinds = excluded.kinds, \
         core_range = excluded.core_range, requires_python = excluded.requires_python, \
         capabilities = excluded.capabilities, publisher_level = excluded.publisher_level, \
         downloads = excluded.downloads, rating_milli = excluded.rating_milli, \
         ratings = excluded.ratings, health = excluded.health, updated_us = excluded.updated_us, \
         status = excluded.status, is_gone = excluded.is_gone, changed = excluded.changed",
    )
    .bind(&row.name)
    .bind(&row.version)
    .bind(&row.summary)
    .bind(&row.keywords)
    .bind(&row.text)
    .bind(&row.license)
    .bind(&row.kinds)
    .bind(&row.core_range)
    .bind(&row.requires_python)
    .bind(&row.capabilities)
    .bind(&row.publisher_level)
    .bind(row.downloads)
    .bind(row.rating_milli)
    .bind(row.ratings)
    .bind(row.health)
    .bind(row.updated_us)
    .bind(&row.status)
    .bind(row.is_gone)
    .bind(changed)
    .execute(connection)
    .await
    .map(drop)
}

/// Takes a plugin out of the catalogue, within the transaction that raised the clock.
///
/// # Errors
///
/// What the database reports.
pub async fn remove(connection: &mut AnyConnection, name: &str, changed: i64) -> sqlx::Result<()> {
    sqlx::query("UPDATE search_documents SET is_gone = 1, changed = $2 WHERE name = $1")
        .bind(name)
        .bind(changed)
        .execute(connection)
        .await
        .map(drop)
}

/// All plugins.
///
/// # Errors
///
/// What the database reports.
pub async fn all(database: &AnyPool) -> sqlx::Result<Vec<DocumentRow>> {
    let sql = format!("SELECT {COLUMNS} FROM search_documents WHERE is_gone = 0");
    sqlx::query_as(AssertSqlSafe(sql)).fetch_all(database).await
}

/// What changed after a state of the clock, plugins that left among it.
///
/// # Errors
///
/// What the database reports.
pub async fn changed_after(database: &AnyPool, clock: i64) -> sqlx::Result<Vec<DocumentRow>> {
    let sql = format!("SELECT {COLUMNS} FROM search_documents WHERE changed > $1");
    sqlx::query_as(AssertSqlSafe(sql))
        .bind(clock)
        .fetch_all(database)
        .await
}

/// The plugins of these names, in no order; those that left are missing.
///
/// # Errors
///
/// What the database reports.
pub async fn named(database: &AnyPool, names: &[String]) -> sqlx::Result<Vec<DocumentRow>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (1..=names.len()).map(|at| format!("${at}")).collect();
    let places = places.join(", ");
    let sql =
        format!("SELECT {COLUMNS} FROM search_documents WHERE is_gone = 0 AND name IN ({places})");
    let mut query = sqlx::query_as(AssertSqlSafe(sql));
    for name in names {
        query = query.bind(name);
    }
    query.fetch_all(database).await
}

/// The latest release of a project, as far as search needs it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Default)]
pub struct SourceRow {
    /// Normalised name.
    pub name: String,
    /// 1 for a plugin of fapilog.
    pub is_plugin: i64,
    /// The release.
    pub latest_version: String,
    /// When the newest file was published.
    pub updated_us: i64,
    /// Project status (PEP 792).
    pub status: String,
    /// One line.
    pub summary: String,
    /// As written.
    pub keywords: String,
    /// SPDX expression or the old licence text.
    pub license: Option<String>,
    /// Specifiers for the core.
    pub core_range: Option<String>,
    /// Specifiers for Python.
    pub requires_python: Option<String>,
    /// As written.
    pub description: String,
    /// How many wheels the release has.
    pub wheels: i64,
    /// 1 when its owner is a verified publisher.
    pub is_verified: i64,
}

/// The latest release of a project.
///
/// # Errors
///
/// What the database reports.
pub async fn source(
    connection: &mut AnyConnection,
    project: &str,
) -> sqlx::Result<Option<SourceRow>> {
    sqlx::query_as(
        "SELECT p.name, p.is_plugin, p.latest_version, p.updated_us, p.status, r.summary, r.keywords, \
         r.license, r.core_range, r.requires_python, r.description, \
         (SELECT count(*) FROM files f WHERE f.project = p.name \
          AND f.version = p.latest_version AND f.filetype = 'bdist_wheel') AS wheels, \
         (SELECT count(*) FROM project_owners o JOIN publishers u ON u.name = o.publisher \
          WHERE o.project = p.name AND u.verified_us IS NOT NULL AND u.deleted_us IS NULL) \
         AS is_verified \
         FROM projects p JOIN releases r ON r.project = p.name AND r.version = p.latest_version \
         WHERE p.name = $1",
    )
    .bind(project)
    .fetch_optional(connection)
    .await
}

/// The lists of a release.
///
/// # Errors
///
/// What the database reports.
pub async fn source_items(
    connection: &mut AnyConnection,
    project: &str,
    version: &str,
) -> sqlx::Result<Vec<ItemRow>> {
    sqlx::query_as(
        "SELECT kind, label, value FROM release_items \
         WHERE project = $1 AND version = $2 ORDER BY kind, position",
    )
    .bind(project)
    .bind(version)
    .fetch_all(connection)
    .await
}

/// Plugins whose downloads are not zero.
///
/// # Errors
///
/// What the database reports.
pub async fn downloaded(database: &AnyPool) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT name FROM search_documents WHERE downloads > 0")
        .fetch_all(database)
        .await
}

/// Sets the downloads of a plugin, within the transaction that raised the clock.
///
/// # Errors
///
/// What the database reports.
pub async fn set_downloads(
    connection: &mut AnyConnection,
    name: &str,
    downloads: i64,
    changed: i64,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE search_documents SET downloads = $2, changed = $3 WHERE name = $1")
        .bind(name)
        .bind(downloads)
        .bind(changed)
        .execute(connection)
        .await
        .map(drop)
}
