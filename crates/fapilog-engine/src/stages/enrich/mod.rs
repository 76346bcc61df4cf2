//! Enrichers: add fields.

mod constant;

use crate::stage::Stage;
use crate::stages::BuildError;

/// Every enricher of the engine but the thread's, which only the calling thread knows, adds what
/// was known when the pipeline started.
pub(super) fn build(name: &str, options: &str) -> Result<Box<dyn Stage>, BuildError> {
    Ok(Box::new(constant::Constant::build(name, options)?))
}
