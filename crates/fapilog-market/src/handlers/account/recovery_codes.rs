//! `POST /account/recovery-codes`, and the page that shows codes, once.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::audit::Action;
use crate::client_address::ClientAddress;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::account::{self, password, record};
use crate::handlers::frame::Frame;
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::queries::sessions::SignedInRow;
use crate::queries::users;
use crate::second_factor;
use crate::totp;

#[derive(Template)]
#[template(path = "account/recovery_codes.html")]
struct Page {
    frame: Frame,
    done: &'static str,
    codes: Vec<String>,
}

/// The page, with what was done.
///
/// # Errors
///
/// `internal`.
pub fn show(frame: Frame, done: &'static str, codes: Vec<String>) -> Result<Response, PageError> {
    Frame::render(None, &Page { frame, done, codes })
}

/// Makes new codes; those from before are worth nothing then.
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
    match make(&market, &session, &fields, client).await {
        Ok(codes) => show(
            frame,
            "The old recovery codes are worth nothing now.",
            codes,
        ),
        Err(error) => account::show(&market, &session, frame.with(Some(error))).await,
    }
}

async fn make(
    market: &Market,
    session: &SignedInRow,
    fields: &Fields,
    client: ClientAddress,
) -> Result<Vec<String>, MarketError> {
    let user = password::confirm(market, session, fields.raw("password"), client).await?;
    if !second_factor::is_on(market, &user).await? {
        return Err(MarketError::new(
            StatusCode::CONFLICT,
            "no-second-factor",
            "There is nothing that recovery codes could stand in for",
            "Set up an authenticator, or add a passkey",
        ));
    }
    let (codes, stored) = totp::new_recovery_codes()?;
    let mut transaction = market.database.begin().await?;
    users::set_recovery_codes(&mut transaction, &user.id, &stored).await?;
    transaction.commit().await?;
    record(market, session, Action::RecoveryCodesMade, client, "").await?;
    Ok(codes)
}
