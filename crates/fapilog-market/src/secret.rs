//! Random secrets that stand for somebody: cookies, links, codes.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::error::MarketError;

/// 256 random bits, out of reach of guessing; so a plain hash of it may be stored.
const BYTES: usize = 32;

/// A secret in lower-case hexadecimal. Never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(****)")
    }
}

impl Secret {
    /// A new one.
    ///
    /// # Errors
    ///
    /// `internal` when the system's source of randomness fails.
    pub fn generate() -> Result<Self, MarketError> {
        let mut bytes = [0; BYTES];
        fill(&mut bytes)?;
        Ok(Self(hex::encode(bytes)))
    }

    /// Parses one as a client sends it; `None` when it isn't one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == BYTES * 2 && text.bytes().all(hexadecimal)).then(|| Self(text.to_owned()))
    }

    /// The text, for its owner.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored.
    #[must_use]
    pub fn sha256(&self) -> String {
        sha256(&self.0)
    }
}

/// The digest of a text in hexadecimal.
#[must_use]
pub fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// A new random id: 64 bits, so that ids don't collide by chance, in hexadecimal.
///
/// # Errors
///
/// `internal` when the system's source of randomness fails.
pub fn new_id() -> Result<String, MarketError> {
    let mut bytes = [0; 8];
    fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

/// Fills bytes at random.
///
/// # Errors
///
/// `internal` when the system's source of randomness fails.
pub fn fill(bytes: &mut [u8]) -> Result<(), MarketError> {
    getrandom::fill(bytes).map_err(|error| MarketError::internal(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_again_from_its_text_and_never_debug_printed() {
        let secret = Secret::generate().unwrap();
        assert_eq!(Secret::parse(secret.reveal()).as_ref(), Some(&secret));
        assert!(!format!("{secret:?}").contains(secret.reveal()));
        assert_ne!(Secret::generate().unwrap(), secret);
        for text in ["", "x", &"A".repeat(64), &"a".repeat(63)] {
            assert_eq!(Secret::parse(text), None);
        }
    }
}
