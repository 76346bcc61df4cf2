//! Questions to authenticators: kept here, bound to one browser, good for one answer.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::to_text;
use crate::clock;
use crate::error::MarketError;
use crate::market::Market;
use crate::queries::passkeys::{self, ChallengeRow};

/// How long an answer may take.
pub const LIFE: Duration = Duration::from_secs(300);

/// Most questions that wait for an answer, some 1 KiB each. Above that the oldest go: somebody who
/// answers within ten seconds still can while a thousand others ask in each of them.
const MOST: i64 = 10_000;

/// What a question is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Adding a passkey to the account that is signed in.
    Add,
    /// The second factor after a password.
    SecondFactor,
    /// Signing in with nothing else.
    SignIn,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::SecondFactor => "second-factor",
            Self::SignIn => "sign-in",
        }
    }
}

/// Keeps what an answer is checked with.
pub(super) async fn put<S: Serialize>(
    market: &Market,
    purpose: Purpose,
    visit_sha256: &str,
    user_id: Option<&str>,
    state: &S,
) -> Result<(), MarketError> {
    let now_us = clock::now_us();
    let life_us = i64::try_from(LIFE.as_micros()).unwrap_or_default();
    let row = ChallengeRow {
        visit_sha256: visit_sha256.to_owned(),
        purpose: purpose.word().to_owned(),
        user_id: user_id.map(str::to_owned),
        state: to_text(state)?,
        expires_us: now_us + life_us,
    };
    Ok(passkeys::put_challenge(&market.database, &row, MOST, now_us).await?)
}

/// Uses up what was asked of this browser for this purpose and account, if there is such a question.
pub(super) async fn take<S: DeserializeOwned>(
    market: &Market,
    purpose: Purpose,
    visit_sha256: &str,
    user_id: Option<&str>,
) -> Result<Option<S>, MarketError> {
    let now_us = clock::now_us();
    let word = purpose.word();
    let row = passkeys::take_challenge(&market.database, visit_sha256, word, now_us).await?;
    let row = row.filter(|row| row.user_id.as_deref() == user_id);
    // A state of another version can't be read: as if it had never been asked.
    Ok(row.and_then(|row| serde_json::from_str(&row.state).ok()))
}
