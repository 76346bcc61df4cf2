//! `GET /healthz`: whether the server and its database answer.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::error::MarketError;
use crate::market::Market;
use crate::queries::projects;

/// Asks the database.
///
/// # Errors
///
/// `internal` when it doesn't answer.
pub async fn get(State(market): State<Market>) -> Result<Response, MarketError> {
    projects::ping(&market.database).await?;
    let body = Json(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}));
    Ok(([(header::CACHE_CONTROL, "no-store")], body).into_response())
}
