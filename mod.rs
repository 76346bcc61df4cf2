//! Plugins in native code, behind the C tables of `fapilog-abi`: from a table to a [`Stage`] or a
//! [`Sink`].
//!
//! Only `boundary` touches a plugin's memory and calls its functions; everything else works on
//! what it copied from there. What a plugin answers is checked before any of it is used, and an
//! answer that contradicts itself counts as a failure of the whole batch.
//!
//! What cannot be helped in one process: a plugin that writes to memory that is not its own, or
//! ends the process. One that never returns holds up its own stage or sink; `create` and `start`
//! are given up after [`START_LIMIT`], everything later is bounded by the limit of
//! [`crate::Pipeline::close`].

mod answer;
mod boundary;
mod check;
mod sink;
mod stage;

pub use boundary::{NativeTable, TableError};

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::sink::Sink;
use crate::stage::Stage;
use boundary::Instance;

/// How long `create` and `start` of a plugin may take together.
pub const START_LIMIT: Duration = Duration::from_secs(5);

/// What a native plugin works on, as its table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NativeKind {
    /// Decides which records go on; when it fails, they do.
    Filter,
    /// Adds fields; when it fails, none.
    Enricher,
    /// Changes records or takes them out; when it fails, they stay.
    Processor,
    /// Takes secrets out; when it fails, all values are withheld.
    Redactor,
    /// Takes records to where they are kept.
    Sink,
}

impl NativeKind {
    /// The kind's name in Python and in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Enricher => "enricher",
            Self::Processor => "processor",
            Self::Redactor => "redactor",
            Self::Sink => "sink",
        }
    }
}

/// A native plugin could not be put in its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NativePluginError {
    /// It is of another kind than the place that it was named for.
    #[error("it is a native {found}")]
    WrongKind {
        /// What its table says.
        found: &'static str,
    },
    /// It said no, did not come back, or there is no thread for it.
    #[error("{0}")]
    NotStarted(String),
}

/// Makes and starts a plugin that is a stage. `config` is a JSON object.
///
/// # Errors
/// [`NativePluginError`]; nothing of the plugin is left then, unless it never came back.
pub fn native_stage(
    name: &str,
    table: NativeTable,
    config: &str,
    limit: Duration,
) -> Result<Box<dyn Stage>, NativePluginError> {
    if table.kind() == NativeKind::Sink {
        let found = table.kind().name();
        return Err(NativePluginError::WrongKind { found });
    }
    let instance = start(name, table, config, limit)?;
    Ok(Box::new(stage::NativeStage::new(name, instance)))
}

/// Makes and starts a plugin that is a sink. `config` is a JSON object.
///
/// # Errors
/// As [`native_stage`].
pub fn native_sink(
    name: &str,
    table: NativeTable,
    config: &str,
    limit: Duration,
) -> Result<Box<dyn Sink>, NativePluginError> {
    if table.kind() != NativeKind::Sink {
        let found = table.kind().name();
        return Err(NativePluginError::WrongKind { found });
    }
    let instance = start(name, table, config, limit)?;
    Ok(Box::new(sink::NativeSink::new(name, instance)))
}

/// Starts an instance in a thread of its own, so that one that hangs can be left behind. One that
/// comes back later is stopped there.
fn start(
    name: &str,
    table: NativeTable,
    config: &str,
    limit: Duration,
) -> Result<Instance, NativePluginError> {
    let (sender, receiver) = channel();
    let (name, config) = (name.to_owned(), config.to_owned());
    std::thread::Builder::new()
        .name("fapilog-native".to_owned())
        .spawn(move || {
            // Nobody listens any more: the instance is dropped, which stops it.
            let _ = sender.send(Instance::start(&name, table, &config));
        })
        .map_err(|error| NativePluginError::NotStarted(format!("there is no thread: {error}")))?;
    let started = receiver
        .recv_timeout(limit)
        .unwrap_or_else(|error| match error {
            RecvTimeoutError::Timeout => Err(format!(
                "it did not come back from `create` or `start` within {} ms",
                limit.as_millis()
            )),
            RecvTimeoutError::Disconnected => Err("its thread ended".to_owned()),
        });
    started.map_err(NativePluginError::NotStarted)
}
