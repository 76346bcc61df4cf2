//! The engine's sinks by the name of their type.

use serde::Deserialize;

use super::http::HttpOptions;
use super::syslog::SyslogOptions;
use super::{
    FileOptions, FileSink, HttpSink, NullSink, OpenFileError, Sink, StreamSink, SyslogSink,
};
use crate::stages::{BuildError, read_options};

/// A sink could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildSinkError {
    /// There is no such type, or its options do not fit.
    #[error(transparent)]
    Options(#[from] BuildError),
    /// The destination cannot be written.
    #[error(transparent)]
    File(#[from] OpenFileError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// The sink of a type, with options as a JSON object.
///
/// # Errors
/// [`BuildSinkError`].
pub fn build_sink(name: &str, options: &str) -> Result<Box<dyn Sink>, BuildSinkError> {
    if let "stdout" | "stderr" | "null" = name {
        let Nothing {} = read_options(name, options)?;
    }
    Ok(match name {
        "stdout" => Box::new(StreamSink::stdout()),
        "stderr" => Box::new(StreamSink::stderr()),
        "null" => Box::new(NullSink),
        "file" => {
            let options: FileOptions = read_options(name, options)?;
            Box::new(FileSink::with(options)?)
        }
        "syslog" => {
            let options: SyslogOptions = read_options(name, options)?;
            Box::new(SyslogSink::new(options).map_err(|reason| unusable(name, reason))?)
        }
        "http" => {
            let options: HttpOptions = read_options(name, options)?;
            Box::new(HttpSink::new(options).map_err(|reason| unusable(name, reason))?)
        }
        _ => {
            return Err(BuildError::UnknownType {
                kind: "sink",
                name: name.to_owned(),
            }
            .into());
        }
    })
}

fn unusable(name: &str, reason: String) -> BuildError {
    BuildError::BadOptions {
        name: name.to_owned(),
        reason,
    }
}
