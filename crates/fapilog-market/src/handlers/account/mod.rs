//! `/account`: one's own account.

pub mod deletion;
pub mod email;
pub mod passkeys;
pub mod password;
pub mod projects;
pub mod receipts;
pub mod recovery_codes;
pub mod tokens;
pub mod totp;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::audit::{Action, Event};
use crate::catalogue::entry::publisher_changed;
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::frame::{Frame, done};
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::principal::not_signed_in;
use crate::queries::publishers::{self, PublisherRow};
use crate::queries::sessions::{self, SignedInRow};
use crate::queries::users::{self, UserRow};
use crate::second_factor::Factors;

/// Longest name and address that somebody gives themselves, in characters.
pub const MAX_TEXT: usize = 100;

#[derive(Template)]
#[template(path = "account/account.html")]
struct Page {
    frame: Frame,
    user: UserRow,
    publisher: PublisherRow,
    factors: Factors,
    sends_mail: bool,
    min_characters: usize,
    sessions: Vec<ShownSession>,
}

struct ShownSession {
    id: String,
    agent: String,
    client: String,
    seen: String,
    is_this: bool,
}

/// `GET /account`.
///
/// # Errors
///
/// `internal`.
pub async fn get(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
) -> Result<Response, PageError> {
    show(&market, &session, frame).await
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
) -> Result<Response, PageError> {
    let user = own(market, session).await?;
    let publisher = publishers::find(&market.database, &user.name).await?;
    let now_us = clock::now_us();
    let rows = sessions::of_user(&market.database, &user.id, now_us).await?;
    let sessions = rows.into_iter().map(|row| ShownSession {
        is_this: row.secret_sha256 == session.secret_sha256,
        // Half of a digest of a secret names the session and opens nothing.
        id: row.secret_sha256.chars().take(32).collect(),
        agent: row.agent,
        client: row.client,
        seen: clock::date(row.seen_us),
    });
    let error = frame.error.clone();
    let page = Page {
        frame,
        factors: Factors::of(market, &user).await?,
        publisher: publisher.ok_or_else(not_signed_in)?,
        sends_mail: market.outbox.sends(),
        min_characters: crate::password::MIN_CHARACTERS,
        sessions: sessions.collect(),
        user,
    };
    Frame::render(error.as_ref(), &page)
}

/// The whole row of who is signed in.
///
/// # Errors
///
/// `not-signed-in` when it was deleted a moment ago; `internal`.
pub async fn own(market: &Market, session: &SignedInRow) -> Result<UserRow, MarketError> {
    let user = users::find(&market.database, &session.user_id).await?;
    user.ok_or_else(not_signed_in)
}

/// `POST /account/profile`: how somebody calls themselves.
///
/// # Errors
///
/// `internal`.
pub async fn describe(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    fields: Fields,
) -> Result<Response, PageError> {
    match save_profile(&market, &session.name, &fields).await {
        Ok(()) => Ok(done("/account", "described")),
        Err(error) => show(&market, &session, frame.with(Some(error))).await,
    }
}

/// Saves how a publisher calls itself.
///
/// # Errors
///
/// `bad-website`, `internal`.
pub async fn save_profile(
    market: &Market,
    publisher: &str,
    fields: &Fields,
) -> Result<(), MarketError> {
    let short = |name: &str| fields.line(name).chars().take(MAX_TEXT).collect::<String>();
    let website = short("website");
    let web = website.starts_with("https://") || website.starts_with("http://");
    let right = website.is_empty() || web && url::Url::parse(&website).is_ok();
    if !right {
        return Err(MarketError::bad_request(
            "bad-website",
            format!("`{website}` is no web address"),
            "begin it with `https://`",
        ));
    }
    let mut transaction = market.database.begin().await?;
    let name = short("display_name");
    if publishers::describe(&mut transaction, publisher, &name, &website).await? {
        publisher_changed(&mut transaction, publisher).await?;
    }
    Ok(transaction.commit().await?)
}

/// `POST /account/sessions/end`: ends one of the own sessions.
///
/// # Errors
///
/// `internal`.
pub async fn end_session(
    State(market): State<Market>,
    session: SignedInRow,
    client: ClientAddress,
    fields: Fields,
) -> Result<Response, PageError> {
    let rows = sessions::of_user(&market.database, &session.user_id, clock::now_us()).await?;
    let id = fields.raw("session");
    let found = rows
        .iter()
        .find(|row| id.len() == 32 && row.secret_sha256.starts_with(id));
    if let Some(row) = found {
        sessions::end(&market.database, &row.secret_sha256).await?;
        record(&market, &session, Action::SessionEnded, client, "").await?;
    }
    Ok(done("/account", "session"))
}

/// Writes down what somebody did with their own account.
///
/// # Errors
///
/// `internal`.
pub async fn record(
    market: &Market,
    session: &SignedInRow,
    action: Action,
    client: ClientAddress,
    detail: &str,
) -> Result<(), MarketError> {
    let actor = crate::audit::Actor::User(session.name.clone());
    Event::new(actor, action, client)
        .about_user(&session.user_id)
        .with(detail)
        .record(&*market.database)
        .await
}
