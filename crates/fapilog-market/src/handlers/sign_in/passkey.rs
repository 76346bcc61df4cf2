//! `/sign-in/passkey`: a passkey and nothing else; `/sign-in/second-factor/passkey`: one after the
//! password. The script asks the authenticator and sends what it answers as a form.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::Value;

use crate::client_address::ClientAddress;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::frame::Frame;
use crate::handlers::page::PageError;
use crate::handlers::sign_in::{second_factor, show};
use crate::market::Market;
use crate::passkeys::assertion::{self, Whose, wrong};
use crate::principal::Principal;
use crate::sign_in::{self, Begun, local_address};
use crate::visit::Visit;

/// How the audit log names it.
const HOW: &str = "passkey";

/// `POST /sign-in/passkey/begin`: the question for the authenticator. It is the same for everybody.
///
/// # Errors
///
/// `no-passkeys-here`, `internal`.
pub async fn begin(State(market): State<Market>, visit: Visit) -> Result<Json<Value>, MarketError> {
    let question = assertion::begin(&market, &visit.secret, Whose::Anybodys).await?;
    Ok(Json(question))
}

/// `POST /sign-in/passkey`: the answer. The device has checked who holds it, so that nothing else is
/// asked for.
///
/// # Errors
///
/// `internal`.
pub async fn post(
    State(market): State<Market>,
    visit: Visit,
    frame: Frame,
    client: ClientAddress,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PageError> {
    let whose = Whose::Anybodys;
    match try_in(&market, &visit, whose, client, &headers, &fields).await {
        Ok(response) => Ok(response),
        Err(error) => show(
            &market,
            frame.with(Some(error)),
            next(&fields),
            String::new(),
        ),
    }
}

/// `POST /sign-in/second-factor/passkey/begin`: the question for one of their passkeys.
///
/// # Errors
///
/// `sign-in-ended`, `no-passkeys-here`, `internal`.
pub async fn begin_second(
    State(market): State<Market>,
    principal: Principal,
    visit: Visit,
) -> Result<Json<Value>, MarketError> {
    let Principal::Pending(session) = &principal else {
        return Err(ended());
    };
    let question = assertion::begin(&market, &visit.secret, Whose::Theirs(session)).await?;
    Ok(Json(question))
}

/// `POST /sign-in/second-factor/passkey`: the answer.
///
/// # Errors
///
/// `internal`.
pub async fn post_second(
    State(market): State<Market>,
    principal: Principal,
    visit: Visit,
    frame: Frame,
    client: ClientAddress,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PageError> {
    let Principal::Pending(session) = &principal else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    let whose = Whose::Theirs(session);
    match try_in(&market, &visit, whose, client, &headers, &fields).await {
        Ok(response) => Ok(response),
        Err(error) => {
            let frame = frame.with(Some(error));
            second_factor::show(&market, session, frame, next(&fields)).await
        }
    }
}

/// Signs in whoever's passkey answered.
async fn try_in(
    market: &Market,
    visit: &Visit,
    whose: Whose<'_>,
    client: ClientAddress,
    headers: &HeaderMap,
    fields: &Fields,
) -> Result<Response, MarketError> {
    let answer = fields.raw("credential");
    let found = assertion::finish(market, &visit.secret, whose, answer, client).await?;
    let user = found.ok_or_else(wrong)?;
    let begun = Begun::Whole(next(fields), HOW);
    sign_in::begin(market, headers, client, &user, begun).await
}

fn next(fields: &Fields) -> String {
    local_address(fields.raw("next"))
}

fn ended() -> MarketError {
    MarketError::new(
        StatusCode::CONFLICT,
        "sign-in-ended",
        "The password was given too long ago",
        "Sign in again at `/sign-in`",
    )
}
