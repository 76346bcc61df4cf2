//! The one cookie: a random secret. Alone it only binds forms to the browser that asked for them;
//! signing in replaces it by another, behind which the database knows an account.

use std::fmt::Write as _;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::error::MarketError;
use crate::secret::{Secret, fill};

/// Longest life of the cookie in seconds; sessions end sooner by the database.
const MAX_AGE_S: u32 = 30 * 24 * 3600;

/// Bytes of a form's token: the code and a pad.
const CODE_BYTES: usize = 32;

/// What a browser that visits holds. Never shows its secret in `Debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The cookie's value.
    pub secret: Secret,
    /// Whether the browser has yet to be given it.
    pub is_new: bool,
}

impl Visit {
    /// The visit that a request belongs to, or a new one.
    ///
    /// # Errors
    ///
    /// `internal` when the system's source of randomness fails.
    pub fn of(headers: &HeaderMap, secure: bool) -> Result<Self, MarketError> {
        match Self::known(headers, secure) {
            Some(secret) => Ok(Self {
                secret,
                is_new: false,
            }),
            None => Self::new(),
        }
    }

    /// A new visit.
    ///
    /// # Errors
    ///
    /// `internal` when the system's source of randomness fails.
    pub fn new() -> Result<Self, MarketError> {
        Ok(Self {
            secret: Secret::generate()?,
            is_new: true,
        })
    }

    /// The secret that a request comes with.
    #[must_use]
    pub fn known(headers: &HeaderMap, secure: bool) -> Option<Secret> {
        let wanted = cookie_name(secure);
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == wanted)
            .and_then(|(_, value)| Secret::parse(value))
    }

    /// `Set-Cookie` that gives the browser this visit. No script reads it, no other site sends it
    /// along with a form, and behind TLS no other host can plant it (`__Host-`).
    #[must_use]
    pub fn cookie(&self, secure: bool) -> Option<HeaderValue> {
        let mut text = format!(
            "{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={MAX_AGE_S}",
            cookie_name(secure),
            self.secret.reveal()
        );
        if secure {
            text.push_str("; Secure");
        }
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The token for the forms of one page. It differs each time, so that compressed answers don't
    /// give it away bit by bit.
    ///
    /// # Errors
    ///
    /// `internal` when the system's source of randomness fails.
    pub fn form_token(&self) -> Result<String, MarketError> {
        let mut pad = [0; CODE_BYTES];
        fill(&mut pad)?;
        let code = code(&self.secret)?;
        let mut text = String::with_capacity(CODE_BYTES * 4);
        for byte in pad {
            let _ = write!(text, "{byte:02x}");
        }
        for (code, pad) in code.iter().zip(pad) {
            let _ = write!(text, "{:02x}", code ^ pad);
        }
        Ok(text)
    }

    /// Whether a form was made for this visit.
    #[must_use]
    pub fn made(&self, form_token: &str) -> bool {
        let Ok(bytes) = hex::decode(form_token) else {
            return false;
        };
        if bytes.len() != CODE_BYTES * 2 {
            return false;
        }
        let (pad, masked) = bytes.split_at(CODE_BYTES);
        let given: Vec<u8> = masked.iter().zip(pad).map(|(a, b)| a ^ b).collect();
        code(&self.secret).is_ok_and(|code| bool::from(code.ct_eq(given.as_slice())))
    }
}

/// The visit that the guard found, on routes that look at the cookie.
impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = MarketError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MarketError> {
        match parts.extensions.get::<Self>() {
            Some(visit) => Ok(visit.clone()),
            None => Self::new(),
        }
    }
}

/// `__Host-` needs TLS; without it browsers would refuse the cookie.
fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-fapilog" } else { "fapilog" }
}

fn code(secret: &Secret) -> Result<[u8; CODE_BYTES], MarketError> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes());
    let mut mac = mac.map_err(|error| MarketError::internal(&error))?;
    mac.update(b"form");
    Ok(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_known_by_the_visit_that_made_them_only() {
        let (visit, other) = (Visit::new().unwrap(), Visit::new().unwrap());
        let (first, second) = (visit.form_token().unwrap(), visit.form_token().unwrap());
        assert_ne!(first, second);
        assert!(visit.made(&first) && visit.made(&second));
        assert!(!other.made(&first));
        for wrong in ["", "00", &first[1..], &"0".repeat(128), "é"] {
            assert!(!visit.made(wrong));
        }
    }

    #[test]
    fn the_cookie_is_read_back_and_locked_to_its_host_behind_tls() {
        let visit = Visit::new().unwrap();
        for secure in [false, true] {
            let cookie = visit.cookie(secure).unwrap();
            let text = cookie.to_str().unwrap();
            assert_eq!(text.starts_with("__Host-"), secure);
            assert_eq!(text.ends_with("; Secure"), secure);
            assert!(text.contains("; HttpOnly; SameSite=Lax"));
            let pair = text.split(';').next().unwrap();
            let mut headers = HeaderMap::new();
            let sent = format!("a=b; {pair}; c=d");
            headers.insert(header::COOKIE, HeaderValue::from_str(&sent).unwrap());
            assert_eq!(Visit::known(&headers, secure).as_ref(), Some(&visit.secret));
            assert_eq!(Visit::known(&headers, !secure), None);
        }
    }
}
