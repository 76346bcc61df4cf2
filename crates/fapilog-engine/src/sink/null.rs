//! A sink for measuring the rest.

use std::ops::Range;

use super::{Sink, SinkInput, WriteError};
use crate::delivery::Delivery;

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

    fn write(&mut self, _: &Delivery, _: Range<usize>) -> Result<(), WriteError> {
        Ok(())
    }
}
