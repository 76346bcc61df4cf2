//! `/account/receipts`: which installations send receipts, what they said, and how to end that.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::audit::Actor;
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::frame::{Frame, done};
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::queries::receipts::{self, ReceiptKeyRow, ReceiptRow};
use crate::queries::sessions::SignedInRow;
use crate::receipts::key;

const HERE: &str = "/account/receipts";

#[derive(Template)]
#[template(path = "account/receipts.html")]
struct Page {
    frame: Frame,
    keys: Vec<ShownKey>,
    receipts: Vec<ShownReceipt>,
}

struct ShownKey {
    row: ReceiptKeyRow,
    added: String,
    used: Option<String>,
}

struct ShownReceipt {
    row: ReceiptRow,
    received: String,
}

/// `GET /account/receipts`.
///
/// # Errors
///
/// `internal`.
pub async fn get(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
) -> Result<Response, PageError> {
    let mut connection = market.database.acquire().await.map_err(MarketError::from)?;
    let keys = receipts::keys_of(&mut connection, &session.user_id).await?;
    let rows = receipts::of_user(&mut connection, &session.user_id).await?;
    drop(connection);
    let keys = keys.into_iter().map(|row| ShownKey {
        added: clock::date(row.created_us),
        used: row.used_us.map(clock::date),
        row,
    });
    let rows = rows.into_iter().map(|row| ShownReceipt {
        received: clock::second(row.received_us),
        row,
    });
    let page = Page {
        frame,
        keys: keys.collect(),
        receipts: rows.collect(),
    };
    Frame::render(None, &page)
}

/// `POST /account/receipts/key`: removes one of the own keys.
///
/// # Errors
///
/// `internal`.
pub async fn remove_key(
    State(market): State<Market>,
    session: SignedInRow,
    client: ClientAddress,
    fields: Fields,
) -> Result<Response, PageError> {
    let id = fields.line("id");
    let mut transaction = market.database.begin().await.map_err(MarketError::from)?;
    let own = receipts::keys_of(&mut transaction, &session.user_id).await?;
    if let Some(found) = own.iter().find(|row| row.id == id) {
        let by = Actor::User(session.name);
        key::remove(&mut transaction, by, found, client).await?;
        transaction.commit().await?;
    }
    Ok(done(HERE, "removed"))
}

/// `POST /account/receipts/remove`: forgets one receipt.
///
/// # Errors
///
/// `internal`.
pub async fn remove(
    State(market): State<Market>,
    session: SignedInRow,
    fields: Fields,
) -> Result<Response, PageError> {
    let (project, version) = (fields.line("project"), fields.line("version"));
    let mut connection = market.database.acquire().await.map_err(MarketError::from)?;
    receipts::forget(&mut connection, &session.user_id, &project, &version).await?;
    Ok(done(HERE, "removed"))
}

/// `POST /account/receipts/forget`: forgets all of them.
///
/// # Errors
///
/// `internal`.
pub async fn forget(
    State(market): State<Market>,
    session: SignedInRow,
    client: ClientAddress,
) -> Result<Response, PageError> {
    let mut transaction = market.database.begin().await.map_err(MarketError::from)?;
    let by = Actor::User(session.name.clone());
    key::forget_all(&mut transaction, by, &session.user_id, None, client).await?;
    transaction.commit().await?;
    Ok(done(HERE, "removed"))
}
