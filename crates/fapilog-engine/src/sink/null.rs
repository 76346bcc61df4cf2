//! A sink for measuring the rest.

use super::{Sink, SinkInput, WriteError};
use crate::portion::Portion;

/// Takes every record and does nothing with it; nothing is encoded for it.
#[derive(Debug, Default)]
pub struct NullSink;

impl Sink for NullSink {
    fn name(&self) -> &str {
        "null"
    }

    fn input(&self) -> SinkInput {
        SinkInput::Frames
    }

    fn write(&mut self, _: &Portion<'_>) -> Result<(), WriteError> {
        Ok(())
    }
}
