//! Keys that sign receipts: added with a token of their account, ended by a statement or by hand.

use axum::http::StatusCode;
use fapilog_market_api::{KeyEnd, NewReceiptKey, Signed};
use sqlx::AnyConnection;

use super::MAX_KEYS;
use super::signed::{bad, is_hex, take_once, verify};
use crate::audit::{Action, Actor, Event};
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::market::Market;
use crate::queries::receipts::{self, ReceiptKeyRow};
use crate::queries::tokens::TokenRow;
use crate::queries::users;
use crate::rights;
use crate::secret::new_id;

/// Longest name of an installation in characters.
const MAX_LABEL: usize = 100;

/// Adds a key for the account that a token belongs to.
///
/// # Errors
///
/// `bad-receipt`, `too-many-receipt-keys`, `forbidden` for a token without an account, `internal`.
pub async fn add(
    market: &Market,
    token: &TokenRow,
    asked: NewReceiptKey,
    client: ClientAddress,
) -> Result<ReceiptKeyRow, MarketError> {
    let user_id = rights::require_account(token)?;
    if !is_hex(&asked.public_key, 64) {
        return Err(bad("the public key"));
    }
    if asked.label.chars().count() > MAX_LABEL {
        return Err(bad("the label"));
    }
    let row = ReceiptKeyRow {
        id: new_id()?,
        user_id: user_id.to_owned(),
        public_key: asked.public_key,
        label: asked.label.chars().filter(|c| !c.is_control()).collect(),
        created_us: clock::now_us(),
        used_us: None,
    };
    let mut transaction = market.database.begin().await?;
    if !users::lock(&mut transaction, user_id).await? {
        return Err(rights::forbidden("the account was deleted"));
    }
    if receipts::keys_of(&mut transaction, user_id).await?.len() >= MAX_KEYS {
        return Err(MarketError::new(
            StatusCode::CONFLICT,
            "too-many-receipt-keys",
            format!("{MAX_KEYS} installations send receipts already"),
            "remove those that you don't use at `/account/receipts`",
        ));
    }
    receipts::insert_key(&mut transaction, &row).await?;
    Event::new(
        Actor::Token(token.id.clone()),
        Action::ReceiptKeyAdded,
        client,
    )
    .about_user(user_id)
    .with(row.id.clone())
    .record(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(row)
}

/// Ends a key that says so itself, and forgets what it signed if it asks for that.
///
/// # Errors
///
/// `bad-receipt`, `receipt-signature`, `receipt-time`, `receipt-used`, `internal`.
pub async fn end(
    market: &Market,
    signed: &Signed,
    client: ClientAddress,
) -> Result<(), MarketError> {
    let verified = verify::<KeyEnd>(market, signed).await?;
    let mut transaction = market.database.begin().await?;
    take_once(&mut transaction, &verified, clock::now_us()).await?;
    let key = &verified.key;
    let by = Actor::ReceiptKey(key.id.clone());
    if verified.statement.forget {
        forget_all(
            &mut transaction,
            by.clone(),
            &key.user_id,
            Some(&key.id),
            client,
        )
        .await?;
    }
    remove(&mut transaction, by, key, client).await?;
    Ok(transaction.commit().await?)
}

/// Removes a key, and writes that down.
///
/// # Errors
///
/// `internal`.
pub async fn remove(
    connection: &mut AnyConnection,
    by: Actor,
    key: &ReceiptKeyRow,
    client: ClientAddress,
) -> Result<(), MarketError> {
    if !receipts::remove_key(connection, &key.id, &key.user_id).await? {
        return Ok(());
    }
    Event::new(by, Action::ReceiptKeyRemoved, client)
        .about_user(&key.user_id)
        .with(key.id.clone())
        .record(connection)
        .await
}

/// Forgets all receipts of an account, or those that one key signed, and writes that down.
///
/// # Errors
///
/// `internal`.
pub async fn forget_all(
    connection: &mut AnyConnection,
    by: Actor,
    user_id: &str,
    key_id: Option<&str>,
    client: ClientAddress,
) -> Result<(), MarketError> {
    let count = receipts::forget_all(connection, user_id, key_id).await?;
    Event::new(by, Action::ReceiptsForgotten, client)
        .about_user(user_id)
        .with(format!("{count} of them"))
        .record(connection)
        .await
}
