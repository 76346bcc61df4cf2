//! Adding a passkey to an account.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use webauthn_rs::prelude::{Passkey, PasskeyRegistration, RegisterPublicKeyCredential};

use super::challenge::{self, Purpose};
use super::{MOST, handle, read_answer, stored, to_json, to_text};
use crate::clock;
use crate::error::MarketError;
use crate::market::Market;
use crate::queries::passkeys::{self, PasskeyRow};
use crate::queries::sessions::SignedInRow;
use crate::queries::users;
use crate::totp;

/// Longest identifier of a passkey in bytes (WebAuthn, section 5.8.3).
const MAX_ID_BYTES: usize = 1023;

/// What the browser is to ask an authenticator: `{"publicKey": …}`, the options of
/// `navigator.credentials.create` as JSON.
///
/// # Errors
///
/// `no-passkeys-here`, `too-many-passkeys`, `internal`.
pub async fn begin(market: &Market, session: &SignedInRow) -> Result<Value, MarketError> {
    let party = market.relying_party.get()?;
    let rows = passkeys::of_user(&market.database, &session.user_id).await?;
    if i64::try_from(rows.len()).is_ok_and(|count| count >= MOST) {
        return Err(too_many());
    }
    let mut known = Vec::with_capacity(rows.len());
    for row in &rows {
        known.push(stored(row)?.cred_id().clone());
    }
    let name = &session.name;
    let (options, state) = party
        .start_passkey_registration(handle(&session.user_id), name, name, Some(known))
        .map_err(|error| MarketError::internal(&error))?;
    let (visit, user) = (&session.secret_sha256, Some(session.user_id.as_str()));
    challenge::put(market, Purpose::Add, visit, user, &state).await?;
    let mut options = to_json(&options)?;
    // One that the authenticator finds by itself, so that it signs in without a name.
    if let Some(selection) = options.pointer_mut("/publicKey/authenticatorSelection") {
        selection["residentKey"] = json!("required");
        selection["requireResidentKey"] = json!(true);
    }
    Ok(options)
}

/// Adds the passkey that an authenticator made. Returns recovery codes, to be shown once, when the
/// account had none.
///
/// # Errors
///
/// `no-passkeys-here`, `bad-passkey`, `too-many-passkeys`, `passkey-taken`, `internal`.
pub async fn finish(
    market: &Market,
    session: &SignedInRow,
    name: &str,
    answer: &str,
) -> Result<Option<Vec<String>>, MarketError> {
    let party = market.relying_party.get()?;
    let (visit, user) = (&session.secret_sha256, Some(session.user_id.as_str()));
    let state: Option<PasskeyRegistration> =
        challenge::take(market, Purpose::Add, visit, user).await?;
    let answer: Option<RegisterPublicKeyCredential> = read_answer(answer);
    let (Some(state), Some(answer)) = (state, answer) else {
        return Err(bad());
    };
    let passkey = party.finish_passkey_registration(&answer, &state);
    let passkey = passkey.map_err(|error| {
        tracing::info!(%error, "a passkey was not added");
        bad()
    })?;
    store(market, &row(session, name, &passkey)?).await
}

fn row(session: &SignedInRow, name: &str, passkey: &Passkey) -> Result<PasskeyRow, MarketError> {
    let id = passkey.cred_id().as_slice();
    if id.len() > MAX_ID_BYTES {
        return Err(bad());
    }
    Ok(PasskeyRow {
        credential_id: URL_SAFE_NO_PAD.encode(id),
        user_id: session.user_id.clone(),
        name: name.to_owned(),
        credential: to_text(passkey)?,
        created_us: clock::now_us(),
        used_us: None,
    })
}

async fn store(market: &Market, row: &PasskeyRow) -> Result<Option<Vec<String>>, MarketError> {
    let mut transaction = market.database.begin().await?;
    match passkeys::insert(&mut transaction, row, MOST).await {
        Ok(true) => {}
        Ok(false) => return Err(too_many()),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => return Err(taken()),
        Err(error) => return Err(error.into()),
    }
    // Counted while the account is locked: nobody else makes codes at the same time.
    let left = users::count_recovery_codes(&mut *transaction, &row.user_id).await?;
    let codes = if left == 0 {
        let (codes, stored) = totp::new_recovery_codes()?;
        users::set_recovery_codes(&mut transaction, &row.user_id, &stored).await?;
        Some(codes)
    } else {
        None
    };
    transaction.commit().await?;
    Ok(codes)
}

fn bad() -> MarketError {
    MarketError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "bad-passkey",
        "The passkey could not be added",
        "Try once more; an answer counts once, for five minutes, and the device must check that it \
         is you",
    )
}

fn taken() -> MarketError {
    MarketError::new(
        StatusCode::CONFLICT,
        "passkey-taken",
        "This passkey is known already",
        "Add another one, or remove it where it is",
    )
}

fn too_many() -> MarketError {
    MarketError::new(
        StatusCode::CONFLICT,
        "too-many-passkeys",
        format!("{MOST} passkeys are there already"),
        "Remove one that is not used any more",
    )
}
