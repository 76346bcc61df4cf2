//! `GET /api/v1/plugins/{name}/reviews`.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use fapilog_market_api::{Problem, RatingSummary, Review, ReviewPage};

use crate::clock;
use crate::error::MarketError;
use crate::handlers::api::{answer, cursor, problem::ApiError};
use crate::handlers::asked::Asked;
use crate::handlers::page::PathParts;
use crate::handlers::reviews::known_project;
use crate::market::Market;
use crate::queries::reviews::{self, ReviewRow};
use crate::rating::Stars;

/// Tells what people say of a plugin, newest first.
///
/// # Errors
///
/// `not-found`, `bad-cursor`, `bad-limit`, `internal`.
#[utoipa::path(
    get,
    path = "/api/v1/plugins/{name}/reviews",
    tag = "catalogue",
    params(
        ("name" = String, Path, description = "Name of the distribution"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Reviews on a page, 20 by default"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "One page of reviews", body = ReviewPage),
        (status = 400, description = "`bad-cursor`, `bad-limit`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not-found`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(
    State(market): State<Market>,
    given: Result<PathParts<String>, MarketError>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let PathParts(given) = given?;
    let asked = Asked::parse(query.as_deref().unwrap_or_default());
    let limit = cursor::limit(asked.other("limit"))?;
    let before = place(asked.other("cursor"))?;
    let project = known_project(&market, &given).await?;
    let mut stars = Stars::default();
    let mut connection = market.database.acquire().await?;
    for (value, count) in reviews::stars(&mut connection, &project).await? {
        stars.add(value, u64::try_from(count).unwrap_or(0));
    }
    drop(connection);
    let wanted = i64::try_from(limit).unwrap_or(0) + 1;
    let before = (before.0, before.1.as_str());
    let mut rows = reviews::of_project(&market.database, &project, before, wanted).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| has_more);
    let page = ReviewPage {
        rating: RatingSummary {
            mean: stars.mean(),
            count: stars.ratings(),
            stars: stars.counts,
        },
        next_cursor: last.map(|row| cursor::write(&format!("{}:{}", row.created_us, row.id))),
        reviews: rows.into_iter().map(review).collect(),
    };
    answer(&headers, &page)
}

/// Where a page begins: before a moment and, among reviews of that moment, an id.
fn place(given: Option<&str>) -> Result<(i64, String), MarketError> {
    let Some(given) = given else {
        return Ok((i64::MAX, String::new()));
    };
    let text = cursor::read(given)?;
    let parts = text.split_once(':');
    let parsed = parts.and_then(|(at, id)| Some((at.parse().ok()?, id.to_owned())));
    // No id has a NUL, and PostgreSQL takes the question for an error.
    let parsed = parsed.filter(|(_, id)| !id.contains('\0'));
    parsed.ok_or_else(cursor::wrong)
}

fn review(row: ReviewRow) -> Review {
    Review {
        stars: u8::try_from(row.stars).unwrap_or(0),
        resolved: row.resolved_us.is_some(),
        helpful: u64::try_from(row.helpful).unwrap_or(0),
        written: clock::rfc3339(row.created_us),
        edited: row.edited_us.map(clock::rfc3339),
        id: row.id,
        author: row.author,
        version: row.version,
        verified_install: row.verified_install,
        text: row.text,
        reply: row.reply,
    }
}
