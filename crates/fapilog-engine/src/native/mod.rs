//! Plugins in libraries, written in C or Rust: the host's side of `fapilog-abi`.
//!
//! What a library does inside of its own functions cannot be guarded against in one process. All
//! that it hands over is checked here: its table, its verdicts, its frames.

mod answers;
mod instance;
mod sink;
mod stage;

pub use instance::{NativeError, NativeTable};

use crate::sink::Sink;
use crate::stage::Stage;
use instance::Instance;

/// Makes a stage of a plugin and starts it.
///
/// # Errors
/// [`NativeError`].
pub fn native_stage(
    table: NativeTable,
    name: &str,
    config: &str,
) -> Result<Box<dyn Stage>, NativeError> {
    let instance = Instance::start(table, config)?;
    Ok(Box::new(stage::NativeStage::new(name, instance)))
}

/// Makes a sink of a plugin and starts it.
///
/// # Errors
/// [`NativeError`].
pub fn native_sink(
    table: NativeTable,
    name: &str,
    config: &str,
) -> Result<Box<dyn Sink>, NativeError> {
    let instance = Instance::start(table, config)?;
    Ok(Box::new(sink::NativeSink::new(name, instance)))
}
