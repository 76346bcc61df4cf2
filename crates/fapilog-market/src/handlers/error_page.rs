//! Errors as pages, with a way on.

use askama::Template;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};

use crate::error::MarketError;

#[derive(Template)]
#[template(path = "error_page.html")]
struct ErrorPage<'a> {
    status: u16,
    title: &'a str,
    message: &'a str,
}

/// An error as a page.
#[must_use]
pub fn response(error: &MarketError) -> Response {
    let title = match error.status {
        StatusCode::NOT_FOUND => "Nothing here",
        status if status.is_client_error() => "That request did not work",
        _ => "The server failed",
    };
    let page = ErrorPage {
        status: error.status.as_u16(),
        title,
        message: &error.message,
    };
    let mut response = match page.render() {
        Ok(html) => (error.status, Html(html)).into_response(),
        Err(_) => error.clone().into_response(),
    };
    let never = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, never);
    response
}

/// `method_not_allowed_fallback`: a method that the path doesn't know; the router adds `Allow`.
pub async fn method_not_allowed(method: Method, uri: Uri) -> MarketError {
    let path = fapilog_package::name::shorten(uri.path());
    MarketError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method",
        format!("`{path}` can't be used with `{method}`"),
        "see the `Allow` header for the methods that it knows",
    )
}

/// `fallback`: a path that leads nowhere.
pub async fn not_found(uri: Uri) -> Response {
    let path = fapilog_package::name::shorten(uri.path());
    response(&MarketError::not_found(format!(
        "There is no page at `{path}`."
    )))
}
