//! What operators and their machines ask: `/healthz`, `/readyz` and, at an address of its own,
//! `/metrics`.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::error::MarketError;
use crate::market::Market;
use crate::metrics;
use crate::queries::projects;

/// Asks the database.
///
/// # Errors
///
/// `internal` when it doesn't answer.
pub async fn health(State(market): State<Market>) -> Result<Response, MarketError> {
    projects::ping(&market.database).await?;
    let body = Json(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}));
    Ok(([(header::CACHE_CONTROL, "no-store")], body).into_response())
}

/// Whether requests should be sent here: 503 from the signal to stop on, and while the database
/// doesn't answer.
///
/// # Errors
///
/// `not-ready`.
pub async fn ready(State(market): State<Market>) -> Result<Response, MarketError> {
    let stopping = market.is_stopping();
    if stopping || projects::ping(&market.database).await.is_err() {
        let message = match stopping {
            true => "the server is stopping",
            false => "the database doesn't answer",
        };
        return Err(MarketError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "not-ready",
            message,
            "ask another replica, or try again in a moment",
        ));
    }
    Ok((
        [(header::CACHE_CONTROL, "no-store")],
        Json(json!({"status": "ready"})),
    )
        .into_response())
}

/// Everything that was counted, as Prometheus reads it.
///
/// # Errors
///
/// `internal` when the database doesn't answer.
pub async fn metrics(State(market): State<Market>) -> Result<Response, MarketError> {
    let text = metrics::text(&market).await?;
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, text).into_response())
}
