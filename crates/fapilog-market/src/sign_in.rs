//! Signing in: sessions, and how many wrong guesses there may be.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::audit::{Action, Actor, Event};
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::market::Market;
use crate::password::Password;
use crate::queries::rate_counts;
use crate::queries::sessions::{self, SessionRow, SignedInRow};
use crate::queries::users::{self, UserRow};
use crate::rate_limit::Budget;
use crate::secret::{Secret, sha256};
use crate::visit::Visit;

/// How long a session lives without being used.
const IDLE_US: i64 = 14 * 24 * 3600 * 1_000_000;
/// How long a session lives at most.
const LIFE_US: i64 = 30 * 24 * 3600 * 1_000_000;
/// How long somebody may look for the second factor.
const PENDING_US: i64 = 10 * 60 * 1_000_000;
/// How exactly the last use is known.
const SEEN_STEP_US: i64 = 60 * 1_000_000;

/// Wrong passwords or codes for one account before it is locked for the rest of the window.
pub const GUESSES: Budget = Budget {
    count: 10,
    window_s: 900,
};

/// Longest name of a browser that is kept.
const MAX_AGENT_CHARACTERS: usize = 120;

/// The session that a cookie stands for, if it is still good.
///
/// # Errors
///
/// `internal`.
pub async fn session(market: &Market, secret: &Secret) -> Result<Option<SignedInRow>, MarketError> {
    let now_us = clock::now_us();
    let digest = secret.sha256();
    let found = sessions::find(&market.database, &digest, now_us).await?;
    if let Some(row) = &found
        && row.is_pending == 0
        && now_us - row.seen_us > SEEN_STEP_US
    {
        let expires_us = (now_us + IDLE_US).min(row.created_us + LIFE_US);
        sessions::touch(&market.database, &digest, now_us, expires_us).await?;
    }
    Ok(found)
}

/// Whom a name and a password belong to. `None` for a wrong name, a wrong password and an account
/// that is locked alike, and after the same work.
///
/// # Errors
///
/// `internal`.
pub async fn check_password(
    market: &Market,
    name: &str,
    password: Password,
    client: ClientAddress,
) -> Result<Option<UserRow>, MarketError> {
    let name = name.trim().to_lowercase();
    // Counted by what was typed, so that unknown names lock as known ones do.
    let key = format!("password:{}", sha256(&name));
    let user = users::by_name_or_email(&market.database, &name).await?;
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    // Counted before it is looked at, so that many at once are no more than so many in a row.
    let guesses = guess(market, &key).await?;
    let locked = guesses > i64::from(GUESSES.count);
    let right = password.matches(market, hash).await?;
    match user {
        Some(user) if right && !locked => {
            rate_counts::forget(&market.database, &key).await?;
            Ok(Some(user))
        }
        user => {
            let action = if guesses == i64::from(GUESSES.count) {
                Action::SignInLocked
            } else {
                Action::SignInFailed
            };
            let event = Event::new(Actor::Anonymous, action, client);
            let event = match &user {
                Some(user) => event.about_user(&user.id),
                None => event,
            };
            event.record(&*market.database).await?;
            Ok(None)
        }
    }
}

/// Counts a guess; more than [`GUESSES`] allows must not be looked at. Who is right has it forgotten.
///
/// # Errors
///
/// `internal`.
pub async fn guess(market: &Market, key: &str) -> Result<i64, MarketError> {
    let window = GUESSES.window_at(clock::now_us());
    Ok(rate_counts::count(&market.database, key, window).await?)
}

/// Signs somebody in: whatever the browser held before is worth nothing from now on. Answers with
/// a redirect.
///
/// # Errors
///
/// `internal`.
pub async fn begin(
    market: &Market,
    headers: &HeaderMap,
    client: ClientAddress,
    user: &UserRow,
    begun: Begun,
) -> Result<Response, MarketError> {
    if let Some(old) = Visit::known(headers, market.is_secure()) {
        sessions::end(&market.database, &old.sha256()).await?;
    }
    let visit = Visit::new()?;
    let now_us = clock::now_us();
    let pending = matches!(begun, Begun::SecondFactorMissing(_));
    let agent = headers.get(header::USER_AGENT);
    let agent = agent
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let row = SessionRow {
        secret_sha256: visit.secret.sha256(),
        user_id: user.id.clone(),
        is_pending: i64::from(pending),
        created_us: now_us,
        seen_us: now_us,
        expires_us: now_us + if pending { PENDING_US } else { IDLE_US },
        client: client.to_string(),
        agent: agent.chars().take(MAX_AGENT_CHARACTERS).collect(),
    };
    sessions::forget_ended(&market.database, now_us).await?;
    sessions::insert(&market.database, &row).await?;
    let target = match begun {
        Begun::SecondFactorMissing(next) => {
            let next = url::form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
            format!("/sign-in/second-factor?next={next}")
        }
        Begun::Whole(next, how) => {
            Event::new(Actor::User(user.name.clone()), Action::SignedIn, client)
                .about_user(&user.id)
                .with(how)
                .record(&*market.database)
                .await?;
            next
        }
    };
    Ok(with_cookie(
        Redirect::to(&target),
        visit.cookie(market.is_secure()),
    ))
}

/// How far somebody has come, and where they want to go.
#[derive(Debug, Clone)]
pub enum Begun {
    /// The password was right; the address to go on to.
    SecondFactorMissing(String),
    /// Everything was right; the address to go on to, and how they showed who they are.
    Whole(String, &'static str),
}

/// Adds `Set-Cookie` to an answer.
#[must_use]
pub fn with_cookie(answer: impl IntoResponse, cookie: Option<HeaderValue>) -> Response {
    let mut response = answer.into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// An address on this site and nothing else: `next` of sign-in forms comes from outside.
#[must_use]
pub fn local_address(next: &str) -> String {
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic());
    let local = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    if plain && local {
        next.to_owned()
    } else {
        "/account".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(local_address("/plugins/?q=a%20b"), "/plugins/?q=a%20b");
        for elsewhere in [
            "",
            "//evil.test",
            "/\\evil.test",
            "https://evil.test",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x",
            "/\t/evil.test",
            "account",
        ] {
            assert_eq!(local_address(elsewhere), "/account", "{elsewhere}");
        }
    }
}
