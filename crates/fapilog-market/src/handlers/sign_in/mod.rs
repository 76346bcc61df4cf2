//! `/sign-in`, `/sign-up`, `/sign-out`: coming and going.

pub mod oidc;
pub mod passkey;
pub mod recover;
pub mod second_factor;
pub mod sign_up;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use crate::audit::{Action, Event};
use crate::client_address::ClientAddress;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::frame::{Frame, done};
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::password::Password;
use crate::principal::Principal;
use crate::queries::sessions;
use crate::sign_in::{self, Begun, local_address, with_cookie};
use crate::visit::Visit;

/// Where to go afterwards, as an address asks for it.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    next: String,
}

impl Asked {
    /// The address on this site to go on to.
    #[must_use]
    pub fn next(&self) -> String {
        local_address(&self.next)
    }
}

#[derive(Template)]
#[template(path = "sign_in/sign_in.html")]
struct Page {
    frame: Frame,
    next: String,
    name: String,
    sign_up: bool,
    passkeys: bool,
    elsewhere: Option<String>,
}

/// `GET /sign-in`.
///
/// # Errors
///
/// `internal`.
pub async fn get(
    State(market): State<Market>,
    frame: Frame,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, PageError> {
    let next = asked.map(|Query(asked)| asked.next()).unwrap_or_default();
    show(&market, frame, next, String::new())
}

/// The page, with what just failed.
fn show(market: &Market, frame: Frame, next: String, name: String) -> Result<Response, PageError> {
    let error = frame.error.clone();
    let page = Page {
        frame,
        next,
        name,
        sign_up: market.config.sign_up,
        passkeys: market.relying_party.is_there(),
        elsewhere: elsewhere(market),
    };
    Frame::render(error.as_ref(), &page)
}

/// Where else people may sign in, as they know it.
fn elsewhere(market: &Market) -> Option<String> {
    let provider = market.config.oidc.as_ref()?;
    let host = provider.issuer.split("://").nth(1)?;
    host.split('/').next().map(str::to_owned)
}

/// `POST /sign-in`: name and password.
///
/// # Errors
///
/// `internal`.
pub async fn post(
    State(market): State<Market>,
    frame: Frame,
    client: ClientAddress,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PageError> {
    let name = fields.line("name");
    let next = local_address(fields.raw("next"));
    let password = Password::typed(fields.raw("password"));
    let Some(user) = sign_in::check_password(&market, &name, password, client).await? else {
        return show(&market, frame.with(Some(wrong())), next, name);
    };
    let begun = if crate::second_factor::is_on(&market, &user).await? {
        Begun::SecondFactorMissing(next)
    } else {
        Begun::Whole(next, "password")
    };
    Ok(sign_in::begin(&market, &headers, client, &user, begun).await?)
}

/// One answer for unknown names, wrong passwords and locked accounts.
fn wrong() -> MarketError {
    MarketError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "wrong-credentials",
        "The name or the password is wrong",
        "After ten wrong tries an account is locked for up to 15 minutes",
    )
}

/// `POST /sign-out`.
///
/// # Errors
///
/// `internal`.
pub async fn sign_out(
    State(market): State<Market>,
    principal: Principal,
    client: ClientAddress,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let secure = market.is_secure();
    if let Some(secret) = Visit::known(&headers, secure) {
        sessions::end(&market.database, &secret.sha256()).await?;
    }
    if let Ok(user) = principal.user() {
        Event::new(principal.actor(), Action::SignedOut, client)
            .about_user(&user.user_id)
            .record(&*market.database)
            .await?;
    }
    let visit = Visit::new()?;
    Ok(with_cookie(
        done("/sign-in", "signed-out"),
        visit.cookie(secure),
    ))
}
