//! `GET /plugins/`: the catalogue, searched and narrowed down.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{Redirect, Response};

use crate::handlers::asked::Asked;
use crate::handlers::entry::{Entry, entries};
use crate::handlers::page::{PageError, moved, render};
use crate::market::Market;
use crate::search::query::MAX_RESULTS;
use crate::search::{Found, Sort};

/// Plugins on one page.
const PAGE_SIZE: usize = 20;

#[derive(Template)]
#[template(path = "catalogue.html")]
struct CataloguePage {
    query: String,
    is_everything: bool,
    total: usize,
    entries: Vec<Entry>,
    facets: Vec<ShownFacet>,
    chosen: Vec<Choice>,
    without_filters: String,
    sorts: Vec<ShownSort>,
    corrections: Vec<(String, String)>,
    partial: bool,
    page: usize,
    pages: usize,
    newer: Option<String>,
    older: Option<String>,
    public_url: String,
}

struct ShownFacet {
    title: &'static str,
    choices: Vec<Choice>,
}

struct Choice {
    value: String,
    count: usize,
    is_on: bool,
    address: String,
}

struct ShownSort {
    title: &'static str,
    is_on: bool,
    address: String,
}

/// Shows what was found.
///
/// # Errors
///
/// `internal`.
pub async fn get(
    State(market): State<Market>,
    mut asked: Asked,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let snapshot = market.catalogue.current(&market.database).await?;
    let mut found = snapshot.search(&asked.query(PAGE_SIZE));
    let pages = found.total.min(MAX_RESULTS).div_ceil(PAGE_SIZE).max(1);
    // A page that isn't there shows the nearest one that is.
    if asked.page > pages {
        asked.page = pages;
        found = snapshot.search(&asked.query(PAGE_SIZE));
    }
    let page = asked.page;
    let shown = CataloguePage {
        is_everything: asked.is_everything(),
        entries: entries(&market, &found.hits).await?,
        facets: facets(&asked, &found),
        chosen: chosen(&asked),
        without_filters: asked.without_filters(),
        sorts: sorts(&asked),
        total: found.total,
        corrections: found.corrections,
        partial: found.partial,
        page,
        pages,
        newer: (page > 1).then(|| asked.at_page(page - 1)),
        older: (page < pages).then(|| asked.at_page(page + 1)),
        public_url: market.public_url.clone(),
        query: asked.text,
    };
    render(&headers, &shown)
}

/// `GET /plugins`: the same with the slash that belongs there.
pub async fn without_slash(uri: Uri) -> Redirect {
    moved("plugins/", &uri)
}

fn facets(asked: &Asked, found: &Found) -> Vec<ShownFacet> {
    let choices = |(facet, values): &(crate::search::facets::Facet, Vec<_>)| ShownFacet {
        title: facet.title(),
        choices: values
            .iter()
            .map(|one: &crate::search::facets::FacetCount| Choice {
                value: one.value.clone(),
                count: one.count,
                is_on: asked.has(*facet, &one.value),
                address: asked.switched(*facet, &one.value),
            })
            .collect(),
    };
    let all = found.facets.iter().map(choices);
    // One value that all have narrows nothing down.
    all.filter(|facet| facet.choices.len() > 1 || facet.choices.iter().any(|one| one.is_on))
        .collect()
}

fn chosen(asked: &Asked) -> Vec<Choice> {
    let choice = |(facet, value): &(crate::search::facets::Facet, String)| Choice {
        value: format!("{}: {value}", facet.title()),
        count: 0,
        is_on: true,
        address: asked.switched(*facet, value),
    };
    asked.filters.iter().map(choice).collect()
}

fn sorts(asked: &Asked) -> Vec<ShownSort> {
    let title = |sort| match sort {
        Sort::Relevance => "Best match",
        Sort::Downloads => "Downloads",
        Sort::Updated => "Updated",
        Sort::Rating => "Rating",
        Sort::Name => "Name",
    };
    let shown = |sort| ShownSort {
        title: title(sort),
        is_on: sort == asked.sort,
        address: asked.in_order(sort),
    };
    Sort::ALL.into_iter().map(shown).collect()
}
