//! `/account/totp`: setting up an authenticator app.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::audit::Action;
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::account::{self, own, password, record, recovery_codes};
use crate::handlers::frame::{Frame, done};
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::queries::sessions::SignedInRow;
use crate::queries::users;
use crate::totp::{self, Picture};

#[derive(Template)]
#[template(path = "account/totp.html")]
struct Page {
    frame: Frame,
    seed: String,
    address: String,
    picture: Picture,
}

/// `GET /account/totp`: a new seed, which counts for nothing until a code of it is given back.
///
/// # Errors
///
/// `internal`.
pub async fn get(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
) -> Result<Response, PageError> {
    show(&market, &session, frame, totp::new_seed()?)
}

fn show(
    market: &Market,
    session: &SignedInRow,
    frame: Frame,
    seed: String,
) -> Result<Response, PageError> {
    let host = market.public_url.split("://").nth(1).unwrap_or_default();
    let (address, picture) = totp::address(&seed, host, &session.name)?;
    let error = frame.error.clone();
    let page = Page {
        frame,
        seed,
        address,
        picture,
    };
    Frame::render(error.as_ref(), &page)
}

/// `POST /account/totp`: turns the authenticator on and shows the recovery codes, once.
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
    match turn_on(&market, &session, &fields, client).await {
        Ok(codes) => recovery_codes::show(frame, "The authenticator is on.", codes),
        Err(error) => {
            let seed = fields.line("seed");
            let known = totp::step_of(&seed, "", 0).is_ok();
            let seed = if known { seed } else { totp::new_seed()? };
            show(&market, &session, frame.with(Some(error)), seed)
        }
    }
}

async fn turn_on(
    market: &Market,
    session: &SignedInRow,
    fields: &Fields,
    client: ClientAddress,
) -> Result<Vec<String>, MarketError> {
    let user = password::confirm(market, session, fields.raw("password"), client).await?;
    let wrong = || {
        MarketError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "wrong-code",
            "The code is wrong",
            "Check that the clock of your device is right, and wait for the next code",
        )
    };
    let seed = fields.line("seed");
    let now_s = u64::try_from(clock::now_us() / 1_000_000).unwrap_or_default();
    let step = totp::step_of(&seed, fields.raw("code"), now_s).map_err(|_| wrong())?;
    let step = step.ok_or_else(wrong)?;
    let (codes, stored) = totp::new_recovery_codes()?;
    let mut transaction = market.database.begin().await?;
    users::set_totp(&mut *transaction, &user.id, Some(&seed), step).await?;
    users::set_recovery_codes(&mut transaction, &user.id, &stored).await?;
    transaction.commit().await?;
    record(market, session, Action::TotpOn, client, "").await?;
    Ok(codes)
}

/// `POST /account/totp/remove`.
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
    match turn_off(&market, &session, &fields, client).await {
        Ok(()) => Ok(done("/account", "authenticator-off")),
        Err(error) => account::show(&market, &session, frame.with(Some(error))).await,
    }
}

async fn turn_off(
    market: &Market,
    session: &SignedInRow,
    fields: &Fields,
    client: ClientAddress,
) -> Result<(), MarketError> {
    password::confirm(market, session, fields.raw("password"), client).await?;
    let user = own(market, session).await?;
    let mut transaction = market.database.begin().await?;
    users::set_totp(&mut *transaction, &user.id, None, user.totp_step).await?;
    users::drop_needless_recovery_codes(&mut transaction, &user.id).await?;
    transaction.commit().await?;
    record(market, session, Action::TotpOff, client, "").await
}
