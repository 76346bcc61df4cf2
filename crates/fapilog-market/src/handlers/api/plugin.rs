//! `GET /api/v1/plugins/{name}`.

use std::str::FromStr as _;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use fapilog_market_api::{
    Advisory, CoreCompatibility, EntryPoint, FileInfo, Link, PluginConfiguration, PluginInfo,
    PluginOption, Problem, VersionInfo, Yank,
};
use fapilog_package::Version;
use fapilog_package::name::ProjectName;
use fapilog_scan::report::{Configuration, ConfigurationOption};

use crate::catalogue::compatibility::admits;
use crate::catalogue::configuration;
use crate::catalogue::judgement::Judgement;
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
use crate::queries::publishers;
use crate::queries::releases::kind;
use crate::queries::scans::{self, ScanRow};
use crate::queries::search;
use crate::search::cores::Cores;

/// Most advisories of one project.
const MOST_ADVISORIES: usize = 100;

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
    let project = projects::find(&*market.database, name.as_str()).await?;
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
    // What was taken out of the index is not offered here either.
    releases.retain(|release| files.iter().any(|file| file.version == release.version));
    let facts = Facts {
        scans: scans::of_project(database, name.as_str()).await?,
        cores: cores(database).await?,
        items,
        files,
    };
    let mut versions: Vec<VersionInfo> = releases
        .into_iter()
        .map(|row| version(market, &project, row, &facts))
        .collect();
    add_scans(&mut versions, &facts);
    let advisories = advisories(market, name, &versions);
    let publisher = publishers::of_project(database, name.as_str()).await?;
    let latest = project.latest_version.as_str();
    Ok(PluginInfo {
        extra: first_party_extra(market, name).await?,
        page: format!("{}/plugins/{name}/", market.public_url),
        kinds: known.kinds.split_whitespace().map(str::to_owned).collect(),
        publisher: publisher.map(|publisher| publisher.name),
        configuration: configuration::of_version(market, name.as_str(), latest)
            .await?
            .into_iter()
            .map(told)
            .collect(),
        downloads_30d: u64::try_from(known.downloads).unwrap_or(0),
        rating: (known.ratings > 0).then_some(known.rating_milli as f64 / 1000.0),
        ratings: u64::try_from(known.ratings).unwrap_or(0),
        status: project.status.clone(),
        status_reason: project.status_reason.clone(),
        advisories,
        versions,
        name: name.to_string(),
        is_plugin: project.is_plugin == 1,
        summary: project.summary.clone(),
        latest_version: project.latest_version.clone(),
    })
}

fn told(configuration: Configuration) -> PluginConfiguration {
    let option = |option: ConfigurationOption| PluginOption {
        name: option.name,
        annotation: option.annotation,
        default: option.default,
        description: option.description,
    };
    PluginConfiguration {
        plugin: configuration.plugin,
        options: configuration.options.into_iter().map(option).collect(),
    }
}

/// What is known of all versions.
struct Facts {
    items: Vec<DetailItemRow>,
    files: Vec<FileRow>,
    scans: Vec<ScanRow>,
    cores: Cores,
}

/// Each version is compared with the one before it.
fn add_scans(versions: &mut [VersionInfo], facts: &Facts) {
    let judged: Vec<Option<Judgement>> = versions
        .iter()
        .map(|one| Judgement::of_version(&one.version, &facts.files, &facts.scans))
        .collect();
    for (at, version) in versions.iter_mut().enumerate() {
        let before = judged.get(at + 1).and_then(Option::as_ref);
        let own = judged.get(at).and_then(Option::as_ref);
        version.scan = own.map(|own| own.summary(before));
    }
}

/// Known vulnerabilities of the versions that are here.
fn advisories(market: &Market, name: &ProjectName, versions: &[VersionInfo]) -> Vec<Advisory> {
    let parsed: Vec<Version> = versions
        .iter()
        .filter_map(|one| Version::from_str(&one.version).ok())
        .collect();
    let found = market.scanner.with_advisories(|database| {
        let about = database.about(name).filter_map(|advisory| {
            let affected: Vec<&Version> = parsed
                .iter()
                .filter(|version| advisory.affects(name, version))
                .collect();
            let newest = affected.iter().max()?;
            let fixed = advisory.fixed_after(name, newest);
            Some(Advisory {
                id: advisory.id.clone(),
                aliases: advisory.aliases.clone(),
                summary: advisory.summary.clone(),
                affected: affected.iter().map(ToString::to_string).collect(),
                fixed_in: fixed.map(ToString::to_string),
            })
        });
        about.take(MOST_ADVISORIES).collect()
    });
    found.unwrap_or_default()
}

/// A version is yanked when all files of it are; the reason is that of the first one with a reason.
fn yank(files: &[&FileRow]) -> Option<Yank> {
    let reasons: Option<Vec<&String>> = files
        .iter()
        .map(|file| file.yanked_reason.as_ref())
        .collect();
    let reasons = reasons.filter(|reasons| !reasons.is_empty())?;
    let reason = reasons.into_iter().find(|reason| !reason.is_empty());
    Some(Yank {
        reason: reason.cloned(),
    })
}

fn version(market: &Market, project: &ProjectRow, row: DetailRow, facts: &Facts) -> VersionInfo {
    let own = |wanted: &'static str| {
        let of = facts
            .items
            .iter()
            .filter(|item| item.version == row.version);
        of.filter(move |item| item.kind == wanted)
    };
    let range = row.core_range.clone();
    let compatible = |(_, core): (&str, &fapilog_package::Version)| CoreCompatibility {
        core: core.to_string(),
        compatible: range.as_ref().is_some_and(|range| admits(range, core)),
    };
    let compatibility = match project.is_plugin {
        1 => facts.cores.newest().map(compatible).collect(),
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
    let files: Vec<&FileRow> = facts
        .files
        .iter()
        .filter(|file| file.version == row.version)
        .collect();
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
        yanked: yank(&files),
        scan: None,
        files: files
            .into_iter()
            .map(|file| file_info(market, file, &facts.scans))
            .collect(),
        license: row.license,
        core_range: row.core_range,
        requires_python: row.requires_python,
        version: row.version,
    }
}

fn file_info(market: &Market, file: &FileRow, scans: &[ScanRow]) -> FileInfo {
    let is_judged = scans.iter().any(|scan| scan.filename == file.filename);
    let about = format!("{}/api/v1/files/{}", market.public_url, file.filename);
    let is_wheel = file.filetype == "bdist_wheel";
    FileInfo {
        scan_report: is_judged.then(|| format!("{about}/scan")),
        sbom: (is_judged && is_wheel).then(|| format!("{about}/sbom")),
        url: format!("{}/files/{}", market.public_url, file.location().path()),
        filename: file.filename.clone(),
        sha256: file.sha256.clone(),
        metadata_sha256: file.metadata_sha256.clone(),
        size_bytes: u64::try_from(file.size_bytes).unwrap_or(0),
        filetype: file.filetype.clone(),
        published: clock::rfc3339(file.uploaded_us),
    }
}
