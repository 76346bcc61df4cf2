//! Bringing a project's row and page up to date with its files, within the transaction that changes
//! them.

use std::collections::HashMap;

use sqlx::AnyConnection;

use crate::catalogue::entry::project_changed;
use crate::clock;
use crate::error::MarketError;
use crate::index::emitter::{EMITTER, IndexFile, IndexProject, ProjectStatus};
use crate::market::Market;
use crate::publish::rank;
use crate::queries::files::{self, FileRow};
use crate::queries::pages::{self, PageRow};
use crate::queries::projects::{self, ProjectRow};
use crate::queries::releases::{self, ReleaseHead};
use crate::queries::settings;
use crate::random;

/// Writes anew what lists and index tell of a project. The project's row must have been locked by
/// this transaction before it changed the files, so that of two changes at the same time the second
/// one sees the first.
///
/// # Errors
///
/// `internal`.
pub async fn refresh(connection: &mut AnyConnection, project: &str) -> Result<(), MarketError> {
    let Some(before) = projects::find(&mut *connection, project).await? else {
        return Ok(());
    };
    let status = ProjectStatus::parse(&before.status);
    let withheld = status == ProjectStatus::Quarantined;
    let mut rows = files::listed(&mut *connection, project).await?;
    if withheld {
        rows.clear();
    }
    let heads = releases::heads(&mut *connection, project).await?;
    let after = summarise(&before, &heads, &rows);
    if after.listed != before.listed {
        settings::set(&mut *connection, settings::PROJECT_LIST, &random::id()?).await?;
    }
    projects::update(&mut *connection, &after).await?;
    project_changed(&mut *connection, project).await?;
    if rows.is_empty() && !withheld {
        return Ok(pages::delete(connection, project).await?);
    }
    let page = IndexProject {
        name: project.to_owned(),
        status,
        status_reason: before.status_reason,
        versions: versions_of(&rows),
        files: rows.into_iter().map(IndexFile::from).collect(),
    };
    let rendered = page.render()?;
    let row = PageRow {
        key: rendered.key,
        json: rendered.json,
        html: rendered.html,
    };
    Ok(pages::upsert(connection, project, EMITTER, &row).await?)
}

/// Writes a project's page anew, as after an update of this program.
///
/// # Errors
///
/// `internal`.
pub async fn reindex(market: &Market, project: &str) -> Result<(), MarketError> {
    let mut transaction = market.database.begin().await?;
    projects::lock(&mut transaction, project).await?;
    refresh(&mut transaction, project).await?;
    Ok(transaction.commit().await?)
}

/// All versions that have a file, in the order of PEP 440.
fn versions_of(rows: &[FileRow]) -> Vec<String> {
    let mut versions: Vec<String> = rows.iter().map(|row| row.version.clone()).collect();
    versions.sort_unstable();
    versions.dedup();
    versions.sort_by_cached_key(|version| rank(version).1);
    versions
}

/// What lists show: that of the latest release which isn't yanked, if one isn't.
fn summarise(before: &ProjectRow, heads: &[ReleaseHead], rows: &[FileRow]) -> ProjectRow {
    // By version: whether a file is there that isn't yanked.
    let mut good: HashMap<&str, bool> = HashMap::new();
    for row in rows {
        *good.entry(&row.version).or_default() |= row.yanked_reason.is_none();
    }
    let listed = heads
        .iter()
        .filter_map(|head| Some((*good.get(head.version.as_str())?, head)));
    let latest = listed.max_by_key(|(good, head)| (*good, rank(&head.version)));
    let Some((_, latest)) = latest else {
        // What has no file that can be had is in no list of plugins either.
        return ProjectRow {
            listed: 0,
            is_plugin: 0,
            ..before.clone()
        };
    };
    let named = fapilog_package::name::ProjectName::parse(&before.name)
        .is_ok_and(|name| name.is_plugin_distribution());
    let newest_us = rows.iter().map(|row| row.uploaded_us).max();
    ProjectRow {
        summary: latest.summary.clone(),
        keywords: latest.keywords.clone(),
        latest_version: latest.version.clone(),
        is_plugin: i64::from(named && latest.core_range.is_some()),
        listed: 1,
        updated_us: newest_us.unwrap_or_else(clock::now_us),
        ..before.clone()
    }
}
