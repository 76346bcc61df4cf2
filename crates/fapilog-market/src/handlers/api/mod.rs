//! The JSON API, `/api/v1`: the same queries as the pages, for programs.

pub mod cursor;
pub mod file;
pub mod openapi;
pub mod plugin;
pub mod problem;
pub mod receipts;
pub mod resolve;
pub mod reviews;
pub mod search;
pub mod webhooks;

use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;

use crate::error::MarketError;
use crate::handlers::page::revalidated;
use problem::ApiError;

/// An answer as JSON that clients keep and revalidate.
///
/// # Errors
///
/// `internal` when the answer can't be written as JSON.
pub fn answer<T: Serialize>(headers: &HeaderMap, body: &T) -> Result<Response, ApiError> {
    let json = serde_json::to_vec(body).map_err(|error| MarketError::internal(&error))?;
    Ok(revalidated(headers, "application/json", json))
}
