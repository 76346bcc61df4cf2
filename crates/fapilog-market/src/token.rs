//! API tokens: `fapm_<id>_<secret>`. Only a hash of the secret is stored.

use std::fmt;

use fapilog_package::name::ProjectName;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::error::MarketError;
use crate::queries::tokens::TokenRow;
use crate::routes::right::TokenAction;

/// What every token begins with, so that secret scanners can find lost ones.
pub const PREFIX: &str = "fapm_";
/// Bytes of the public id; enough that ids don't collide by chance.
const ID_BYTES: usize = 6;
/// Bytes of the secret: 256 bits, out of reach of guessing.
const SECRET_BYTES: usize = 32;

/// A token as its owner holds it. Never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// Public part, by which the stored row is found.
    pub id: String,
    secret: String,
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Token({PREFIX}{}_****)", self.id)
    }
}

impl Token {
    /// A new random token.
    ///
    /// # Errors
    ///
    /// `internal` when the system's source of randomness fails.
    pub fn generate() -> Result<Self, MarketError> {
        let mut bytes = [0; ID_BYTES + SECRET_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| MarketError::internal(&error))?;
        let (id, secret) = bytes.split_at(ID_BYTES);
        Ok(Self {
            id: hex::encode(id),
            secret: hex::encode(secret),
        })
    }

    /// Parses a token as a client sends it; `None` when it isn't one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let is_hex = |part: &str, bytes: usize| {
            part.len() == bytes * 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        (is_hex(id, ID_BYTES) && is_hex(secret, SECRET_BYTES)).then(|| Self {
            id: id.to_owned(),
            secret: secret.to_owned(),
        })
    }

    /// The whole token, to be shown once to its owner.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}_{}", self.id, self.secret)
    }

    /// What is stored. A plain hash is enough for a secret of 256 random bits.
    #[must_use]
    pub fn secret_sha256(&self) -> String {
        hex::encode(Sha256::digest(self.secret.as_bytes()))
    }

    /// The row of a token that the operator gives out, for uploads and for good.
    #[must_use]
    pub fn operator_row(&self, label: &str, scope: &Scope, now_us: i64) -> TokenRow {
        TokenRow {
            id: self.id.clone(),
            label: label.to_owned(),
            secret_sha256: self.secret_sha256(),
            project: scope.to_string(),
            created_us: now_us,
            revoked_us: None,
            user_id: None,
            source: "operator".to_owned(),
            action: TokenAction::Upload.word().to_owned(),
            expires_us: None,
            used_us: None,
        }
    }

    /// Whether this token is the stored one and still good, in a time that doesn't depend on how
    /// much agrees.
    #[must_use]
    pub fn matches(&self, row: &TokenRow, now_us: i64) -> bool {
        let same = self
            .secret_sha256()
            .as_bytes()
            .ct_eq(row.secret_sha256.as_bytes());
        let ended = row
            .expires_us
            .is_some_and(|expires_us| expires_us <= now_us);
        bool::from(same) && row.revoked_us.is_none() && !ended
    }
}

/// Which projects a token may upload to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every project.
    All,
    /// One project.
    Project(ProjectName),
    /// Several projects.
    Projects(Vec<ProjectName>),
}

impl Scope {
    /// Parses `*`, a project name, or several with commas between them.
    ///
    /// # Errors
    ///
    /// `invalid-project-name`.
    pub fn parse(text: &str) -> Result<Self, MarketError> {
        match text {
            "*" => Ok(Self::All),
            names if names.contains(',') => {
                let names = names.split(',').map(ProjectName::parse);
                Ok(Self::Projects(names.collect::<Result<_, _>>()?))
            }
            name => Ok(Self::Project(ProjectName::parse(name)?)),
        }
    }

    /// Whether uploads to this project are within the scope.
    #[must_use]
    pub fn covers(&self, project: &ProjectName) -> bool {
        match self {
            Self::All => true,
            Self::Project(own) => own == project,
            Self::Projects(own) => own.contains(project),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => formatter.write_str("*"),
            Self::Project(name) => name.fmt(formatter),
            Self::Projects(names) => {
                let names: Vec<&str> = names.iter().map(ProjectName::as_str).collect();
                formatter.write_str(&names.join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_again_from_its_text_and_never_debug_printed() {
        let token = Token::generate().unwrap();
        assert_eq!(Token::parse(&token.reveal()).as_ref(), Some(&token));
        assert!(!format!("{token:?}").contains(&token.secret));
    }

    #[test]
    fn texts_that_are_no_tokens_are_refused() {
        let token = Token::generate().unwrap().reveal();
        for text in [
            "",
            "fapm_",
            "fapm_a_b",
            &token[1..],
            &token[..token.len() - 1],
        ] {
            assert_eq!(Token::parse(text), None);
        }
    }

    #[test]
    fn a_revoked_expired_or_other_token_does_not_match() {
        let token = Token::generate().unwrap();
        let row = token.operator_row("", &Scope::All, 0);
        assert!(token.matches(&row, 10));
        let revoked = TokenRow {
            revoked_us: Some(1),
            ..row.clone()
        };
        assert!(!token.matches(&revoked, 10));
        let ended = TokenRow {
            expires_us: Some(10),
            ..row.clone()
        };
        assert!(token.matches(&ended, 9) && !token.matches(&ended, 10));
        assert!(!Token::generate().unwrap().matches(&row, 10));
    }
}
