//! `/moderation` and `/administration`: what those do who run the marketplace.

pub mod overview;
pub mod project;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use fapilog_package::name::ProjectName;
use serde::Deserialize;

use crate::audit::{Action, Actor, Event};
use crate::catalogue::entry::publisher_changed;
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::account::MAX_TEXT;
use crate::handlers::frame::{Frame, done};
use crate::handlers::organisations::named_user;
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::queries::publishers::{self, PrefixRow, PublisherRow};
use crate::queries::sessions::SignedInRow;
use crate::queries::users::{self, UserRow};

/// Rows on one page.
const PAGE_SIZE: i64 = 100;

/// Roles on the whole marketplace.
pub const SITE_ROLES: [&str; 3] = ["none", "moderator", "administrator"];

/// Where a page begins.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "moderation/publishers.html")]
struct PublishersPage {
    frame: Frame,
    publishers: Vec<PublisherRow>,
    prefixes: Vec<PrefixRow>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "moderation/accounts.html")]
struct AccountsPage {
    frame: Frame,
    users: Vec<UserRow>,
    roles: [&'static str; 3],
    next: Option<String>,
}

/// The last name of a full page, after which the next one begins.
fn next<T>(rows: &[T], name: impl Fn(&T) -> &str) -> Option<String> {
    let full = i64::try_from(rows.len()).is_ok_and(|count| count == PAGE_SIZE);
    rows.last().filter(|_| full).map(|row| name(row).to_owned())
}

/// `GET /moderation/publishers`.
///
/// # Errors
///
/// `internal`.
pub async fn publishers_page(
    State(market): State<Market>,
    frame: Frame,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, PageError> {
    let after = asked.map(|Query(asked)| asked.after).unwrap_or_default();
    let after = after.replace('\0', "");
    show_publishers(&market, frame, &after).await
}

async fn show_publishers(
    market: &Market,
    frame: Frame,
    after: &str,
) -> Result<Response, PageError> {
    let rows = publishers::after(&market.database, after, PAGE_SIZE).await?;
    let error = frame.error.clone();
    let page = PublishersPage {
        frame,
        next: next(&rows, |row| &row.name),
        publishers: rows,
        prefixes: publishers::prefixes(&market.database).await?,
    };
    Frame::render(error.as_ref(), &page)
}

/// `POST /moderation/publishers/verify`: verifies a publisher, or withdraws it.
///
/// # Errors
///
/// `internal`.
pub async fn verify(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    client: ClientAddress,
    fields: Fields,
) -> Result<Response, PageError> {
    match set_verified(&market, &session, &fields, client).await {
        Ok(()) => Ok(done("/moderation/publishers", "saved")),
        Err(error) => show_publishers(&market, frame.with(Some(error)), "").await,
    }
}

async fn set_verified(
    market: &Market,
    session: &SignedInRow,
    fields: &Fields,
    client: ClientAddress,
) -> Result<(), MarketError> {
    let name = fields.line("publisher");
    let evidence: String = fields.line("evidence").chars().take(MAX_TEXT).collect();
    let verifies = fields.raw("verified") == "1";
    if verifies && evidence.is_empty() {
        return Err(unprocessable(
            "no-evidence",
            "A verification says what was looked at",
            "Write for example `signed mail from example.org`",
        ));
    }
    let (at, action) = match verifies {
        true => (Some(clock::now_us()), Action::PublisherVerified),
        false => (None, Action::VerificationWithdrawn),
    };
    let mut transaction = market.database.begin().await?;
    if !publishers::verify(&mut transaction, &name, at, &evidence).await? {
        return Err(unprocessable(
            "unknown-account",
            "There is no such publisher",
            "Check the name",
        ));
    }
    publisher_changed(&mut transaction, &name).await?;
    Event::new(Actor::User(session.name.clone()), action, client)
        .about_publisher(&name)
        .with(evidence)
        .record(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// `POST /moderation/prefixes`: reserves a prefix, or gives it free.
///
/// # Errors
///
/// `internal`.
pub async fn set_prefix(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    client: ClientAddress,
    fields: Fields,
) -> Result<Response, PageError> {
    match change_prefix(&market, &session, &fields, client).await {
        Ok(()) => Ok(done("/moderation/publishers", "saved")),
        Err(error) => show_publishers(&market, frame.with(Some(error)), "").await,
    }
}

async fn change_prefix(
    market: &Market,
    session: &SignedInRow,
    fields: &Fields,
    client: ClientAddress,
) -> Result<(), MarketError> {
    let prefix = ProjectName::parse(fields.raw("prefix"))?.to_string();
    let database = &market.database;
    let actor = Actor::User(session.name.clone());
    if fields.raw("release") == "1" {
        publishers::release(database, &prefix).await?;
        return Event::new(actor, Action::PrefixReleased, client)
            .with(prefix)
            .record(&*market.database)
            .await;
    }
    let publisher = match fields.line("publisher").to_lowercase() {
        name if name.is_empty() => None,
        name => Some(name),
    };
    if let Some(name) = &publisher
        && publishers::find(database, name).await?.is_none()
    {
        return Err(unprocessable(
            "unknown-account",
            "There is no such publisher",
            "Check the name, or leave it empty to keep the prefix from everybody",
        ));
    }
    let row = PrefixRow {
        prefix,
        publisher,
        note: fields.line("note").chars().take(MAX_TEXT).collect(),
        created_us: clock::now_us(),
    };
    publishers::reserve(database, &row).await?;
    let event = Event::new(actor, Action::PrefixReserved, client).with(&row.prefix);
    let event = match &row.publisher {
        Some(publisher) => event.about_publisher(publisher),
        None => event,
    };
    event.record(&*market.database).await
}

/// `GET /administration/accounts`.
///
/// # Errors
///
/// `internal`.
pub async fn accounts_page(
    State(market): State<Market>,
    frame: Frame,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, PageError> {
    let after = asked.map(|Query(asked)| asked.after).unwrap_or_default();
    let after = after.replace('\0', "");
    show_accounts(&market, frame, &after).await
}

async fn show_accounts(market: &Market, frame: Frame, after: &str) -> Result<Response, PageError> {
    let rows = users::after(&market.database, after, PAGE_SIZE).await?;
    let error = frame.error.clone();
    let page = AccountsPage {
        frame,
        next: next(&rows, |row| &row.name),
        users: rows,
        roles: SITE_ROLES,
    };
    Frame::render(error.as_ref(), &page)
}

/// `POST /administration/accounts/role`: who moderates and administers.
///
/// # Errors
///
/// `internal`.
pub async fn set_role(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    client: ClientAddress,
    fields: Fields,
) -> Result<Response, PageError> {
    match change_role(&market, &session, &fields, client).await {
        Ok(()) => Ok(done("/administration/accounts", "saved")),
        Err(error) => show_accounts(&market, frame.with(Some(error)), "").await,
    }
}

async fn change_role(
    market: &Market,
    session: &SignedInRow,
    fields: &Fields,
    client: ClientAddress,
) -> Result<(), MarketError> {
    let role = fields.raw("role");
    if !SITE_ROLES.contains(&role) {
        return Err(unprocessable(
            "bad-role",
            "There is no such role",
            "Choose one of the list",
        ));
    }
    let user = named_user(market, &fields.line("name")).await?;
    if user.id == session.user_id {
        return Err(unprocessable(
            "own-role",
            "Nobody changes their own role",
            "Ask another administrator",
        ));
    }
    users::set_site_role(&market.database, &user.id, role).await?;
    Event::new(
        Actor::User(session.name.clone()),
        Action::SiteRoleSet,
        client,
    )
    .about_user(&user.id)
    .with(format!("{} {role}", user.name))
    .record(&*market.database)
    .await
}

fn unprocessable(id: &'static str, message: &str, hint: &str) -> MarketError {
    MarketError::new(StatusCode::UNPROCESSABLE_ENTITY, id, message, hint)
}
