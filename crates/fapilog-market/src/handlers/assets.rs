//! `GET /static/...`: the style sheet and the icon, which are part of the binary.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::error::MarketError;
use crate::handlers::page::{PathParts, revalidated};

const STYLE: &str = include_str!("../../static/market.css");
const ICON: &str = include_str!("../../static/icon.svg");

/// Sends an asset.
pub async fn get(headers: HeaderMap, PathParts(name): PathParts<String>) -> Response {
    let (content_type, body) = match name.as_str() {
        "market.css" => ("text/css; charset=utf-8", STYLE),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return MarketError::not_found("there is no such asset").into_response(),
    };
    let mut response = revalidated(&headers, content_type, body.as_bytes().to_vec());
    let hour = HeaderValue::from_static("max-age=3600");
    response.headers_mut().insert(header::CACHE_CONTROL, hour);
    response
}
