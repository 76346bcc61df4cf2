//! Errors of the API: `application/problem+json` (RFC 9457).

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use fapilog_market_api::Problem;

use crate::error::MarketError;

/// A failure that is answered as a problem.
#[derive(Debug)]
pub struct ApiError(MarketError);

impl<E: Into<MarketError>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        response(&self.0)
    }
}

/// An error as a problem.
#[must_use]
pub fn response(error: &MarketError) -> Response {
    let problem = Problem {
        kind: "about:blank".to_owned(),
        title: error
            .status
            .canonical_reason()
            .unwrap_or("Error")
            .to_owned(),
        status: error.status.as_u16(),
        detail: error.message.clone(),
        id: error.id.to_owned(),
        hint: error.hint.clone(),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = (error.status, body).into_response();
    let own = response.headers_mut();
    own.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
