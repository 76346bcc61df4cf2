//! The stages that come with the engine: filters, enrichers, processors and redactors.
//!
//! Each is made from its type's name and its options as JSON, which the Python face has checked
//! already; what is wrong with them all the same is said by [`BuildError`].

mod enrich;
mod filter;
mod glob;
mod json;
mod keyed;
mod process;
mod redact;

pub(crate) use redact::Redaction;
pub(crate) use redact::withhold;
pub use redact::{FrameRedactor, KNOWN_PATTERNS, build_redactor};

use serde::de::DeserializeOwned;

use crate::stage::Stage;

/// A native part could not be made from its options.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// There is no such type.
    #[error("there is no native {kind} of type `{name}`")]
    UnknownType {
        /// `filter`, `enricher`, `processor`, `redactor`, `format` or `sink`.
        kind: &'static str,
        /// The type that was asked for.
        name: String,
    },
    /// The options do not fit.
    #[error("the options of `{name}` cannot be used: {reason}")]
    BadOptions {
        /// The part's type.
        name: String,
        /// What is wrong with them.
        reason: String,
    },
}

/// The stage of a kind (`filter`, `enricher`, `processor`, `redactor`) and a type, with options as
/// a JSON object.
///
/// # Errors
/// [`BuildError`].
pub fn build_stage(kind: &str, name: &str, options: &str) -> Result<Box<dyn Stage>, BuildError> {
    match kind {
        "filter" => filter::build(name, options),
        "enricher" => enrich::build(name, options),
        "processor" => process::build(name, options),
        "redactor" => {
            let redactor = build_redactor(name, options)?;
            Ok(Box::new(redact::RedactStage::new(name, redactor)))
        }
        _ => Err(BuildError::UnknownType {
            kind: "stage",
            name: kind.to_owned(),
        }),
    }
}

/// Reads a part's options.
pub(crate) fn read_options<T: DeserializeOwned>(
    name: &str,
    options: &str,
) -> Result<T, BuildError> {
    serde_json::from_str(options).map_err(|error| BuildError::BadOptions {
        name: name.to_owned(),
        reason: error.to_string(),
    })
}

/// Whether a path is that of a key that tells what a record is rather than what is in it.
pub(crate) fn is_fixed(path: &[&[u8]]) -> bool {
    matches!(path, [b"timestamp" | b"level" | b"logger"])
}

/// Largest compiled expression of a user, in bytes.
pub(crate) const EXPRESSION_BYTES: usize = 1024 * 1024;

/// A user's regular expression for texts of records.
///
/// # Errors
/// What is wrong with it, for people.
pub fn compile_pattern(pattern: &str) -> Result<regex::bytes::Regex, String> {
    regex::bytes::RegexBuilder::new(pattern)
        .size_limit(EXPRESSION_BYTES)
        .build()
        .map_err(|error| error.to_string())
}
