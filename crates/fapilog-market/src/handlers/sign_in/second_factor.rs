//! `/sign-in/second-factor`: a code after the password, or what else the account has.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

use crate::audit::{Action, Event};
use crate::client_address::ClientAddress;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::frame::Frame;
use crate::handlers::page::PageError;
use crate::handlers::sign_in::Asked;
use crate::market::Market;
use crate::principal::Principal;
use crate::queries::rate_counts;
use crate::queries::sessions::SignedInRow;
use crate::queries::users::{self, UserRow};
use crate::second_factor::Factors;
use crate::sign_in::{self, Begun, local_address};
use crate::totp;

#[derive(Template)]
#[template(path = "sign_in/second_factor.html")]
struct Page {
    frame: Frame,
    next: String,
    factors: Factors,
}

/// `GET /sign-in/second-factor`.
///
/// # Errors
///
/// `internal`.
pub async fn get(
    State(market): State<Market>,
    principal: Principal,
    frame: Frame,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, PageError> {
    let next = asked.map(|Query(asked)| asked.next()).unwrap_or_default();
    match principal {
        Principal::Pending(session) => show(&market, &session, frame, next).await,
        _ => Ok(Redirect::to("/sign-in").into_response()),
    }
}

/// The page, with what just failed.
///
/// # Errors
///
/// `internal`.
pub async fn show(
    market: &Market,
    session: &SignedInRow,
    frame: Frame,
    next: String,
) -> Result<Response, PageError> {
    let Some(user) = users::find(&market.database, &session.user_id).await? else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    let mut factors = Factors::of(market, &user).await?;
    if !market.relying_party.is_there() {
        // Nothing to offer, though they are still asked for.
        factors.passkeys = 0;
    }
    let error = frame.error.clone();
    let page = Page {
        frame,
        next,
        factors,
    };
    Frame::render(error.as_ref(), &page)
}

/// `POST /sign-in/second-factor`.
///
/// # Errors
///
/// `internal`.
pub async fn post(
    State(market): State<Market>,
    principal: Principal,
    frame: Frame,
    client: ClientAddress,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PageError> {
    let Principal::Pending(session) = &principal else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    let next = local_address(fields.raw("next"));
    let Some(user) = users::find(&market.database, &session.user_id).await? else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    match check(&market, &user, fields.raw("code")).await? {
        Some(how) => {
            if how == "recovery code" {
                Event::new(principal.actor(), Action::RecoveryCodeUsed, client)
                    .about_user(&user.id)
                    .record(&*market.database)
                    .await?;
            }
            let begun = Begun::Whole(next, how);
            Ok(sign_in::begin(&market, &headers, client, &user, begun).await?)
        }
        None => {
            Event::new(principal.actor(), Action::SecondFactorFailed, client)
                .about_user(&user.id)
                .record(&*market.database)
                .await?;
            show(&market, session, frame.with(Some(wrong())), next).await
        }
    }
}

/// How a code shows who somebody is, if it does and was never used before.
async fn check(
    market: &Market,
    user: &UserRow,
    code: &str,
) -> Result<Option<&'static str>, MarketError> {
    let key = format!("code:{}", user.id);
    if sign_in::guess(market, &key).await? > i64::from(sign_in::GUESSES.count) {
        return Ok(None);
    }
    let digest = totp::recovery_sha256(code);
    let how = if totp::take(market, user, code).await? {
        Some("authenticator")
    } else if users::take_recovery_code(&market.database, &user.id, &digest).await? {
        Some("recovery code")
    } else {
        None
    };
    if how.is_some() {
        rate_counts::forget(&market.database, &key).await?;
    }
    Ok(how)
}

fn wrong() -> MarketError {
    MarketError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "wrong-code",
        "The code is wrong, or was used before",
        "Wait for the next one; after ten wrong tries codes are refused for up to 15 minutes",
    )
}
