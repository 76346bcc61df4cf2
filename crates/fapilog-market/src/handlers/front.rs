//! `GET /`: what this is, how to install, and where to begin.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::handlers::entry::{Entry, entries};
use crate::handlers::install::{self, InstallCommand};
use crate::handlers::page::{PageError, render};
use crate::market::Market;
use crate::search::{Query, Sort};

/// Plugins in each of the two lists.
const SHOWN: usize = 6;

/// The kinds of plugins, each with what it is for.
const KINDS: [(&str, &str); 6] = [
    ("filter", "Decide which records go on."),
    ("enricher", "Add fields to every record."),
    ("processor", "Change, split or count records."),
    ("redactor", "Take out what must not leave the process."),
    ("sink", "Bring records to where they are read."),
    ("alerter", "Tell people when something needs them."),
];

#[derive(Template)]
#[template(path = "front.html")]
struct Front {
    examples: [InstallCommand; 3],
    kinds: [(&'static str, &'static str); 6],
    popular: Vec<Entry>,
    newest: Vec<Entry>,
    total: usize,
    public_url: String,
}

/// Shows the front page.
///
/// # Errors
///
/// `internal`.
pub async fn get(State(market): State<Market>, headers: HeaderMap) -> Result<Response, PageError> {
    let snapshot = market.catalogue.current(&market.database).await?;
    let first = |sort| {
        let query = Query {
            sort,
            limit: SHOWN,
            ..Query::default()
        };
        snapshot.search(&query)
    };
    let (popular, newest) = (first(Sort::Downloads), first(Sort::Updated));
    let front = Front {
        examples: install::examples(),
        kinds: KINDS,
        total: popular.total,
        popular: entries(&market, &popular.hits).await?,
        newest: entries(&market, &newest.hits).await?,
        public_url: market.public_url.clone(),
    };
    render(&headers, &front)
}
