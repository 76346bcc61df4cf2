//! `POST /account/delete`: the end of an account.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use sqlx::AnyConnection;

use crate::audit::{Action, Actor, Event};
use crate::catalogue::entry::publisher_changed;
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::account::{password, show};
use crate::handlers::frame::{Frame, done};
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::queries::publishers;
use crate::queries::sessions::SignedInRow;
use crate::queries::users::{self, UserRow};

/// Deletes the account: files and projects stay, everything personal goes.
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
    match delete(&market, &session, &fields, client).await {
        Ok(()) => Ok(done("/sign-in", "removed")),
        Err(error) => show(&market, &session, frame.with(Some(error))).await,
    }
}

async fn delete(
    market: &Market,
    session: &SignedInRow,
    fields: &Fields,
    client: ClientAddress,
) -> Result<(), MarketError> {
    if fields.line("name").to_lowercase() != session.name {
        return Err(MarketError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "not-confirmed",
            "That is not your name",
            "Type your name to delete the account",
        ));
    }
    let user = password::confirm(market, session, fields.raw("password"), client).await?;
    let mut transaction = market.database.begin().await?;
    check_organisations(market, &mut transaction, &user).await?;
    users::erase(&mut transaction, &user, clock::now_us()).await?;
    publisher_changed(&mut transaction, &user.name).await?;
    Event::new(
        Actor::User(user.name.clone()),
        Action::AccountDeleted,
        client,
    )
    .about_user(&user.id)
    .record(&mut *transaction)
    .await?;
    Ok(transaction.commit().await?)
}

/// No organisation may be left without an owner.
async fn check_organisations(
    market: &Market,
    connection: &mut AnyConnection,
    user: &UserRow,
) -> Result<(), MarketError> {
    for own in publishers::organisations_of(&market.database, &user.id).await? {
        let members = publishers::members(connection, &own.name).await?;
        let others = members
            .iter()
            .any(|member| member.role == "owner" && member.user_id != user.id);
        if own.role == "owner" && !others {
            return Err(MarketError::new(
                StatusCode::CONFLICT,
                "last-owner",
                format!("`{}` would be left without an owner", own.name),
                "make somebody else its owner first",
            ));
        }
    }
    Ok(())
}
