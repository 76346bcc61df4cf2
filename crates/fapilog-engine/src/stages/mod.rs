//! The stages that come with the engine: filters, enrichers, processors and redactors.
//!
//! Each is made from its type's name and its options as JSON, which the Python face has checked
//! already; what is wrong with them all the same is said by [`BuildError`].

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
    let _ = options;
    Err(BuildError::UnknownType {
        kind: match kind {
            "filter" => "filter",
            "enricher" => "enricher",
            "processor" => "processor",
            _ => "redactor",
        },
        name: name.to_owned(),
    })
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
