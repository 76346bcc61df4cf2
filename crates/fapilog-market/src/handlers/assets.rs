//! `GET /static/...`: style sheet, script and icon, which are part of the binary.

use std::sync::LazyLock;

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::error::MarketError;
use crate::handlers::page::{PathParts, revalidated};

/// One file for one request; tokens first, since the others use them.
const STYLE: &str = concat!(
    include_str!("../../static/tokens.css"),
    include_str!("../../static/base.css"),
    include_str!("../../static/pages.css"),
);
const SCRIPT: &str = include_str!("../../static/market.js");
const ICON: &str = include_str!("../../static/icon.svg");

static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| address("market.css", STYLE));
static SCRIPT_ADDRESS: LazyLock<String> = LazyLock::new(|| address("market.js", SCRIPT));
static SCRIPT_INTEGRITY: LazyLock<String> =
    LazyLock::new(|| format!("sha256-{}", STANDARD.encode(Sha256::digest(SCRIPT))));

/// Contents of another version have another address, so that none is ever seen beside a page that
/// doesn't know it.
fn address(name: &str, contents: &str) -> String {
    let digest = hex::encode(Sha256::digest(contents));
    format!("/static/{name}?v={}", digest.get(..12).unwrap_or_default())
}

/// Address of the style sheet.
#[must_use]
pub fn style_address() -> &'static str {
    &STYLE_ADDRESS
}

/// Address of the script.
#[must_use]
pub fn script_address() -> &'static str {
    &SCRIPT_ADDRESS
}

/// Digest of the script, as `integrity` and the content security policy write it: the policy names
/// this one script and nothing else that the server sends (ADR 0031).
#[must_use]
pub fn script_integrity() -> &'static str {
    &SCRIPT_INTEGRITY
}

/// Sends an asset.
pub async fn get(headers: HeaderMap, PathParts(name): PathParts<String>) -> Response {
    let (content_type, body) = match name.as_str() {
        "market.css" => ("text/css; charset=utf-8", STYLE),
        "market.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return MarketError::not_found("there is no such asset").into_response(),
    };
    revalidated(&headers, content_type, body.as_bytes().to_vec())
}
