//! `GET /publishers/<name>/`: who publishes, and what.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::clock;
use crate::error::MarketError;
use crate::handlers::entry::Entry;
use crate::handlers::page::{PageError, PathParts, render};
use crate::handlers::plugin::is_web;
use crate::market::Market;
use crate::queries::publishers::{self, PublisherRow};
use crate::queries::search;

/// Most plugins that the page lists.
const MOST_LISTED: usize = 200;

#[derive(Template)]
#[template(path = "publisher.html")]
struct PublisherPage {
    publisher: PublisherRow,
    website: Option<String>,
    since: String,
    entries: Vec<Entry>,
    /// Projects in all; those that are no plugins are in no list.
    projects: usize,
}

/// Shows a publisher. One who has published nothing is not shown: who has an account is nobody's
/// business.
///
/// # Errors
///
/// `not-found`, `internal`.
pub async fn get(
    State(market): State<Market>,
    PathParts(name): PathParts<String>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let database = &market.database;
    let unknown = || MarketError::not_found("There is no publisher of this name here.");
    let publisher = publishers::find(database, &name).await?;
    let projects = publishers::published_by(&**database, &name).await?;
    let publisher = publisher.filter(|_| !projects.is_empty());
    let publisher = publisher.ok_or_else(unknown)?;
    let listed = projects.get(..MOST_LISTED).unwrap_or(&projects);
    let mut rows = search::named(database, listed).await?;
    rows.sort_by(|a, b| b.downloads.cmp(&a.downloads).then(a.name.cmp(&b.name)));
    let page = PublisherPage {
        website: Some(publisher.website.clone()).filter(|address| is_web(address)),
        since: clock::date(publisher.created_us),
        entries: rows.into_iter().map(Entry::from).collect(),
        projects: projects.len(),
        publisher,
    };
    render(&headers, &page)
}
