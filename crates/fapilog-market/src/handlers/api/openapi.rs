//! `GET /api/v1/openapi.json`: the OpenAPI 3.1 document, generated from the handlers. `openapi.json` in
//! this crate is a copy, so that changes of the interface are seen; a test compares.

use axum::http::HeaderMap;
use axum::response::Response;
use utoipa::openapi::{self, Content, Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi};

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
    // Parameters refer to these; only answers are found by themselves.
    components(schemas(fapilog_market_api::VersionText, fapilog_market_api::DistributionName)),
    modifiers(&OfEveryOperation),
    paths(search::get, plugin::get, file::scan, file::sbom, reviews::get, resolve::get),
    tags((name = "catalogue", description = "What there is, and what goes with what"))
)]
struct Document;

/// What the guard answers before any handler.
struct OfEveryOperation;

impl Modify for OfEveryOperation {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let items = document.paths.paths.values_mut();
        let operations = items.flat_map(|item| [&mut item.get, &mut item.post, &mut item.delete]);
        for operation in operations.flatten() {
            let refused = ResponseBuilder::new()
                .description("`rate-limit`: more than a client may ask; `Retry-After` says when")
                .content(
                    "application/problem+json",
                    Content::new(Some(Ref::from_schema_name("Problem"))),
                );
            let responses = &mut operation.responses.responses;
            responses.insert("429".to_owned(), refused.build().into());
        }
    }
}

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
