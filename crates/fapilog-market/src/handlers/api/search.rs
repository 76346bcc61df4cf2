//! `GET /api/v1/search`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use fapilog_market_api::{FacetCounts, FacetValue, Problem, SearchHit, SearchPage};

use crate::clock;
use crate::handlers::api::{answer, cursor, problem::ApiError};
use crate::handlers::asked::Asked;
use crate::handlers::entry::rows;
use crate::market::Market;
use crate::queries::search::DocumentRow;
use crate::search::facets::{Facet, FacetCount};
use crate::search::query::MAX_RESULTS;

/// Finds plugins.
///
/// Words are forgiven their typing errors, the last one may be the beginning of a word. Filters of one
/// name are alternatives, filters of different names must all hold.
///
/// # Errors
///
/// `bad-cursor`, `bad-limit`, `internal`.
#[utoipa::path(
    get,
    path = "/api/v1/search",
    tag = "catalogue",
    params(
        ("q" = Option<String>, Query, description = "Words to look for; without any, all plugins"),
        ("kind" = Option<Vec<String>>, Query, description = "`filter`, `enricher`, `processor`, `redactor`, `sink` or `alerter`; repeatable"),
        ("core" = Option<Vec<String>>, Query, description = "Series of the core that the latest version works with, for example `3.0`; repeatable"),
        ("python" = Option<Vec<String>>, Query, description = "Python that the latest version works with, for example `3.12`; repeatable"),
        ("license" = Option<Vec<String>>, Query, description = "Licence as it is written in the metadata; repeatable"),
        ("sort" = Option<String>, Query, description = "`relevance` (the default), `downloads`, `updated`, `rating` or `name`"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Results on a page, 20 by default"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "What was found", body = SearchPage),
        (status = 400, description = "`bad-cursor`, `bad-limit`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(
    State(market): State<Market>,
    asked: Asked,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let limit = cursor::limit(asked.other("limit"))?;
    let offset = cursor::offset(asked.other("cursor"))?;
    let mut query = asked.query(limit);
    query.offset = offset;
    let snapshot = market.catalogue.current(&market.database).await?;
    let found = snapshot.search(&query);
    let next = offset.saturating_add(limit);
    let has_more = next < found.total.min(MAX_RESULTS);
    let page = SearchPage {
        query: asked.text,
        total: found.total as u64,
        results: rows(&market, &found.hits)
            .await?
            .into_iter()
            .map(hit)
            .collect(),
        next_cursor: has_more.then(|| cursor::write(&next.to_string())),
        facets: found.facets.into_iter().map(counts).collect(),
        corrections: found.corrections,
        partial: found.partial,
    };
    answer(&headers, &page)
}

fn hit(row: DocumentRow) -> SearchHit {
    SearchHit {
        kinds: row.kinds.split_whitespace().map(str::to_owned).collect(),
        downloads_30d: u64::try_from(row.downloads).unwrap_or(0),
        rating: (row.ratings > 0).then_some(row.rating_milli as f64 / 1000.0),
        ratings: u64::try_from(row.ratings).unwrap_or(0),
        updated: clock::rfc3339(row.updated_us),
        name: row.name,
        version: row.version,
        summary: row.summary,
        status: row.status,
        license: row.license,
        core_range: row.core_range,
        requires_python: row.requires_python,
    }
}

fn counts((facet, values): (Facet, Vec<FacetCount>)) -> FacetCounts {
    let value = |one: FacetCount| FacetValue {
        value: one.value,
        count: one.count as u64,
    };
    FacetCounts {
        name: facet.word().to_owned(),
        values: values.into_iter().map(value).collect(),
    }
}
