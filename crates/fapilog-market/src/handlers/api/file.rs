//! `GET /api/v1/files/{filename}/scan` and `…/sbom`: what is known of one file.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use fapilog_market_api::Problem;
use fapilog_package::name::shorten;

use crate::error::MarketError;
use crate::handlers::api::problem::ApiError;
use crate::handlers::page::{PathParts, revalidated};
use crate::market::Market;
use crate::queries::scans;

/// Sends the report of the scan, in the form of `docs/specs/scan-report.md`.
///
/// # Errors
///
/// `not-found`, `internal`.
#[utoipa::path(
    get,
    path = "/api/v1/files/{filename}/scan",
    tag = "catalogue",
    params(("filename" = String, Path, description = "Name of the file")),
    responses(
        (status = 200, description = "The report of the newest scan", content_type = "application/json"),
        (status = 404, description = "`not-found`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn scan(
    State(market): State<Market>,
    given: Result<PathParts<String>, MarketError>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let PathParts(filename) = given?;
    let report = scans::report(&market.database, &filename).await?;
    let report = report.ok_or_else(|| missing("report of a scan", &filename))?;
    Ok(revalidated(
        &headers,
        "application/json",
        report.into_bytes(),
    ))
}

/// Sends the bill of materials of a wheel.
///
/// # Errors
///
/// `not-found`, `internal`.
#[utoipa::path(
    get,
    path = "/api/v1/files/{filename}/sbom",
    tag = "catalogue",
    params(("filename" = String, Path, description = "Name of the wheel")),
    responses(
        (status = 200, description = "CycloneDX 1.6", content_type = "application/vnd.cyclonedx+json"),
        (status = 404, description = "`not-found`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn sbom(
    State(market): State<Market>,
    given: Result<PathParts<String>, MarketError>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let PathParts(filename) = given?;
    let bill = scans::sbom(&market.database, &filename).await?;
    let bill = bill.ok_or_else(|| missing("bill of materials", &filename))?;
    let kind = "application/vnd.cyclonedx+json";
    Ok(revalidated(&headers, kind, bill.into_bytes()))
}

fn missing(what: &str, filename: &str) -> MarketError {
    MarketError::new(
        StatusCode::NOT_FOUND,
        "not-found",
        format!("there is no {what} for `{}`", shorten(filename)),
        "look at `/api/v1/plugins/NAME` for the files that have one",
    )
}
