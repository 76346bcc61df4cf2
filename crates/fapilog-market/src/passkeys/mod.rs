//! Passkeys (WebAuthn, level 3): adding one to an account, and signing in with it. Both go in two
//! steps: the server asks ([`registration::begin`], [`assertion::begin`]), the authenticator answers.

pub mod assertion;
pub mod challenge;
pub mod registration;
pub mod relying_party;

use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use webauthn_rs::prelude::{Passkey, Uuid};

use crate::error::MarketError;
use crate::queries::passkeys::PasskeyRow;

/// Most passkeys of one account.
pub const MOST: i64 = 10;

/// Longest answer of an authenticator that is read: without an attestation it is 1 KiB or so, and a
/// name that the authenticator gives the key adds no more than another.
const MAX_ANSWER_BYTES: usize = 16 * 1024;

/// What authenticators know an account by. They give it back to whoever has them, so that it says
/// nothing: neither the name nor the id.
fn handle(user_id: &str) -> Uuid {
    let digest = Sha256::new()
        .chain_update("passkey handle:")
        .chain_update(user_id)
        .finalize();
    let mut bytes = [0; 16];
    for (byte, of_digest) in bytes.iter_mut().zip(digest) {
        *byte = of_digest;
    }
    Uuid::from_bytes(bytes)
}

/// An authenticator's answer, as the browser wrote it; `None` when it is none.
fn read_answer<T: DeserializeOwned>(text: &str) -> Option<T> {
    if text.len() > MAX_ANSWER_BYTES {
        return None;
    }
    serde_json::from_str(text).ok()
}

fn stored(row: &PasskeyRow) -> Result<Passkey, MarketError> {
    serde_json::from_str(&row.credential).map_err(|error| MarketError::internal(&error))
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<Value, MarketError> {
    serde_json::to_value(value).map_err(|error| MarketError::internal(&error))
}

fn to_text<T: serde::Serialize>(value: &T) -> Result<String, MarketError> {
    serde_json::to_string(value).map_err(|error| MarketError::internal(&error))
}
