//! Who makes a request.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::audit::Actor;
use crate::clock;
use crate::error::MarketError;
use crate::market::Market;
use crate::queries::sessions::SignedInRow;
use crate::queries::tokens::{self, TokenRow};
use crate::sign_in;
use crate::token::{PREFIX, Token};
use crate::visit::Visit;

/// The user name that goes with a token in `Basic`.
pub const TOKEN_USER: &str = "__token__";

/// How often the last use of a token is written down.
const USED_STEP_US: i64 = 60 * 1_000_000;

/// Who makes a request, as far as its credentials show.
#[derive(Debug, Clone)]
pub enum Principal {
    /// Nobody that is known.
    Anonymous,
    /// Whoever is signed in, with all factors.
    User(SignedInRow),
    /// Whoever gave the right password, and still has to give a second factor.
    Pending(SignedInRow),
    /// Whoever holds an API token.
    Token(TokenRow),
}

impl Principal {
    /// Finds out who makes a request. With `Authorization`, cookies don't count.
    ///
    /// # Errors
    ///
    /// `token` when a token is given that is wrong or no longer good; `internal`.
    pub async fn of(market: &Market, headers: &HeaderMap) -> Result<Self, MarketError> {
        if headers.contains_key(header::AUTHORIZATION) {
            return Self::by_token(market, headers).await;
        }
        let Some(secret) = Visit::known(headers, market.is_secure()) else {
            return Ok(Self::Anonymous);
        };
        Ok(match sign_in::session(market, &secret).await? {
            None => Self::Anonymous,
            Some(row) if row.is_pending == 0 => Self::User(row),
            Some(row) => Self::Pending(row),
        })
    }

    /// Finds out whose token a request comes with; cookies don't count.
    ///
    /// # Errors
    ///
    /// `token` when a token is given that is wrong or no longer good; `internal`.
    pub async fn by_token(market: &Market, headers: &HeaderMap) -> Result<Self, MarketError> {
        let Some(value) = headers.get(header::AUTHORIZATION) else {
            return Ok(Self::Anonymous);
        };
        let wrong = || {
            let message = "the token is wrong, was revoked, or has expired";
            refused(StatusCode::FORBIDDEN, message)
        };
        let token = value
            .to_str()
            .ok()
            .and_then(parse_authorization)
            .ok_or_else(wrong)?;
        let now_us = clock::now_us();
        let row = tokens::find(&market.database, &token.id).await?;
        let row = row.filter(|row| token.matches(row, now_us));
        let row = row.ok_or_else(wrong)?;
        if now_us - row.used_us.unwrap_or_default() > USED_STEP_US {
            tokens::touch(&market.database, &row.id, now_us).await?;
        }
        Ok(Self::Token(row))
    }

    /// The token that the request came with.
    ///
    /// # Errors
    ///
    /// `token` when it came with none.
    pub fn token(&self) -> Result<&TokenRow, MarketError> {
        match self {
            Self::Token(row) => Ok(row),
            _ => Err(refused(StatusCode::UNAUTHORIZED, "this needs a token")),
        }
    }

    /// Who is signed in.
    ///
    /// # Errors
    ///
    /// `not-signed-in`.
    pub fn user(&self) -> Result<&SignedInRow, MarketError> {
        match self {
            Self::User(row) => Ok(row),
            _ => Err(not_signed_in()),
        }
    }

    /// How the audit log names them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match self {
            Self::Anonymous => Actor::Anonymous,
            Self::User(row) | Self::Pending(row) => Actor::User(row.name.clone()),
            Self::Token(row) => Actor::Token(row.id.clone()),
        }
    }
}

/// What somebody gets who would have to be signed in.
#[must_use]
pub fn not_signed_in() -> MarketError {
    MarketError::new(
        StatusCode::UNAUTHORIZED,
        "not-signed-in",
        "this is for people who are signed in",
        "sign in at `/sign-in` and try again",
    )
}

fn refused(status: StatusCode, message: &str) -> MarketError {
    let hint = format!(
        "use the user name `{TOKEN_USER}` and a token that begins with `{PREFIX}`; make one at \
         `/account/tokens`, or with `fapilog-market token create`"
    );
    MarketError::new(status, "token", message, hint)
}

/// The token in a `Basic` header with the right user, or in a `Bearer` header.
fn parse_authorization(value: &str) -> Option<Token> {
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Token::parse(rest.trim());
    }
    let decoded = STANDARD.decode(rest.trim()).ok()?;
    let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    (scheme.eq_ignore_ascii_case("basic") && user == TOKEN_USER)
        .then(|| Token::parse(password))
        .flatten()
}

/// Finds out who asks when the guard had no reason to.
impl<S: Send + Sync> FromRequestParts<S> for Principal
where
    Market: FromRef<S>,
{
    type Rejection = MarketError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, MarketError> {
        match parts.extensions.get::<Self>() {
            Some(known) => Ok(known.clone()),
            None => Self::of(&Market::from_ref(state), &parts.headers).await,
        }
    }
}

/// Who is signed in, for handlers of routes whose right says that somebody is.
impl<S: Send + Sync> FromRequestParts<S> for SignedInRow
where
    Market: FromRef<S>,
{
    type Rejection = MarketError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, MarketError> {
        let principal = Principal::from_request_parts(parts, state).await?;
        principal.user().cloned()
    }
}
