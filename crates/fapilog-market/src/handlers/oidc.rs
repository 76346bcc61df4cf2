//! `/_/oidc/…`: trusted publishing as uv, twine and CI actions speak it.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::issuers::bad;
use crate::market::Market;
use crate::trusted_publishing::{audience, mint};

/// What is sent to be exchanged. Never shown by `Debug`.
#[derive(Deserialize)]
struct Sent {
    token: String,
}

/// `GET /_/oidc/audience`: for whom a statement must be made.
pub async fn get_audience(State(market): State<Market>) -> Response {
    Json(json!({"audience": audience(&market)})).into_response()
}

/// `POST /_/oidc/mint-token`: a token for a statement.
///
/// # Errors
///
/// What [`mint`] reports.
pub async fn mint_token(
    State(market): State<Market>,
    client: ClientAddress,
    body: String,
) -> Result<Response, MarketError> {
    let sent: Sent = serde_json::from_str(&body).map_err(|_| bad("the request is no JSON"))?;
    let (token, row) = mint(&market, &sent.token, client).await?;
    let expires = row.expires_us.map(clock::rfc3339);
    Ok(Json(json!({
        "success": true,
        "token": token.reveal(),
        "expires": expires,
    }))
    .into_response())
}
