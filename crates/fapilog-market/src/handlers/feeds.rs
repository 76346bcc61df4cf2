//! `GET /feeds/...`: new versions as Atom (RFC 4287), of everything or of one plugin.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use fapilog_package::name::ProjectName;

use crate::clock;
use crate::error::MarketError;
use crate::handlers::page::{PathParts, revalidated};
use crate::market::Market;
use crate::queries::catalogue::{self, ReleasedRow};

/// Entries of a feed: a reader that asks once a day misses none on a busy day.
const ENTRIES: i64 = 100;

#[derive(Template)]
#[template(path = "feed.xml")]
struct Feed {
    title: String,
    own: String,
    page: String,
    updated: String,
    public_url: String,
    entries: Vec<FeedEntry>,
}

struct FeedEntry {
    project: String,
    version: String,
    summary: String,
    at: String,
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
    let title = "New versions of fapilog plugins".to_owned();
    feed(
        &market,
        &headers,
        title,
        "/feeds/versions.atom",
        "/plugins/",
        rows,
    )
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
    let unknown = || MarketError::not_found("there is no feed of this name");
    let name = file.strip_suffix(".atom").ok_or_else(unknown)?;
    let name = ProjectName::parse(name).map_err(|_| unknown())?;
    let rows = catalogue::newest_releases(&market.database, Some(name.as_str()), ENTRIES).await?;
    if rows.is_empty() {
        return Err(unknown());
    }
    let title = format!("Versions of {name}");
    let (own, page) = (
        format!("/feeds/plugins/{name}.atom"),
        format!("/plugins/{name}/"),
    );
    feed(&market, &headers, title, &own, &page, rows)
}

fn feed(
    market: &Market,
    headers: &HeaderMap,
    title: String,
    own: &str,
    page: &str,
    rows: Vec<ReleasedRow>,
) -> Result<Response, MarketError> {
    let newest = rows.iter().map(|row| row.created_us).max().unwrap_or(0);
    let entry = |row: ReleasedRow| FeedEntry {
        at: clock::rfc3339(row.created_us),
        project: row.project,
        version: row.version,
        summary: printable(&row.summary),
    };
    let feed = Feed {
        title,
        own: format!("{}{own}", market.public_url),
        page: format!("{}{page}", market.public_url),
        updated: clock::rfc3339(newest),
        public_url: market.public_url.clone(),
        entries: rows.into_iter().map(entry).collect(),
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
