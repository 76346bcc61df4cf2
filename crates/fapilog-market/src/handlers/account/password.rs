//! `POST /account/password`, and the question for the password before what matters.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::audit::Action;
use crate::client_address::ClientAddress;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::account::{record, show};
use crate::handlers::frame::{Frame, done};
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::password::Password;
use crate::queries::sessions::{self, SignedInRow};
use crate::queries::users::{self, UserRow};
use crate::sign_in;

/// Changes the password and ends all other sessions.
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
        Ok(()) => Ok(done("/account", "password")),
        Err(error) => show(&market, &session, frame.with(Some(error))).await,
    }
}

async fn change(
    market: &Market,
    session: &SignedInRow,
    fields: &Fields,
    client: ClientAddress,
) -> Result<(), MarketError> {
    let user = confirm(market, session, fields.raw("old"), client).await?;
    let hash = Password::choose(fields.raw("new"), &user.name)?
        .hash(market)
        .await?;
    let mut transaction = market.database.begin().await?;
    users::set_password(&mut *transaction, &user.id, &hash).await?;
    sessions::end_others(&mut *transaction, &user.id, &session.secret_sha256).await?;
    transaction.commit().await?;
    record(market, session, Action::PasswordChanged, client, "").await
}

/// Whoever is signed in must know the password: a browser that was left open is not enough. Wrong
/// ones count as at the sign-in.
///
/// # Errors
///
/// `wrong-password`, `internal`.
pub async fn confirm(
    market: &Market,
    session: &SignedInRow,
    password: &str,
    client: ClientAddress,
) -> Result<UserRow, MarketError> {
    let password = Password::typed(password);
    let user = sign_in::check_password(market, &session.name, password, client).await?;
    user.ok_or_else(|| {
        MarketError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "wrong-password",
            "The password is wrong",
            "Who signed in elsewhere and has none sets one at `/recover`",
        )
    })
}
