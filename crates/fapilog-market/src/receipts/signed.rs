//! Statements: read, their signature checked, and each taken once.

use axum::http::StatusCode;
use fapilog_market_api::receipt::{MAX_STATEMENT_BYTES, signed_bytes};
use fapilog_market_api::{Signed, Statement};
use ring::signature::{ED25519, UnparsedPublicKey};
use sqlx::AnyConnection;

use super::{MAX_DISTANCE_S, NONCE_LIFE_US};
use crate::clock;
use crate::error::MarketError;
use crate::market::Market;
use crate::queries::receipts::{self, ReceiptKeyRow};

const SECOND_US: i64 = 1_000_000;

/// A statement whose signature and time are right, with the key that signed it.
pub(super) struct Verified<S> {
    pub statement: S,
    pub key: ReceiptKeyRow,
}

/// Reads a statement and checks who signed it, and when.
///
/// # Errors
///
/// `bad-receipt`, `receipt-signature`, `receipt-time`, `internal`.
pub(super) async fn verify<S: Statement>(
    market: &Market,
    signed: &Signed,
) -> Result<Verified<S>, MarketError> {
    let statement: S = read(&signed.statement)?;
    let signature = hex::decode(&signed.signature).map_err(|_| bad("the signature"))?;
    let key = receipts::find_key(&market.database, statement.key()).await?;
    let key = key.filter(|key| is_signed(key, &signed_bytes::<S>(&signed.statement), &signature));
    let key = key.ok_or_else(not_signed)?;
    check_time(statement.at_s(), clock::now_us())?;
    Ok(Verified { statement, key })
}

/// Takes the statement, once. To be called first in the transaction that does what it says.
///
/// # Errors
///
/// `receipt-used`, `internal`.
pub(super) async fn take_once<S: Statement>(
    connection: &mut AnyConnection,
    verified: &Verified<S>,
    now_us: i64,
) -> Result<(), MarketError> {
    let nonce = verified.statement.nonce();
    let (key, old_us) = (&verified.key.id, now_us - NONCE_LIFE_US);
    if receipts::take_nonce(connection, key, nonce, now_us, old_us).await? {
        return Ok(());
    }
    Err(MarketError::new(
        StatusCode::CONFLICT,
        "receipt-used",
        "this statement came before",
        "make a new one with a nonce of its own",
    ))
}

fn read<S: Statement>(text: &str) -> Result<S, MarketError> {
    if text.len() > MAX_STATEMENT_BYTES {
        return Err(bad("the length of the statement"));
    }
    let statement: S = serde_json::from_str(text).map_err(|_| bad("the statement"))?;
    if !is_hex(statement.nonce(), 32) {
        return Err(bad("the nonce"));
    }
    // No key has such an id, and PostgreSQL takes a NUL for an error.
    if !is_hex(statement.key(), 16) {
        return Err(not_signed());
    }
    Ok(statement)
}

/// Whether a text is so many lower-case hexadecimal digits.
pub(super) fn is_hex(text: &str, digits: usize) -> bool {
    let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == digits && text.bytes().all(hexadecimal)
}

fn is_signed(key: &ReceiptKeyRow, message: &[u8], signature: &[u8]) -> bool {
    let Ok(public) = hex::decode(&key.public_key) else {
        return false;
    };
    let public = UnparsedPublicKey::new(&ED25519, public);
    public.verify(message, signature).is_ok()
}

fn check_time(at_s: i64, now_us: i64) -> Result<(), MarketError> {
    let now_s = now_us.div_euclid(SECOND_US);
    let distance_s = now_s.saturating_sub(at_s);
    if (-MAX_DISTANCE_S..=MAX_DISTANCE_S).contains(&distance_s) {
        return Ok(());
    }
    Err(MarketError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "receipt-time",
        format!("the statement is {distance_s} seconds old, at most {MAX_DISTANCE_S} are taken"),
        "set the clock of the machine",
    ))
}

/// Something in a statement that is not as the API's document says. It is not repeated.
pub(super) fn bad(what: &str) -> MarketError {
    MarketError::bad_request(
        "bad-receipt",
        format!("{what} is not as the API's document says"),
        "see `/api/v1/openapi.json`",
    )
}

/// One answer for an unknown key and a wrong signature: which keys there are is nobody's business.
fn not_signed() -> MarketError {
    MarketError::new(
        StatusCode::FORBIDDEN,
        "receipt-signature",
        "no key of an account here has signed this",
        "switch receipts off and on again: `fapilog plugin receipts off`, then `on`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_good_for_some_minutes_before_and_after() {
        let now_s = 1_800_000_000;
        for (at_s, is_good) in [
            (now_s, true),
            (now_s - MAX_DISTANCE_S, true),
            (now_s + MAX_DISTANCE_S, true),
            (now_s - MAX_DISTANCE_S - 1, false),
            (now_s + MAX_DISTANCE_S + 1, false),
            (i64::MIN, false),
            (i64::MAX, false),
        ] {
            let checked = check_time(at_s, now_s * SECOND_US);
            assert_eq!(checked.is_ok(), is_good, "{at_s}");
        }
    }

    #[test]
    fn a_nonce_is_remembered_longer_than_its_statement_is_good() {
        // The earliest moment it can come, and the latest at which it could come once more.
        const { assert!(NONCE_LIFE_US > 2 * MAX_DISTANCE_S * SECOND_US) };
    }
}
