//! `GET /plugins/<name>/` and `/plugins/<name>/<version>/`: everything about one version of a project.

use std::str::FromStr as _;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use fapilog_package::Version;
use fapilog_package::extras::extras_with;
use fapilog_package::gate::CORE_DISTRIBUTION;
use fapilog_package::name::{DISTRIBUTION_PREFIX, ProjectName};
use fapilog_scan::report::Configuration;

use crate::catalogue::configuration;
use crate::clock;
use crate::error::MarketError;
use crate::handlers::install_box::{self, Wanted, Way};
use crate::handlers::page::{PageError, PathParts, moved, render};
use crate::handlers::safety::Safety;
use crate::handlers::usage::Usage;
use crate::handlers::version_table::{Changes, VersionRow, changes, rows, sorted_heads};
use crate::market::Market;
use crate::principal::Principal;
use crate::queries::files::{self, FileRow};
use crate::queries::projects::{self, ProjectRow};
use crate::queries::publishers::{self, PublisherRow};
use crate::queries::releases::{self, ItemRow, ReleaseHead, ReleaseRow, kind};
use crate::queries::reviews::{self, ReviewRow};
use crate::queries::search;
use crate::sanitised::SanitisedHtml;
use crate::search::cores::{PYTHONS, pythons};

/// Reviews on the page itself.
const SHOWN_REVIEWS: i64 = 3;

#[derive(Template)]
#[template(path = "plugin.html")]
struct PluginPage {
    release: ReleaseRow,
    is_plugin: bool,
    latest_version: String,
    is_latest: bool,
    kinds: Vec<String>,
    ways: Vec<Way>,
    entry_points: Vec<ItemRow>,
    requirements: Vec<ItemRow>,
    changes: Changes,
    links: Vec<ItemRow>,
    rows: Vec<VersionRow>,
    cores: Vec<String>,
    pythons: Vec<(&'static str, bool)>,
    files: Vec<ShownFile>,
    published: String,
    description: Option<SanitisedHtml>,
    /// What its changelog says of the version.
    news: Option<SanitisedHtml>,
    usage: Usage,
    /// The newest of what people say of it.
    reviews: Vec<ReviewRow>,
    safety: Safety,
    publisher: Option<PublisherRow>,
    configuration: Vec<Configuration>,
    yanked: Option<String>,
    status: Option<String>,
    /// Whether the page is shown to a moderator.
    is_moderator: bool,
    public_url: String,
}

struct ShownFile {
    filename: String,
    path: String,
    sha256: String,
    size: String,
}

/// Shows a project's latest release.
///
/// # Errors
///
/// `not-found`, `internal`.
pub async fn get(
    State(market): State<Market>,
    PathParts(given): PathParts<String>,
    uri: Uri,
    headers: HeaderMap,
    principal: Result<Principal, MarketError>,
) -> Result<Response, PageError> {
    let name = ProjectName::parse(&given).map_err(|_| unknown())?;
    if name.as_str() != given {
        return Ok(moved(&format!("../{name}/"), &uri).into_response());
    }
    let project = find(&market, &name).await?;
    let version = project.latest_version.clone();
    let moderates = is_moderator(principal);
    show(&market, &headers, &name, project, &version, moderates).await
}

/// Shows one release of a project.
///
/// # Errors
///
/// `not-found`, `internal`.
pub async fn get_version(
    State(market): State<Market>,
    PathParts((given, version)): PathParts<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
    principal: Result<Principal, MarketError>,
) -> Result<Response, PageError> {
    let name = ProjectName::parse(&given).map_err(|_| unknown())?;
    if name.as_str() != given {
        let version = Version::from_str(&version).map_err(|_| unknown())?;
        let target = format!("../../{name}/{version}/");
        return Ok(moved(&target, &uri).into_response());
    }
    let project = find(&market, &name).await?;
    let moderates = is_moderator(principal);
    show(&market, &headers, &name, project, &version, moderates).await
}

/// Credentials that are no longer good make nobody miss the page.
fn is_moderator(principal: Result<Principal, MarketError>) -> bool {
    let Ok(Principal::User(user)) = principal else {
        return false;
    };
    matches!(user.site_role.as_str(), "moderator" | "administrator")
}

/// `GET /plugins/<name>`: the same with the slash that belongs there.
///
/// # Errors
///
/// `not-found` when the text is no name.
pub async fn without_slash(
    PathParts(given): PathParts<String>,
    uri: Uri,
) -> Result<Redirect, PageError> {
    let name = ProjectName::parse(&given).map_err(|_| unknown())?;
    Ok(moved(&format!("{name}/"), &uri))
}

fn unknown() -> MarketError {
    MarketError::not_found("There is no plugin of this name here.")
}

async fn find(market: &Market, name: &ProjectName) -> Result<ProjectRow, MarketError> {
    let found = projects::find(&*market.database, name.as_str()).await?;
    found.ok_or_else(unknown)
}

async fn show(
    market: &Market,
    headers: &HeaderMap,
    name: &ProjectName,
    project: ProjectRow,
    version: &str,
    is_moderator: bool,
) -> Result<Response, PageError> {
    let database = &market.database;
    let missing = || MarketError::not_found("There is no such version of this plugin here.");
    let release = releases::find(database, name.as_str(), version).await?;
    let release = release.ok_or_else(missing)?;
    let items = releases::items(database, name.as_str(), version).await?;
    let heads = sorted_heads(market, name).await?;
    let all_files = files::of_project(database, name.as_str()).await?;
    let own_files: Vec<FileRow> = all_files
        .iter()
        .filter(|file| file.version == version)
        .cloned()
        .collect();
    let cores = crate::catalogue::live::cores(database).await?;
    let known = search::named(database, &[name.to_string()]).await?;
    let extra = first_party_extra(market, name).await?;
    let is_latest = project.latest_version == version;
    if own_files.is_empty() || project.status == "quarantined" {
        return Err(missing().into());
    }
    let heads = with_files(heads, &all_files);
    let newest = cores.newest_admitted(release.core_range.as_deref());
    let ways = install_box::ways(&Wanted {
        name: name.as_str(),
        version,
        is_latest,
        extra: extra.as_deref(),
        core: newest.filter(|_| project.is_plugin == 1),
        public_url: &market.public_url,
        files: &own_files,
    });
    let page = PluginPage {
        is_plugin: project.is_plugin == 1,
        latest_version: project.latest_version.clone(),
        is_latest,
        kinds: kinds(&known),
        ways,
        entry_points: of_kind(&items, kind::ENTRY_POINT),
        requirements: of_kind(&items, kind::REQUIREMENT),
        changes: changes(market, &release, &items, &heads).await?,
        links: web_links(&items),
        rows: rows(&heads, &all_files, &cores, version),
        cores: cores.labels().rev().map(str::to_owned).collect(),
        pythons: admitted_pythons(release.requires_python.as_deref()),
        published: clock::date(release.created_us),
        description: rendered(
            release.description.clone(),
            release.description_type.clone(),
        )
        .await?,
        news: news(market, name, version).await?,
        usage: Usage::of(market, name, known.first()).await?,
        reviews: reviews::of_project(database, name.as_str(), (i64::MAX, ""), SHOWN_REVIEWS)
            .await?,
        safety: Safety::of(market, name, version, &heads, &all_files).await?,
        publisher: publishers::of_project(database, name.as_str()).await?,
        configuration: configuration::of_version(market, name.as_str(), version).await?,
        yanked: yanked(&own_files),
        status: status(&project),
        files: own_files.into_iter().map(shown).collect(),
        is_moderator,
        public_url: market.public_url.clone(),
        release,
    };
    let mut response = render(headers, &page)?;
    if is_moderator {
        // Everybody else sees another page at this address.
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

/// Releases of which something is in the index.
fn with_files(heads: Vec<ReleaseHead>, files: &[FileRow]) -> Vec<ReleaseHead> {
    let listed = |head: &ReleaseHead| files.iter().any(|file| file.version == head.version);
    heads.into_iter().filter(listed).collect()
}

/// Why a release was yanked, or an empty text, when all its files were.
fn yanked(files: &[FileRow]) -> Option<String> {
    let reasons: Option<Vec<&str>> = files
        .iter()
        .map(|file| file.yanked_reason.as_deref())
        .collect();
    let mut reasons = reasons?.into_iter();
    Some(
        reasons
            .find(|reason| !reason.is_empty())
            .unwrap_or_default()
            .to_owned(),
    )
}

/// What is to be known of a project that isn't looked after as usual.
fn status(project: &ProjectRow) -> Option<String> {
    if project.status == "active" {
        return None;
    }
    let reason = project.status_reason.as_deref().unwrap_or_default();
    let colon = if reason.is_empty() { "" } else { ": " };
    Some(format!("This project is {}{colon}{reason}", project.status))
}

fn web_links(items: &[ItemRow]) -> Vec<ItemRow> {
    let links = of_kind(items, kind::LINK).into_iter();
    links.filter(|link| is_web(&link.value)).collect()
}

fn kinds(known: &[search::DocumentRow]) -> Vec<String> {
    let row = known.first();
    let words = row.map(|row| row.kinds.split_whitespace().map(str::to_owned).collect());
    words.unwrap_or_default()
}

fn admitted_pythons(range: Option<&str>) -> Vec<(&'static str, bool)> {
    let admitted = pythons(range);
    let labels = PYTHONS.into_iter().enumerate();
    labels
        .map(|(at, label)| (label, admitted >> at & 1 == 1))
        .collect()
}

/// The extra of the core's latest release in this marketplace that brings the project in; the one
/// that bears the plugin's own short name, if several do.
///
/// # Errors
///
/// `internal`.
pub async fn first_party_extra(
    market: &Market,
    name: &ProjectName,
) -> Result<Option<String>, MarketError> {
    let Some(core) = projects::find(&*market.database, CORE_DISTRIBUTION).await? else {
        return Ok(None);
    };
    let items = releases::items(&market.database, CORE_DISTRIBUTION, &core.latest_version).await?;
    let values = |kind: &str| -> Vec<String> {
        of_kind(&items, kind)
            .into_iter()
            .map(|item| item.value)
            .collect()
    };
    let extras = extras_with(&values(kind::REQUIREMENT), &values(kind::EXTRA), name);
    let short = name.as_str().strip_prefix(DISTRIBUTION_PREFIX);
    let own = extras.iter().find(|extra| Some(extra.as_str()) == short);
    Ok(own.or(extras.first()).cloned())
}

fn of_kind(items: &[ItemRow], kind: &str) -> Vec<ItemRow> {
    items
        .iter()
        .filter(|item| item.kind == kind)
        .cloned()
        .collect()
}

/// Links of other schemes could run code when followed.
#[must_use]
pub fn is_web(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    lower.starts_with("https://") || lower.starts_with("http://")
}

async fn news(
    market: &Market,
    name: &ProjectName,
    version: &str,
) -> Result<Option<SanitisedHtml>, MarketError> {
    let changes = releases::changes(&market.database, name.as_str(), version).await?;
    let Some(changes) = changes else {
        return Ok(None);
    };
    let kind = changes.is_markdown.then(|| "text/markdown".to_owned());
    rendered(changes.text, kind).await
}

/// Rendering takes time in proportion to the text, so it is kept off the threads that serve.
async fn rendered(
    text: String,
    kind: Option<String>,
) -> Result<Option<SanitisedHtml>, MarketError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    tokio::task::spawn_blocking(move || SanitisedHtml::from_description(&text, kind.as_deref()))
        .await
        .map(Some)
        .map_err(|error| MarketError::internal(&error))
}

fn shown(row: FileRow) -> ShownFile {
    ShownFile {
        path: row.location().path(),
        size: human_size(row.size_bytes),
        filename: row.filename,
        sha256: row.sha256,
    }
}

/// A size for people: `12.3 KiB`.
fn human_size(bytes: i64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_links_are_shown() {
        assert!(is_web("https://example.org") && is_web("HTTP://example.org"));
        assert!(!is_web("javascript:alert(1)") && !is_web("data:text/html,x"));
    }

    #[test]
    fn sizes_are_told_in_the_unit_that_fits() {
        for (bytes, text) in [(12, "12 bytes"), (1536, "1.5 KiB"), (3_145_728, "3.0 MiB")] {
            assert_eq!(human_size(bytes), text);
        }
    }
}
