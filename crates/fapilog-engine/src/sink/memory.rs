//! A sink that tests can read.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Sink, WriteError};
use crate::portion::Portion;

/// What a [`MemorySink`] has taken: JSON lines in one text. Clones share it. Grows without bound:
/// for tests only.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    /// Everything taken so far; invalid UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        let text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// Keeps every line in a [`Memory`].
#[derive(Debug, Default)]
pub struct MemorySink(Memory);

impl MemorySink {
    /// A sink and the memory it writes to.
    #[must_use]
    pub fn new() -> (Self, Memory) {
        let memory = Memory::default();
        (Self(memory.clone()), memory)
    }
}

impl Sink for MemorySink {
    fn name(&self) -> &str {
        "memory"
    }

    fn write(&mut self, portion: &Portion<'_>) -> Result<(), WriteError> {
        let mut text = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        text.extend_from_slice(&portion.text());
        Ok(())
    }
}
