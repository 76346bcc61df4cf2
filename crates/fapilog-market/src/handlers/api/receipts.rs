//! `/api/v1/receipts` and `/api/v1/receipt-keys`: what installations say that they installed.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use fapilog_market_api::{NewReceiptKey, Problem, ReceiptKey, Signed};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::client_address::ClientAddress;
use crate::error::MarketError;
use crate::handlers::api::problem::ApiError;
use crate::handlers::api::webhooks::json;
use crate::market::Market;
use crate::principal::Principal;
use crate::queries::users;
use crate::receipts::{key, take};

/// Adds a key that signs receipts for the account of the token.
///
/// # Errors
///
/// `bad-receipt`, `too-many-receipt-keys`, `internal`.
#[utoipa::path(
    post,
    path = "/api/v1/receipt-keys",
    tag = "receipts",
    request_body = NewReceiptKey,
    security(("token" = [])),
    responses(
        (status = 201, description = "The key's id", body = ReceiptKey),
        (status = 400, description = "`bad-receipt`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`too-many-receipt-keys`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn add_key(
    State(market): State<Market>,
    principal: Principal,
    client: ClientAddress,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let row = key::add(&market, principal.token()?, read(body)?, client).await?;
    let user = users::find(&market.database, &row.user_id).await?;
    let added = ReceiptKey {
        id: row.id,
        account: user.map(|user| user.name).unwrap_or_default(),
    };
    json(StatusCode::CREATED, &added)
}

/// Takes a receipt. The statement is a `Receipt` as JSON text; what is signed is
/// `fapilog-receipt-v1`, a line feed and that text. Of an account 200 are taken in a day; then the
/// answer is 429, `too-many-receipts`.
///
/// # Errors
///
/// Those of [`take::take`].
#[utoipa::path(
    post,
    path = "/api/v1/receipts",
    tag = "receipts",
    request_body = Signed,
    responses(
        (status = 204, description = "It is kept"),
        (status = 400, description = "`bad-receipt`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`receipt-signature`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`receipt-used`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`receipt-time`, `receipt-file`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn post(
    State(market): State<Market>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    take::take(&market, &read(body)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Ends a key. The statement is a `KeyEnd` as JSON text; what is signed is
/// `fapilog-receipt-key-end-v1`, a line feed and that text.
///
/// # Errors
///
/// Those of [`key::end`].
#[utoipa::path(
    post,
    path = "/api/v1/receipt-keys/end",
    tag = "receipts",
    request_body = Signed,
    responses(
        (status = 204, description = "It signs nothing more"),
        (status = 400, description = "`bad-receipt`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`receipt-signature`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`receipt-used`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`receipt-time`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn end_key(
    State(market): State<Market>,
    client: ClientAddress,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    key::end(&market, &read(body)?, client).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The body as JSON. What is in it is not repeated.
fn read<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, MarketError> {
    let wrong = || {
        MarketError::bad_request(
            "bad-receipt",
            "the body is not what the API's document says, or broke off",
            "see `/api/v1/openapi.json`",
        )
    };
    let body = body.map_err(|_| wrong())?;
    // An object: serde would take a list for one, too.
    let object: Map<String, Value> = serde_json::from_slice(&body).map_err(|_| wrong())?;
    serde_json::from_value(Value::Object(object)).map_err(|_| wrong())
}
