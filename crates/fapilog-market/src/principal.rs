//! Who makes a request.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::MarketError;
use crate::market::Market;
use crate::queries::tokens::{self, TokenRow};
use crate::token::{PREFIX, Token};

/// The user name that goes with a token in `Basic`.
pub const TOKEN_USER: &str = "__token__";

/// Who makes a request, as far as its credentials show.
#[derive(Debug, Clone)]
pub enum Principal {
    /// Nobody that is known.
    Anonymous,
    /// Whoever holds an API token.
    Token(TokenRow),
}

impl Principal {
    /// Finds out who makes a request.
    ///
    /// # Errors
    ///
    /// `token` when a token is given that is wrong or was revoked; `internal`.
    pub async fn of(market: &Market, headers: &HeaderMap) -> Result<Self, MarketError> {
        let Some(value) = headers.get(header::AUTHORIZATION) else {
            return Ok(Self::Anonymous);
        };
        let wrong = || {
            let message = "the token is wrong or was revoked";
            refused(StatusCode::FORBIDDEN, message)
        };
        let token = value
            .to_str()
            .ok()
            .and_then(parse_authorization)
            .ok_or_else(wrong)?;
        let row = tokens::find(&market.database, &token.id).await?;
        let row = row.filter(|row| token.matches(row)).ok_or_else(wrong)?;
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
            Self::Anonymous => Err(refused(StatusCode::UNAUTHORIZED, "this needs a token")),
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
        "sign in and try again",
    )
}

fn refused(status: StatusCode, message: &str) -> MarketError {
    let hint = format!(
        "use the user name `{TOKEN_USER}` and a token that begins with `{PREFIX}`; make one with \
         `fapilog-market token create`"
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
