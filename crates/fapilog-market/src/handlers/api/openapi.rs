//! `GET /api/v1/openapi.json`: the OpenAPI 3.1 document, generated from the handlers. `openapi.json` in
//! this crate is a copy, so that changes of the interface are seen; a test compares.

use axum::http::HeaderMap;
use axum::response::Response;
use utoipa::OpenApi;

use crate::error::MarketError;
use crate::handlers::api::{file, plugin, problem::ApiError, resolve, reviews, search};
use crate::handlers::page::revalidated;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "fapilog marketplace",
        description = "Finding, judging and installing plugins of fapilog. Errors are `application/problem+json` with a stable `id`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(search::get, plugin::get, file::scan, file::sbom, reviews::get, resolve::get),
    tags((name = "catalogue", description = "What there is, and what goes with what"))
)]
struct Document;

/// The document as it is served.
///
/// # Errors
///
/// What writing JSON reports.
pub fn document() -> Result<String, serde_json::Error> {
    Document::openapi().to_pretty_json().map(|text| text + "\n")
}

/// Sends the document.
///
/// # Errors
///
/// `internal`.
pub async fn get(headers: HeaderMap) -> Result<Response, ApiError> {
    let text = document().map_err(|error| MarketError::internal(&error))?;
    Ok(revalidated(&headers, "application/json", text.into_bytes()))
}
