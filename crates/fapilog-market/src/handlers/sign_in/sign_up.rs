//! `/sign-up`: a new account.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::account_name::{AccountName, parse_email};
use crate::audit::{Action, Actor, Event};
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::account;
use crate::handlers::frame::Frame;
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::password::Password;
use crate::queries::users::{self, UserRow};
use crate::secret::new_id;
use crate::sign_in::{self, Begun};

#[derive(Template)]
#[template(path = "sign_in/sign_up.html")]
struct Page {
    frame: Frame,
    name: String,
    email: String,
    sends_mail: bool,
    min_characters: usize,
}

/// `GET /sign-up`.
///
/// # Errors
///
/// `sign-up-closed`, `internal`.
pub async fn get(State(market): State<Market>, frame: Frame) -> Result<Response, PageError> {
    check_open(&market)?;
    show(&market, frame, String::new(), String::new())
}

fn check_open(market: &Market) -> Result<(), MarketError> {
    if market.config.sign_up {
        return Ok(());
    }
    Err(MarketError::new(
        StatusCode::FORBIDDEN,
        "sign-up-closed",
        "accounts are made by the operator here",
        "ask the operator for `fapilog-market account create`",
    ))
}

fn show(market: &Market, frame: Frame, name: String, email: String) -> Result<Response, PageError> {
    let error = frame.error.clone();
    let page = Page {
        frame,
        name,
        email,
        sends_mail: market.outbox.sends(),
        min_characters: crate::password::MIN_CHARACTERS,
    };
    Frame::render(error.as_ref(), &page)
}

/// `POST /sign-up`. Names are public, so that a taken one is told; an address is not, so that the
/// answer is the same whether another account has it or not.
///
/// # Errors
///
/// `sign-up-closed`, `internal`.
pub async fn post(
    State(market): State<Market>,
    frame: Frame,
    client: ClientAddress,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PageError> {
    check_open(&market)?;
    match create(&market, &fields, client).await {
        Ok(user) => {
            account::email::send_verification(&market, &user).await?;
            let begun = Begun::Whole("/account?done=account".to_owned(), "sign-up");
            Ok(sign_in::begin(&market, &headers, client, &user, begun).await?)
        }
        Err(error) => {
            let (name, email) = (fields.line("name"), fields.line("email"));
            show(&market, frame.with(Some(error)), name, email)
        }
    }
}

async fn create(
    market: &Market,
    fields: &Fields,
    client: ClientAddress,
) -> Result<UserRow, MarketError> {
    let name = AccountName::parse(fields.raw("name"))?;
    let email = match fields.line("email").as_str() {
        "" => String::new(),
        text => parse_email(text)?,
    };
    let password = Password::choose(fields.raw("password"), name.as_str())?;
    let user = UserRow {
        id: new_id()?,
        name: name.to_string(),
        email,
        email_verified_us: None,
        password_hash: Some(password.hash(market).await?),
        site_role: "none".to_owned(),
        totp_secret: None,
        totp_step: 0,
        created_us: clock::now_us(),
        deleted_us: None,
    };
    insert(market, &user).await?;
    Event::new(
        Actor::User(user.name.clone()),
        Action::AccountCreated,
        client,
    )
    .about_user(&user.id)
    .record(&*market.database)
    .await?;
    Ok(user)
}

/// Stores an account, whose name must be free.
///
/// # Errors
///
/// `account-name-taken`, `internal`.
pub async fn insert(market: &Market, user: &UserRow) -> Result<(), MarketError> {
    let mut transaction = market.database.begin().await?;
    match users::insert(&mut transaction, user).await {
        Ok(()) => Ok(transaction.commit().await?),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Err(taken(&user.name)),
        Err(error) => Err(error.into()),
    }
}

/// A name that somebody has, or had.
#[must_use]
pub fn taken(name: &str) -> MarketError {
    MarketError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "account-name-taken",
        format!("`{name}` is taken"),
        "take another name; names of deleted accounts are never given again",
    )
}
