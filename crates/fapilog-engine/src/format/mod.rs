//! Text forms of a record.

mod ecs;
mod escape;
mod json;
mod logfmt;
mod parts;
mod pretty;

pub use json::JsonEncoder;
pub(crate) use json::json_text;

use crate::frame_reader::{Frame, FrameError};
use crate::stages::{BuildError, read_options};
use serde::Deserialize;

/// A text form of records. One thread uses it, for one batch after the other; every sink of that
/// form reads the same text.
pub trait Encoder: Send {
    /// Appends one record, its final line feed included. A line feed stands nowhere else, unless
    /// the form is made for people.
    ///
    /// # Errors
    /// [`EncodeError`]; nothing was appended then.
    fn encode(&mut self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError>;
}

/// A record has no text in this form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The frame itself is broken: the record is lost.
    #[error(transparent)]
    Malformed(#[from] FrameError),
    /// The form failed: the record is written as JSON instead.
    #[error("{0}")]
    Failed(String),
}

/// The format of a type, with options as a JSON object.
///
/// # Errors
/// [`BuildError`].
pub fn build_format(name: &str, options: &str) -> Result<Box<dyn Encoder>, BuildError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    if name == "pretty" {
        return Ok(Box::new(pretty::Pretty::new(&read_options(name, options)?)));
    }
    let format: Box<dyn Encoder> = match name {
        "ecs" => Box::new(ecs::Ecs::default()),
        "json" => Box::new(JsonEncoder::default()),
        "logfmt" => Box::new(logfmt::Logfmt::default()),
        _ => {
            return Err(BuildError::UnknownType {
                kind: "format",
                name: name.to_owned(),
            });
        }
    };
    let Nothing {} = read_options(name, options)?;
    Ok(format)
}
