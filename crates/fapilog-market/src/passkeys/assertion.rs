//! Signing in with a passkey, by itself or as the second factor after a password.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use webauthn_rs::prelude::{DiscoverableAuthentication, PublicKeyCredential, WebauthnError};

use super::challenge::{self, Purpose};
use super::{handle, read_answer, stored, to_json, to_text};
use crate::audit::{Action, Actor, Event};
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::market::Market;
use crate::queries::passkeys::{self, PasskeyRow};
use crate::queries::rate_counts;
use crate::queries::sessions::SignedInRow;
use crate::queries::users::{self, UserRow};
use crate::secret::Secret;
use crate::sign_in::{self, GUESSES};

/// Whose passkey is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// Anybody's: it says itself whose it is.
    Anybodys,
    /// That of whoever gave the right password.
    Theirs(&'a SignedInRow),
}

impl<'a> Whose<'a> {
    const fn purpose(self) -> Purpose {
        match self {
            Self::Anybodys => Purpose::SignIn,
            Self::Theirs(_) => Purpose::SecondFactor,
        }
    }

    fn user_id(self) -> Option<&'a str> {
        match self {
            Self::Anybodys => None,
            Self::Theirs(session) => Some(&session.user_id),
        }
    }

    fn failed(self, action: Action, client: ClientAddress) -> Event {
        match self {
            Self::Anybodys => Event::new(Actor::Anonymous, action, client),
            Self::Theirs(session) => Event::new(Actor::User(session.name.clone()), action, client)
                .about_user(&session.user_id),
        }
    }
}

/// What the browser is to ask an authenticator: `{"publicKey": …}`, the options of
/// `navigator.credentials.get` as JSON. Where nobody has said who they are, it names no passkeys and
/// so says nothing of who has any.
///
/// # Errors
///
/// `no-passkeys-here`, `internal`.
pub async fn begin(
    market: &Market,
    visit: &Secret,
    whose: Whose<'_>,
) -> Result<Value, MarketError> {
    let party = market.relying_party.get()?;
    let (options, state) = party
        .start_discoverable_authentication()
        .map_err(|error| MarketError::internal(&error))?;
    let user_id = whose.user_id();
    challenge::put(market, whose.purpose(), &visit.sha256(), user_id, &state).await?;
    let mut options = to_json(&options)?;
    if let Some(user_id) = user_id {
        let rows = passkeys::of_user(&market.database, user_id).await?;
        let known = rows
            .iter()
            .map(|row| json!({"type": "public-key", "id": row.credential_id}));
        options["publicKey"]["allowCredentials"] = known.collect();
    }
    // The library asks beside a form's field; these pages have a button.
    Ok(json!({ "publicKey": options["publicKey"] }))
}

/// Whose passkey answered. `None` for an answer that is wrong in any way: to a question that was not
/// asked of this browser, too late or before, for another address, with another's key, or by a key
/// that seems to have been copied.
///
/// # Errors
///
/// `no-passkeys-here`, `internal`.
pub async fn finish(
    market: &Market,
    visit: &Secret,
    whose: Whose<'_>,
    answer: &str,
    client: ClientAddress,
) -> Result<Option<UserRow>, MarketError> {
    market.relying_party.get()?;
    let user_id = whose.user_id();
    let state: Option<DiscoverableAuthentication> =
        challenge::take(market, whose.purpose(), &visit.sha256(), user_id).await?;
    let answer: Option<PublicKeyCredential> = read_answer(answer);
    let row = match &answer {
        Some(answer) => owned(market, whose, answer).await?,
        None => None,
    };
    let action = match (&state, &answer, &row) {
        (Some(state), Some(answer), Some(row)) => match check(market, state, answer, row).await? {
            Checked::Right => return Ok(users::find(&market.database, &row.user_id).await?),
            Checked::Wrong(action) => action,
        },
        _ => None,
    };
    let action = action.unwrap_or(match whose {
        Whose::Anybodys => Action::SignInFailed,
        Whose::Theirs(_) => Action::SecondFactorFailed,
    });
    let event = whose.failed(action, client);
    let event = match &row {
        Some(row) => event
            .about_user(&row.user_id)
            .with(format!("passkey {}", row.name)),
        None => event.with("passkey"),
    };
    event.record(&*market.database).await?;
    Ok(None)
}

/// The passkey that answers, if it is one of whoever is asked and says the same itself.
async fn owned(
    market: &Market,
    whose: Whose<'_>,
    answer: &PublicKeyCredential,
) -> Result<Option<PasskeyRow>, MarketError> {
    let id = URL_SAFE_NO_PAD.encode(answer.get_credential_id());
    let row = passkeys::find(&market.database, &id).await?;
    let told = answer.get_user_unique_id();
    Ok(row.filter(|row| {
        let own = handle(&row.user_id);
        let agrees = told.is_some_and(|told| told == own.as_bytes());
        match whose.user_id() {
            None => agrees,
            Some(user_id) => row.user_id == user_id && (agrees || told.is_none()),
        }
    }))
}

/// What came of an answer.
enum Checked {
    Right,
    /// What the log is to call it, if it is more than wrong.
    Wrong(Option<Action>),
}

async fn check(
    market: &Market,
    state: &DiscoverableAuthentication,
    answer: &PublicKeyCredential,
    row: &PasskeyRow,
) -> Result<Checked, MarketError> {
    let key = format!("passkey:{}", row.user_id);
    let limit = i64::from(GUESSES.count);
    let guesses = sign_in::guess(market, &key).await?;
    if guesses > limit {
        return Ok(Checked::Wrong(None));
    }
    let party = market.relying_party.get()?;
    let mut passkey = stored(row)?;
    let result = party.finish_discoverable_authentication_v2(answer, state.clone(), &passkey);
    let result = match result {
        Ok(result) => result,
        Err(WebauthnError::CredentialPossibleCompromise) => {
            return Ok(Checked::Wrong(Some(Action::PasskeyCopied)));
        }
        Err(error) => {
            tracing::info!(%error, "a passkey was refused");
            let locked = (guesses == limit).then_some(Action::SignInLocked);
            return Ok(Checked::Wrong(locked));
        }
    };
    passkey.update_credential(&result);
    let updated = to_text(&passkey)?;
    // Of two answers at once that count on from the same number, one is good.
    if !passkeys::note_use(&market.database, row, &updated, clock::now_us()).await? {
        return Ok(Checked::Wrong(None));
    }
    rate_counts::forget(&market.database, &key).await?;
    Ok(Checked::Right)
}

/// One answer for all that can be wrong with a passkey.
#[must_use]
pub fn wrong() -> MarketError {
    MarketError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "wrong-passkey",
        "The passkey was not accepted",
        "Try once more, or use another way; after ten wrong tries passkeys are refused for up to 15 \
         minutes",
    )
}
