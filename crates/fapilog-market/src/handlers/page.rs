//! What all pages for people share: rendering, caching, and errors as pages.

use askama::Template;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::error::MarketError;
use crate::handlers::error_page;

/// Fresh on each request, by a comparison that costs no body.
pub const REVALIDATE: HeaderValue = HeaderValue::from_static("max-age=0, must-revalidate");

/// A failure that is shown as a page.
#[derive(Debug)]
pub struct PageError(MarketError);

impl<E: Into<MarketError>> From<E> for PageError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        error_page::response(&self.0)
    }
}

/// Renders a template as a page with a strong entity tag; 304 when the client has it already.
///
/// # Errors
///
/// `internal` when the template fails.
pub fn render<T: Template>(headers: &HeaderMap, template: &T) -> Result<Response, PageError> {
    let html = template
        .render()
        .map_err(|error| MarketError::internal(&error))?;
    Ok(revalidated(
        headers,
        "text/html; charset=utf-8",
        html.into_bytes(),
    ))
}

/// An answer that clients keep and revalidate by its strong entity tag.
#[must_use]
pub fn revalidated(headers: &HeaderMap, content_type: &'static str, body: Vec<u8>) -> Response {
    let hasher = Sha256::new().chain_update(content_type).chain_update(&body);
    let digest = hex::encode(hasher.finalize());
    // Half of the digest: 128 bits tell answers apart.
    let tag = format!("\"{}\"", digest.get(..32).unwrap_or_default());
    let mut response = if is_known(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type)], body).into_response()
    };
    let own = response.headers_mut();
    own.insert(header::CACHE_CONTROL, REVALIDATE);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        own.insert(header::ETAG, tag);
    }
    response
}

/// Whether `If-None-Match` names the tag (RFC 9110, section 13.1.2: weak comparison).
#[must_use]
pub fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// Whether a client asks for JSON rather than for text.
#[must_use]
pub fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("application/json"))
}

/// The variable parts of a path. What can't be decoded names nothing that could be here.
#[derive(Debug)]
pub struct PathParts<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathParts<T> {
    type Rejection = MarketError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, MarketError> {
        let undecodable = || MarketError::not_found("the address can't be decoded");
        // No text with a NUL is in any table, and PostgreSQL takes the question for an error.
        if parts.uri.path().contains("%00") {
            return Err(undecodable());
        }
        let decoded = Path::<T>::from_request_parts(parts, state).await;
        decoded
            .map(|Path(values)| Self(values))
            .map_err(|_| undecodable())
    }
}

/// A permanent redirect to the normal form of an address; its query and the method stay.
pub fn moved(target: &str, from: &Uri) -> Redirect {
    match from.query() {
        Some(query) => Redirect::permanent(&format!("{target}?{query}")),
        None => Redirect::permanent(target),
    }
}
