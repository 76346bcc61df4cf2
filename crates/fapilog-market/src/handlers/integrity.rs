//! `GET /integrity/<project>/<version>/<filename>/provenance`: the attestations that came with a file
//! (PEP 740), as they were given.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use crate::error::MarketError;
use crate::handlers::page::{PathParts, revalidated};
use crate::market::Market;
use crate::queries::files;

const CONTENT_TYPE: &str = "application/vnd.pypi.integrity.v1+json";

/// Tells a file's provenance.
///
/// # Errors
///
/// `not-found`, `internal`.
pub async fn get(
    State(market): State<Market>,
    PathParts((project, version, filename)): PathParts<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, MarketError> {
    let missing = || MarketError::not_found("there are no attestations for such a file");
    let row = files::served(&market.database, &filename).await?;
    let row = row.filter(|row| row.project == project && row.version == version);
    let row = row.filter(|row| row.has_provenance == 1);
    row.ok_or_else(missing)?;
    let given = files::provenance(&market.database, &filename).await?;
    let given = given.ok_or_else(missing)?;
    let attestations: Value =
        serde_json::from_str(&given).map_err(|error| MarketError::internal(&error))?;
    let provenance = json!({
        "version": 1,
        "attestation_bundles": [{
            // Who attested stands in the attestations themselves; this says how they came here.
            "publisher": {"kind": "fapilog-market"},
            "attestations": attestations,
        }],
    });
    let body = provenance.to_string().into_bytes();
    Ok(revalidated(&headers, CONTENT_TYPE, body))
}
