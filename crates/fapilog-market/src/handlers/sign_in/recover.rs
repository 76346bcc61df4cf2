//! `/recover`: an account whose password is lost.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use sqlx::AnyPool;

use crate::audit::{Action, Actor, Event};
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::frame::{Frame, done};
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::password::Password;
use crate::queries::sessions::{self, LinkRow};
use crate::queries::users::{self, UserRow};
use crate::secret::Secret;

/// How long a link works.
const LIFE_US: i64 = 30 * 60 * 1_000_000;

/// What the links are for.
const PURPOSE: &str = "recover";

#[derive(Template)]
#[template(path = "sign_in/recover.html")]
struct AskPage {
    frame: Frame,
    sends_mail: bool,
    asked: bool,
}

#[derive(Template)]
#[template(path = "sign_in/recover_set.html")]
struct SetPage {
    frame: Frame,
    secret: String,
    min_characters: usize,
}

/// The secret in a link.
#[derive(Debug, Default, Deserialize)]
pub struct Linked {
    #[serde(default)]
    token: String,
}

/// `GET /recover`.
///
/// # Errors
///
/// `internal`.
pub async fn get(State(market): State<Market>, frame: Frame) -> Result<Response, PageError> {
    ask(&market, frame, false)
}

fn ask(market: &Market, frame: Frame, asked: bool) -> Result<Response, PageError> {
    let page = AskPage {
        frame,
        sends_mail: market.outbox.sends(),
        asked,
    };
    Frame::render(None, &page)
}

/// `POST /recover`: sends a link if there is such an account with a verified address. The answer is
/// the same in any case.
///
/// # Errors
///
/// `internal`.
pub async fn post(
    State(market): State<Market>,
    frame: Frame,
    client: ClientAddress,
    fields: Fields,
) -> Result<Response, PageError> {
    let name = fields.line("name").to_lowercase();
    // Away from the answer, whose time then says nothing about whether there is such an account.
    let sending = market.clone();
    tokio::spawn(async move {
        // What fails is in the log; whoever asked is told nothing in any case.
        let _ = send_link(&sending, &name, client).await;
    });
    ask(&market, frame, true)
}

async fn send_link(market: &Market, name: &str, client: ClientAddress) -> Result<(), MarketError> {
    let event = Event::new(Actor::Anonymous, Action::RecoveryAsked, client);
    let user = users::by_name_or_email(&market.database, name).await?;
    let user = user.filter(|user| user.email_verified_us.is_some());
    let Some(user) = user.filter(|_| market.outbox.sends()) else {
        return event.record(&*market.database).await;
    };
    event.about_user(&user.id).record(&*market.database).await?;
    let secret = Secret::generate()?;
    let address = store(&market.database, &market.public_url, &user, &secret).await?;
    let text = format!(
        "Somebody, most likely you, asked to set a new password for the account `{}` on {}.\n\n\
         Open this link within 30 minutes:\n\n{address}\n\n\
         If it wasn't you, do nothing: nothing has changed.\n",
        user.name, market.public_url
    );
    market.outbox.send(user.email, "Set a new password", text);
    Ok(())
}

/// Stores a link and returns its address.
///
/// # Errors
///
/// `internal`.
pub async fn store(
    database: &AnyPool,
    public_url: &str,
    user: &UserRow,
    secret: &Secret,
) -> Result<String, MarketError> {
    let row = LinkRow {
        secret_sha256: secret.sha256(),
        user_id: user.id.clone(),
        purpose: PURPOSE.to_owned(),
        email: user.email.clone(),
        expires_us: clock::now_us() + LIFE_US,
    };
    sessions::insert_link(database, &row).await?;
    Ok(format!(
        "{public_url}/recover/set?token={}",
        secret.reveal()
    ))
}

/// `GET /recover/set`: the page that a link leads to. Looking at it uses nothing up, since mail
/// scanners look at links too.
///
/// # Errors
///
/// `dead-link`, `internal`.
pub async fn set_page(
    State(market): State<Market>,
    frame: Frame,
    linked: Result<Query<Linked>, QueryRejection>,
) -> Result<Response, PageError> {
    let token = linked.map(|Query(linked)| linked.token).unwrap_or_default();
    let secret = Secret::parse(&token).ok_or_else(dead)?;
    let now_us = clock::now_us();
    let found = sessions::find_link(&market.database, &secret.sha256(), PURPOSE, now_us).await?;
    found.ok_or_else(dead)?;
    show_set(frame, &secret)
}

fn show_set(frame: Frame, secret: &Secret) -> Result<Response, PageError> {
    let error = frame.error.clone();
    let page = SetPage {
        frame,
        secret: secret.reveal().to_owned(),
        min_characters: crate::password::MIN_CHARACTERS,
    };
    Frame::render(error.as_ref(), &page)
}

/// `POST /recover/set`: sets the password and ends all sessions. A second factor stays on.
///
/// # Errors
///
/// `dead-link`, `internal`.
pub async fn set(
    State(market): State<Market>,
    frame: Frame,
    client: ClientAddress,
    fields: Fields,
) -> Result<Response, PageError> {
    let secret = Secret::parse(fields.raw("token")).ok_or_else(dead)?;
    let now_us = clock::now_us();
    let found = sessions::find_link(&market.database, &secret.sha256(), PURPOSE, now_us).await?;
    let found = found.ok_or_else(dead)?;
    let user = users::find(&market.database, &found.user_id).await?;
    let user = user.ok_or_else(dead)?;
    let password = match Password::choose(fields.raw("password"), &user.name) {
        Ok(password) => password,
        Err(error) => return show_set(frame.with(Some(error)), &secret),
    };
    let hash = password.hash(&market).await?;
    let taken = sessions::take_link(&market.database, &secret.sha256(), PURPOSE, now_us).await?;
    taken.ok_or_else(dead)?;
    users::set_password(&*market.database, &user.id, &hash).await?;
    sessions::end_others(&*market.database, &user.id, "").await?;
    Event::new(Actor::User(user.name), Action::Recovered, client)
        .about_user(&user.id)
        .record(&*market.database)
        .await?;
    Ok(done("/sign-in", "saved"))
}

fn dead() -> MarketError {
    MarketError::new(
        StatusCode::GONE,
        "dead-link",
        "This link is used up, or too old",
        "ask for a new one at `/recover`",
    )
}
