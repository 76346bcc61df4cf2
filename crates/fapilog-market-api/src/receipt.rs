//! `/api/v1/receipts`: what an installation says that it installed, where its owner has agreed to that.
//!
//! A statement is the text of a JSON object, sent in [`Signed`] with an Ed25519 signature (RFC 8032) of
//! [`Statement::CONTEXT`] followed by exactly that text. A context of its own for each kind keeps one
//! statement from being taken for another.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Most bytes of a statement.
pub const MAX_STATEMENT_BYTES: usize = 2048;

/// What can be stated. A statement is good for some minutes around its time, once.
pub trait Statement: Serialize + DeserializeOwned {
    /// What stands before the text in what is signed.
    const CONTEXT: &'static str;

    /// Id of the key that signs, as the marketplace gave it.
    fn key(&self) -> &str;

    /// Random, 32 hexadecimal digits: no two statements of a key have the same.
    fn nonce(&self) -> &str;

    /// When it was made, in seconds since 1970.
    fn at_s(&self) -> i64;
}

/// The bytes that are signed.
#[must_use]
pub fn signed_bytes<S: Statement>(text: &str) -> Vec<u8> {
    [S::CONTEXT.as_bytes(), text.as_bytes()].concat()
}

/// A statement with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Signed {
    /// The statement as JSON text, exactly as it was signed.
    #[cfg_attr(feature = "openapi", schema(min_length = 2, max_length = 2048))]
    pub statement: String,
    /// Ed25519 signature in hexadecimal.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9a-f]{128}$"))]
    pub signature: String,
}

/// States that a file was installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// Id of the key that signs.
    pub key: String,
    /// 32 hexadecimal digits at random.
    pub nonce: String,
    /// When it was made, in seconds since 1970.
    pub at_s: i64,
    /// Name of the distribution.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the file that was installed, in hexadecimal.
    pub sha256: String,
    /// Version of the core that it was installed beside.
    pub core: String,
    /// Version of Python.
    pub python: String,
}

impl Statement for Receipt {
    const CONTEXT: &'static str = "fapilog-receipt-v1\n";

    fn key(&self) -> &str {
        &self.key
    }

    fn nonce(&self) -> &str {
        &self.nonce
    }

    fn at_s(&self) -> i64 {
        self.at_s
    }
}

/// States that a key signs nothing more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyEnd {
    /// Id of the key, which signs this last statement.
    pub key: String,
    /// 32 hexadecimal digits at random.
    pub nonce: String,
    /// When it was made, in seconds since 1970.
    pub at_s: i64,
    /// Whether the receipts that it signed are to be forgotten, too.
    pub forget: bool,
}

impl Statement for KeyEnd {
    const CONTEXT: &'static str = "fapilog-receipt-key-end-v1\n";

    fn key(&self) -> &str {
        &self.key
    }

    fn nonce(&self) -> &str {
        &self.nonce
    }

    fn at_s(&self) -> i64 {
        self.at_s
    }
}

/// A key that is to sign receipts of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewReceiptKey {
    /// Ed25519 public key in hexadecimal.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9a-f]{64}$"))]
    pub public_key: String,
    /// What its owner calls the installation; at most 100 characters.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 100))]
    pub label: String,
}

/// A key that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReceiptKey {
    /// Its id, which statements name.
    pub id: String,
    /// Name of the account that it signs for.
    pub account: String,
}
