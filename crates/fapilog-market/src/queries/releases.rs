//! Releases and what they say in lists.

use sqlx::{AnyConnection, AnyPool, FromRow};

use crate::intake::inspection::Changes;

/// A release.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ReleaseRow {
    /// Normalised project name.
    pub project: String,
    /// Version in PEP 440's normal form.
    pub version: String,
    /// One line.
    pub summary: String,
    /// As written.
    pub keywords: String,
    /// SPDX expression or the old licence text.
    pub license: Option<String>,
    /// As written.
    pub author: Option<String>,
    /// Specifiers.
    pub requires_python: Option<String>,
    /// Specifiers for the core.
    pub core_range: Option<String>,
    /// As written.
    pub description: String,
    /// Content type of the description.
    pub description_type: Option<String>,
    /// When its first file was uploaded.
    pub created_us: i64,
}

impl ReleaseRow {
    /// What lists show of it.
    #[must_use]
    pub fn head(&self) -> ReleaseHead {
        ReleaseHead {
            version: self.version.clone(),
            summary: self.summary.clone(),
            keywords: self.keywords.clone(),
            core_range: self.core_range.clone(),
        }
    }
}

/// What lists show of a release; without its description, which can have megabytes.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ReleaseHead {
    /// Version in PEP 440's normal form.
    pub version: String,
    /// One line.
    pub summary: String,
    /// As written.
    pub keywords: String,
    /// Specifiers for the core.
    pub core_range: Option<String>,
}

/// The kinds of [`ItemRow`], as the table's check knows them.
pub mod kind {
    /// A `Requires-Dist` line, in `value`.
    pub const REQUIREMENT: &str = "requirement";
    /// An extra's name, in `value`.
    pub const EXTRA: &str = "extra";
    /// A link: `label` and address.
    pub const LINK: &str = "link";
    /// An entry point of `fapilog.plugins`: name in `label`, object in `value`.
    pub const ENTRY_POINT: &str = "entry_point";
}

/// One item of a list that belongs to a release.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ItemRow {
    /// Which list; see [`kind`].
    pub kind: String,
    /// Its name, or empty.
    pub label: String,
    /// Its value.
    pub value: String,
}

impl ItemRow {
    /// An item of one of the lists in [`kind`].
    #[must_use]
    pub fn new(kind: &str, label: &str, value: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            label: label.to_owned(),
            value: value.to_owned(),
        }
    }
}

/// Sets what the changelog says of a release.
///
/// # Errors
///
/// What the database reports.
pub async fn set_changes(
    connection: &mut AnyConnection,
    project: &str,
    version: &str,
    changes: &Changes,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE releases SET changes = $3, changes_are_markdown = $4 \
         WHERE project = $1 AND version = $2",
    )
    .bind(project)
    .bind(version)
    .bind(&changes.text)
    .bind(i64::from(changes.is_markdown))
    .execute(connection)
    .await
    .map(drop)
}

/// What the changelog says of a release.
///
/// # Errors
///
/// What the database reports.
pub async fn changes(
    database: &AnyPool,
    project: &str,
    version: &str,
) -> sqlx::Result<Option<Changes>> {
    let found: Option<(String, i64)> = sqlx::query_as(
        "SELECT changes, changes_are_markdown FROM releases \
         WHERE project = $1 AND version = $2 AND changes IS NOT NULL",
    )
    .bind(project)
    .bind(version)
    .fetch_optional(database)
    .await?;
    Ok(found.map(|(text, is_markdown)| Changes {
        text,
        is_markdown: is_markdown == 1,
    }))
}

/// Creates a release or replaces what it says.
///
/// # Errors
///
/// What the database reports.
pub async fn upsert(
    connection: &mut AnyConnection,
    row: &ReleaseRow,
    items: &[ItemRow],
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO releases (project, version, summary, keywords, license, author, \
         requires_python, core_range, description, description_type, created_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (project, version) DO UPDATE SET summary = excluded.summary, \
         keywords = excluded.keywords, license = excluded.license, author = excluded.author, \
         requires_python = excluded.requires_python, core_range = excluded.core_range, \
         description = excluded.description, description_type = excluded.description_type",
    )
    .bind(&row.project)
    .bind(&row.version)
    .bind(&row.summary)
    .bind(&row.keywords)
    .bind(&row.license)
    .bind(&row.author)
    .bind(&row.requires_python)
    .bind(&row.core_range)
    .bind(&row.description)
    .bind(&row.description_type)
    .bind(row.created_us)
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM release_items WHERE project = $1 AND version = $2")
        .bind(&row.project)
        .bind(&row.version)
        .execute(&mut *connection)
        .await?;
    for (position, item) in (0_i64..).zip(items) {
        insert_item(connection, row, position, item).await?;
    }
    Ok(())
}

async fn insert_item(
    connection: &mut AnyConnection,
    row: &ReleaseRow,
    position: i64,
    item: &ItemRow,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO release_items (project, version, kind, position, label, value) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&row.project)
    .bind(&row.version)
    .bind(&item.kind)
    .bind(position)
    .bind(&item.label)
    .bind(&item.value)
    .execute(connection)
    .await
    .map(drop)
}

/// Finds a release.
///
/// # Errors
///
/// What the database reports.
pub async fn find(
    database: &AnyPool,
    project: &str,
    version: &str,
) -> sqlx::Result<Option<ReleaseRow>> {
    sqlx::query_as("SELECT * FROM releases WHERE project = $1 AND version = $2")
        .bind(project)
        .bind(version)
        .fetch_optional(database)
        .await
}

/// Versions of all releases of a project, in no order that means anything.
///
/// # Errors
///
/// What the database reports.
pub async fn versions(database: &AnyPool, project: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT version FROM releases WHERE project = $1")
        .bind(project)
        .fetch_all(database)
        .await
}

/// All releases of a project, in no order that means anything (versions sort by PEP 440).
///
/// # Errors
///
/// What the database reports.
pub async fn heads(
    connection: &mut AnyConnection,
    project: &str,
) -> sqlx::Result<Vec<ReleaseHead>> {
    sqlx::query_as("SELECT version, summary, keywords, core_range FROM releases WHERE project = $1")
        .bind(project)
        .fetch_all(connection)
        .await
}

/// The lists of a release, in their order.
///
/// # Errors
///
/// What the database reports.
pub async fn items(database: &AnyPool, project: &str, version: &str) -> sqlx::Result<Vec<ItemRow>> {
    sqlx::query_as(
        "SELECT kind, label, value FROM release_items \
         WHERE project = $1 AND version = $2 ORDER BY kind, position",
    )
    .bind(project)
    .bind(version)
    .fetch_all(database)
    .await
}
