//! `GET /feeds/...`: new versions and advisories as Atom (RFC 4287), of everything or of one plugin.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use fapilog_package::name::ProjectName;
use url::form_urlencoded::byte_serialize;

use crate::clock;
use crate::error::MarketError;
use crate::handlers::page::{PathParts, revalidated};
use crate::market::Market;
use crate::queries::advisories::{self, AdvisoryRow};
use crate::queries::catalogue::{self, ReleasedRow};
use crate::queries::projects;

/// Entries of a feed: a reader that asks once a day misses none on a busy day.
const ENTRIES: i64 = 100;

#[derive(Template)]
#[template(path = "feed.xml")]
struct Feed {
    title: String,
    own: String,
    page: String,
    updated: String,
    entries: Vec<FeedEntry>,
}

struct FeedEntry {
    title: String,
    id: String,
    page: String,
    summary: String,
    at: String,
    at_us: i64,
}

/// `GET /feeds/versions.atom`: the newest versions of all plugins.
///
/// # Errors
///
/// `internal`.
pub async fn versions(
    State(market): State<Market>,
    headers: HeaderMap,
) -> Result<Response, MarketError> {
    let rows = catalogue::newest_releases(&market.database, None, ENTRIES).await?;
    let entries = rows.into_iter().map(|row| released(&market, row)).collect();
    let title = "New versions of fapilog plugins".to_owned();
    let addresses = ("/feeds/versions.atom", "/plugins/");
    feed(&market, &headers, title, addresses, entries)
}

/// `GET /feeds/plugins/<name>.atom`: the versions of one plugin.
///
/// # Errors
///
/// `not-found`, `internal`.
pub async fn plugin(
    State(market): State<Market>,
    PathParts(file): PathParts<String>,
    headers: HeaderMap,
) -> Result<Response, MarketError> {
    let name = name_of(&file)?;
    let rows = catalogue::newest_releases(&market.database, Some(name.as_str()), ENTRIES).await?;
    if rows.is_empty() {
        return Err(unknown());
    }
    let entries = rows.into_iter().map(|row| released(&market, row)).collect();
    let title = format!("Versions of {name}");
    let own = format!("/feeds/plugins/{name}.atom");
    let page = format!("/plugins/{name}/");
    feed(&market, &headers, title, (&own, &page), entries)
}

/// `GET /feeds/advisories.atom`: which versions of plugins have known vulnerabilities.
///
/// # Errors
///
/// `internal`.
pub async fn advisories(
    State(market): State<Market>,
    headers: HeaderMap,
) -> Result<Response, MarketError> {
    let rows = advisories::newest(&market.database, ENTRIES).await?;
    let entries = rows.into_iter().map(|row| touched(&market, row)).collect();
    let title = "Advisories about fapilog plugins".to_owned();
    let addresses = ("/feeds/advisories.atom", "/plugins/");
    feed(&market, &headers, title, addresses, entries)
}

/// `GET /feeds/advisories/<name>.atom`: those of one project. Empty while there are none, so that one
/// can wait for the first.
///
/// # Errors
///
/// `not-found`, `internal`.
pub async fn advisories_of(
    State(market): State<Market>,
    PathParts(file): PathParts<String>,
    headers: HeaderMap,
) -> Result<Response, MarketError> {
    let name = name_of(&file)?;
    let project = projects::find(&*market.database, name.as_str()).await?;
    let project = project.ok_or_else(unknown)?;
    let rows = advisories::of_project(&market.database, &project.name, ENTRIES).await?;
    let entries = rows.into_iter().map(|row| touched(&market, row)).collect();
    let title = format!("Advisories about {name}");
    let own = format!("/feeds/advisories/{name}.atom");
    let page = format!("/plugins/{name}/");
    feed(&market, &headers, title, (&own, &page), entries)
}

fn unknown() -> MarketError {
    MarketError::not_found("there is no feed of this name")
}

fn name_of(file: &str) -> Result<ProjectName, MarketError> {
    let name = file.strip_suffix(".atom").ok_or_else(unknown)?;
    ProjectName::parse(name).map_err(|_| unknown())
}

fn released(market: &Market, row: ReleasedRow) -> FeedEntry {
    let page = page_of(market, &row.project, &row.version);
    FeedEntry {
        title: format!("{} {}", row.project, row.version),
        id: page.clone(),
        page,
        summary: printable(&row.summary),
        at: clock::rfc3339(row.created_us),
        at_us: row.created_us,
    }
}

fn touched(market: &Market, row: AdvisoryRow) -> FeedEntry {
    // The release may be quarantined by now, so that it has no page; the project mostly has one.
    let page = format!("{}/plugins/{}/", market.public_url, row.project);
    let fragment: String = byte_serialize(row.advisory.as_bytes()).collect();
    FeedEntry {
        title: printable(&format!(
            "{} {}: {}",
            row.project, row.version, row.advisory
        )),
        id: format!("{}#{fragment}", page_of(market, &row.project, &row.version)),
        page,
        summary: printable(&row.line()),
        at: clock::rfc3339(row.noticed_us),
        at_us: row.noticed_us,
    }
}

fn page_of(market: &Market, project: &str, version: &str) -> String {
    format!("{}/plugins/{project}/{version}/", market.public_url)
}

fn feed(
    market: &Market,
    headers: &HeaderMap,
    title: String,
    (own, page): (&str, &str),
    entries: Vec<FeedEntry>,
) -> Result<Response, MarketError> {
    let newest = entries.iter().map(|entry| entry.at_us).max().unwrap_or(0);
    let feed = Feed {
        title,
        own: format!("{}{own}", market.public_url),
        page: format!("{}{page}", market.public_url),
        updated: clock::rfc3339(newest),
        entries,
    };
    let xml = feed
        .render()
        .map_err(|error| MarketError::internal(&error))?;
    Ok(revalidated(
        headers,
        "application/atom+xml",
        xml.into_bytes(),
    ))
}

/// XML has no way to write most control characters.
fn printable(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect()
}
