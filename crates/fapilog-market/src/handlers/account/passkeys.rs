//! `/account/passkeys`: what signs somebody in without a password, or after it.

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use crate::audit::Action;
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::account::{MAX_TEXT, own, password, record, recovery_codes};
use crate::handlers::frame::{Frame, done};
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::passkeys::{MOST, registration};
use crate::queries::passkeys::{self, PasskeyRow};
use crate::queries::sessions::SignedInRow;
use crate::queries::users;

#[derive(Template)]
#[template(path = "account/passkeys.html")]
struct Page {
    frame: Frame,
    passkeys: Vec<ShownPasskey>,
    /// Whether the address of this marketplace allows passkeys.
    can_be_used: bool,
    most: i64,
    is_full: bool,
}

struct ShownPasskey {
    row: PasskeyRow,
    added: String,
    used: String,
}

/// `GET /account/passkeys`.
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

async fn show(market: &Market, session: &SignedInRow, frame: Frame) -> Result<Response, PageError> {
    let rows = passkeys::of_user(&market.database, &session.user_id).await?;
    let shown = rows.into_iter().map(|row| ShownPasskey {
        added: clock::date(row.created_us),
        used: row.used_us.map(clock::date).unwrap_or_default(),
        row,
    });
    let shown: Vec<_> = shown.collect();
    let error = frame.error.clone();
    let page = Page {
        frame,
        is_full: i64::try_from(shown.len()).is_ok_and(|count| count >= MOST),
        passkeys: shown,
        can_be_used: market.relying_party.is_there(),
        most: MOST,
    };
    Frame::render(error.as_ref(), &page)
}

/// `POST /account/passkeys/begin`: the question for the authenticator, after the password. What comes
/// of it can be added by this session only, and needs no password again.
///
/// # Errors
///
/// `no-passkeys-here`, `no-name`, `wrong-password`, `too-many-passkeys`, `internal`.
pub async fn begin(
    State(market): State<Market>,
    session: SignedInRow,
    client: ClientAddress,
    fields: Fields,
) -> Result<Json<Value>, MarketError> {
    name(&fields)?;
    password::confirm(&market, &session, fields.raw("password"), client).await?;
    Ok(Json(registration::begin(&market, &session).await?))
}

/// `POST /account/passkeys`: adds what the authenticator made.
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
    match add(&market, &session, &fields, client).await {
        Ok(Some(codes)) => recovery_codes::show(frame, "The passkey is added.", codes),
        Ok(None) => Ok(done("/account/passkeys", "passkey")),
        Err(error) => show(&market, &session, frame.with(Some(error))).await,
    }
}

async fn add(
    market: &Market,
    session: &SignedInRow,
    fields: &Fields,
    client: ClientAddress,
) -> Result<Option<Vec<String>>, MarketError> {
    let name = name(fields)?;
    let codes = registration::finish(market, session, &name, fields.raw("credential")).await?;
    record(market, session, Action::PasskeyAdded, client, &name).await?;
    Ok(codes)
}

fn name(fields: &Fields) -> Result<String, MarketError> {
    let name: String = fields.line("name").chars().take(MAX_TEXT).collect();
    if name.is_empty() {
        return Err(MarketError::bad_request(
            "no-name",
            "The passkey has no name",
            "Call it after the device that it is on, for example `laptop`",
        ));
    }
    Ok(name)
}

/// `POST /account/passkeys/remove`.
///
/// # Errors
///
/// `internal`.
pub async fn remove(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    client: ClientAddress,
    fields: Fields,
) -> Result<Response, PageError> {
    match take_away(&market, &session, &fields, client).await {
        Ok(()) => Ok(done("/account/passkeys", "passkey-off")),
        Err(error) => show(&market, &session, frame.with(Some(error))).await,
    }
}

async fn take_away(
    market: &Market,
    session: &SignedInRow,
    fields: &Fields,
    client: ClientAddress,
) -> Result<(), MarketError> {
    password::confirm(market, session, fields.raw("password"), client).await?;
    let user = own(market, session).await?;
    let mut transaction = market.database.begin().await?;
    let removed = passkeys::remove(&mut transaction, &user.id, fields.raw("passkey")).await?;
    let name = removed.ok_or_else(|| {
        MarketError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "no-passkey",
            "There is no such passkey",
            "Choose one of the list",
        )
    })?;
    users::drop_needless_recovery_codes(&mut transaction, &user.id).await?;
    transaction.commit().await?;
    record(market, session, Action::PasskeyRemoved, client, &name).await
}
