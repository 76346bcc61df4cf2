//! Passwords: what may be one, and how it is kept (argon2id).

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::LazyLock;

use crate::error::MarketError;
use crate::market::Market;

/// Shortest password in characters.
pub const MIN_CHARACTERS: usize = 10;
/// Longest password in bytes.
pub const MAX_BYTES: usize = 256;

/// 19 MiB, two passes, one lane: the first choice of OWASP's password storage guide for argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// Passwords that are hashed at the same time; bounds the memory that guessing can take.
pub const AT_ONCE: usize = 4;

/// What is verified when there is no account, so that an answer takes as long as for one.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash("nobody has this password").ok());

/// A password that somebody typed. Never printed by `Debug`.
#[derive(Clone)]
pub struct Password(String);

impl std::fmt::Debug for Password {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Password(****)")
    }
}

impl Password {
    /// A password as it was typed, to be compared.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// A password that is to be kept.
    ///
    /// # Errors
    ///
    /// `weak-password` when it is too short, too long, or follows from the account's name.
    pub fn choose(text: &str, name: &str) -> Result<Self, MarketError> {
        let weak = |message: String| {
            let hint = "take a sentence, or what a password manager proposes";
            Err(MarketError::bad_request("weak-password", message, hint))
        };
        if text.chars().count() < MIN_CHARACTERS {
            return weak(format!(
                "a password has at least {MIN_CHARACTERS} characters"
            ));
        }
        if text.len() > MAX_BYTES {
            return weak(format!("a password has at most {MAX_BYTES} bytes"));
        }
        let lower = text.to_lowercase();
        let first = lower.chars().next();
        if lower.chars().all(|character| Some(character) == first) {
            return weak("one character over and over is no password".to_owned());
        }
        if lower.replace(&name.to_lowercase(), "").chars().count() < MIN_CHARACTERS / 2 {
            return weak("the password says little more than the name".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    /// What is stored of it.
    ///
    /// # Errors
    ///
    /// `internal`.
    pub async fn hash(self, market: &Market) -> Result<String, MarketError> {
        let turn = market.hashing.acquire().await;
        let _turn = turn.map_err(|error| MarketError::internal(&error))?;
        tokio::task::spawn_blocking(move || hash(&self.0))
            .await
            .map_err(|error| MarketError::internal(&error))?
    }

    /// Whether it is the stored one. Takes as long when nothing is stored.
    ///
    /// # Errors
    ///
    /// `internal`.
    pub async fn matches(
        self,
        market: &Market,
        stored: Option<String>,
    ) -> Result<bool, MarketError> {
        let turn = market.hashing.acquire().await;
        let _turn = turn.map_err(|error| MarketError::internal(&error))?;
        tokio::task::spawn_blocking(move || {
            let there = stored.is_some();
            let compared = stored.or_else(|| NOBODY.clone()).unwrap_or_default();
            let same = PasswordHash::new(&compared)
                .is_ok_and(|hash| verifier().verify_password(self.0.as_bytes(), &hash).is_ok());
            there && same
        })
        .await
        .map_err(|error| MarketError::internal(&error))
    }
}

fn verifier() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(text: &str) -> Result<String, MarketError> {
    let hash: PasswordHash = verifier()
        .hash_password(text.as_bytes())
        .map_err(|error| MarketError::internal(&error))?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_are_soon_guessed_are_refused() {
        for weak in [
            "short",
            "aaaaaaaaaaaaaaaa",
            "ada-lovelace",
            "Ada-Lovelace1",
            &"x1".repeat(200),
        ] {
            let error = Password::choose(weak, "ada-lovelace").unwrap_err();
            assert_eq!(error.id, "weak-password", "{weak}");
        }
        assert!(Password::choose("correct horse battery", "ada").is_ok());
    }

    #[test]
    fn a_hash_names_its_method_and_cost_and_is_never_the_same_twice() {
        let first = hash("correct horse battery").unwrap();
        assert!(
            first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{first}"
        );
        assert_ne!(first, hash("correct horse battery").unwrap());
        let parsed = PasswordHash::new(&first).unwrap();
        assert!(
            verifier()
                .verify_password(b"correct horse battery", &parsed)
                .is_ok()
        );
        assert!(
            verifier()
                .verify_password(b"correct horse batterz", &parsed)
                .is_err()
        );
    }
}
