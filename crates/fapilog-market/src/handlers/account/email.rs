//! `/account/email`: the address that brings an account back.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::account_name::parse_email;
use crate::audit::{Action, Actor, Event};
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::account::{password, record, show};
use crate::handlers::frame::{Frame, done};
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::queries::sessions::{self, LinkRow, SignedInRow};
use crate::queries::users::{self, UserRow};
use crate::secret::Secret;

/// How long a link works.
const LIFE_US: i64 = 24 * 3600 * 1_000_000;

/// What the links are for.
const PURPOSE: &str = "verify-email";

/// The secret in a link.
#[derive(Debug, Default, Deserialize)]
pub struct Linked {
    #[serde(default)]
    token: String,
}

/// `POST /account/email`.
///
/// # Errors
///
/// `internal`.
pub async fn post(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    client: ClientAddress,
    fields: Fields,
) -> Result<Response, PageError> {
    match change(&market, &session, &fields, client).await {
        Ok(()) if market.outbox.sends() => Ok(done("/account", "email")),
        Ok(()) => Ok(done("/account", "email-unsent")),
        Err(error) => show(&market, &session, frame.with(Some(error))).await,
    }
}

async fn change(
    market: &Market,
    session: &SignedInRow,
    fields: &Fields,
    client: ClientAddress,
) -> Result<(), MarketError> {
    let mut user = password::confirm(market, session, fields.raw("password"), client).await?;
    user.email = match fields.line("email").as_str() {
        "" => String::new(),
        text => parse_email(text)?,
    };
    users::set_email(&market.database, &user.id, &user.email).await?;
    record(market, session, Action::EmailChanged, client, "").await?;
    send_verification(market, &user).await
}

/// Sends the link that shows an address to be theirs.
///
/// # Errors
///
/// `internal`.
pub async fn send_verification(market: &Market, user: &UserRow) -> Result<(), MarketError> {
    if user.email.is_empty() || !market.outbox.sends() {
        return Ok(());
    }
    let secret = Secret::generate()?;
    let row = LinkRow {
        secret_sha256: secret.sha256(),
        user_id: user.id.clone(),
        purpose: PURPOSE.to_owned(),
        email: user.email.clone(),
        expires_us: clock::now_us() + LIFE_US,
    };
    sessions::insert_link(&market.database, &row).await?;
    let text = format!(
        "The account `{}` on {} gave this as its address.\n\nIf that is you, open this link \
         within a day:\n\n{}/verify-email?token={}\n\nIf not, do nothing.\n",
        user.name,
        market.public_url,
        market.public_url,
        secret.reveal()
    );
    market
        .outbox
        .send(user.email.clone(), "Verify your address", text);
    Ok(())
}

/// `GET /verify-email`: the page that a link leads to. It works in any browser, signed in or not,
/// and does nothing but confirm the address.
///
/// # Errors
///
/// `dead-link`, `internal`.
pub async fn verify(
    State(market): State<Market>,
    client: ClientAddress,
    linked: Result<Query<Linked>, QueryRejection>,
) -> Result<Response, PageError> {
    let token = linked.map(|Query(linked)| linked.token).unwrap_or_default();
    let secret = Secret::parse(&token).ok_or_else(dead)?;
    let database = &market.database;
    let now_us = clock::now_us();
    let link = sessions::take_link(database, &secret.sha256(), PURPOSE, now_us).await?;
    let link = link.ok_or_else(dead)?;
    let verified = users::verify_email(database, &link.user_id, &link.email, now_us).await;
    match verified {
        Ok(true) => {}
        // Changed since, or verified by another account: the link is worth nothing either way.
        Ok(false) => return Err(dead().into()),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            return Err(dead().into());
        }
        Err(error) => return Err(MarketError::from(error).into()),
    }
    Event::new(Actor::Anonymous, Action::EmailVerified, client)
        .about_user(&link.user_id)
        .record(&*market.database)
        .await?;
    Ok(done("/sign-in", "verified"))
}

fn dead() -> MarketError {
    MarketError::new(
        StatusCode::GONE,
        "dead-link",
        "This link is used up, or too old",
        "save the address again at `/account` to get a new one",
    )
}
