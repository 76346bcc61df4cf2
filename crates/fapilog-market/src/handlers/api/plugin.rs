//! `GET /api/v1/plugins/{name}`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use fapilog_market_api::{
    CoreCompatibility, EntryPoint, FileInfo, Link, PluginInfo, Problem, VersionInfo,
};
use fapilog_package::name::ProjectName;

use crate::catalogue::compatibility::admits;
use crate::catalogue::live::cores;
use crate::clock;
use crate::error::MarketError;
use crate::handlers::api::{answer, problem::ApiError};
use crate::handlers::page::PathParts;
use crate::handlers::plugin::{first_party_extra, is_web};
use crate::market::Market;
use crate::publish::rank;
use crate::queries::catalogue::{self, DetailItemRow, DetailRow};
use crate::queries::files::{self, FileRow};
use crate::queries::projects::{self, ProjectRow};
use crate::queries::releases::kind;
use crate::queries::search;
use crate::search::cores::Cores;

/// Tells everything about a plugin.
///
/// # Errors
///
/// `not-found`, `internal`.
#[utoipa::path(
    get,
    path = "/api/v1/plugins/{name}",
    tag = "catalogue",
    params(("name" = String, Path, description = "Name of the distribution, in any spelling that PEP 503 takes for the same")),
    responses(
        (status = 200, description = "The plugin with all its versions", body = PluginInfo),
        (status = 404, description = "`not-found`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(
    State(market): State<Market>,
    given: Result<PathParts<String>, MarketError>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let PathParts(given) = given?;
    let name = ProjectName::parse(&given).map_err(|_| unknown(&given))?;
    let project = projects::find(&market.database, name.as_str()).await?;
    let project = project.ok_or_else(|| unknown(&given))?;
    let info = info(&market, &name, project).await?;
    answer(&headers, &info)
}

fn unknown(given: &str) -> MarketError {
    let shown = fapilog_package::name::shorten(given);
    MarketError::new(
        axum::http::StatusCode::NOT_FOUND,
        "not-found",
        format!("there is no plugin `{shown}` here"),
        "look for it with `/api/v1/search?q=`",
    )
}

async fn info(
    market: &Market,
    name: &ProjectName,
    project: ProjectRow,
) -> Result<PluginInfo, MarketError> {
    let database = &market.database;
    let known = search::named(database, &[name.to_string()]).await?;
    let known = known.into_iter().next().unwrap_or_default();
    let mut releases = catalogue::details(database, name.as_str()).await?;
    releases.sort_by_cached_key(|release| std::cmp::Reverse(rank(&release.version).1));
    let items = catalogue::detail_items(database, name.as_str()).await?;
    let files = files::of_project(database, name.as_str()).await?;
    let cores = cores(database).await?;
    let version = |row: DetailRow| version(market, &project, row, &items, &files, &cores);
    Ok(PluginInfo {
        extra: first_party_extra(market, name).await?,
        page: format!("{}/plugins/{name}/", market.public_url),
        kinds: known.kinds.split_whitespace().map(str::to_owned).collect(),
        publisher: None,
        downloads_30d: u64::try_from(known.downloads).unwrap_or(0),
        rating: (known.ratings > 0).then_some(known.rating_milli as f64 / 1000.0),
        ratings: u64::try_from(known.ratings).unwrap_or(0),
        status: "active".to_owned(),
        status_reason: None,
        advisories: Vec::new(),
        versions: releases.into_iter().map(version).collect(),
        name: name.to_string(),
        is_plugin: project.is_plugin == 1,
        summary: project.summary.clone(),
        latest_version: project.latest_version.clone(),
    })
}

fn version(
    market: &Market,
    project: &ProjectRow,
    row: DetailRow,
    items: &[DetailItemRow],
    files: &[FileRow],
    cores: &Cores,
) -> VersionInfo {
    let own = |wanted: &'static str| {
        let of = items.iter().filter(|item| item.version == row.version);
        of.filter(move |item| item.kind == wanted)
    };
    let range = row.core_range.clone();
    let compatible = |(_, core): (&str, &fapilog_package::Version)| CoreCompatibility {
        core: core.to_string(),
        compatible: range.as_ref().is_some_and(|range| admits(range, core)),
    };
    let compatibility = match project.is_plugin {
        1 => cores.newest().map(compatible).collect(),
        _ => Vec::new(),
    };
    let entry_point = |item: &DetailItemRow| EntryPoint {
        name: item.label.clone(),
        object: item.value.clone(),
    };
    let link = |item: &DetailItemRow| Link {
        label: item.label.clone(),
        address: item.value.clone(),
    };
    VersionInfo {
        published: clock::rfc3339(row.created_us),
        requirement: format!("{}=={}", project.name, row.version),
        requires_dist: own(kind::REQUIREMENT)
            .map(|item| item.value.clone())
            .collect(),
        entry_points: own(kind::ENTRY_POINT).map(entry_point).collect(),
        links: own(kind::LINK)
            .filter(|item| is_web(&item.value))
            .map(link)
            .collect(),
        compatibility,
        yanked: None,
        scan: None,
        files: files
            .iter()
            .filter(|file| file.version == row.version)
            .map(|file| file_info(market, file))
            .collect(),
        license: row.license,
        core_range: row.core_range,
        requires_python: row.requires_python,
        version: row.version,
    }
}

fn file_info(market: &Market, file: &FileRow) -> FileInfo {
    FileInfo {
        url: format!("{}/files/{}", market.public_url, file.location().path()),
        filename: file.filename.clone(),
        sha256: file.sha256.clone(),
        size_bytes: u64::try_from(file.size_bytes).unwrap_or(0),
        filetype: file.filetype.clone(),
        published: clock::rfc3339(file.uploaded_us),
    }
}
