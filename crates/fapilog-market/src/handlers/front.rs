//! `GET /`: what this is, how to install, and the plugins.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use crate::clock;
use crate::handlers::install::{self, InstallCommand};
use crate::handlers::page::{PageError, render};
use crate::market::Market;
use crate::queries::projects::{self, ProjectRow};

/// Plugins on one page.
const PAGE_SIZE: i64 = 20;
/// Longest search text in characters; more is cut off.
const MAX_QUERY: usize = 100;
/// Highest page that is looked for, to bound the rows that the database has to skip.
const MAX_PAGE: i64 = 1000;

/// What the address may ask for.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: String,
}

#[derive(Template)]
#[template(path = "front.html")]
struct Front {
    examples: [InstallCommand; 3],
    query: String,
    plugins: Vec<Card>,
    total: i64,
    page: i64,
    pages: i64,
    public_url: String,
}

struct Card {
    project: ProjectRow,
    updated: String,
}

/// Shows the front page, or the plugins that a text is found in.
///
/// # Errors
///
/// `internal`.
pub async fn get(
    State(market): State<Market>,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    // A query that can't be read asks for nothing.
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let query: String = asked
        .q
        .trim()
        .chars()
        .filter(|c| *c != '\0')
        .take(MAX_QUERY)
        .collect();
    let total = projects::count_plugins(&market.database, &query).await?;
    let pages = ((total + PAGE_SIZE - 1) / PAGE_SIZE).clamp(1, MAX_PAGE);
    // A page that isn't there shows the nearest one that is.
    let page = asked.page.parse().unwrap_or(1).clamp(1, pages);
    let rows =
        projects::plugins(&market.database, &query, PAGE_SIZE, (page - 1) * PAGE_SIZE).await?;
    let card = |project: ProjectRow| Card {
        updated: clock::date(project.updated_us),
        project,
    };
    let front = Front {
        examples: install::examples(),
        query,
        plugins: rows.into_iter().map(card).collect(),
        total,
        page,
        pages,
        public_url: market.public_url.clone(),
    };
    render(&headers, &front)
}
