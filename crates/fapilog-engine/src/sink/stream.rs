//! Lines on standard output or standard error.

use std::io::{Stderr, Stdout, Write};

use super::line_writer::LineWriter;
use super::{Sink, WriteError};
use crate::portion::Portion;

/// Writes text to a stream of the process, a batch at a time.
#[derive(Debug)]
pub struct StreamSink<W> {
    name: &'static str,
    writer: LineWriter<W>,
}

impl StreamSink<Stdout> {
    /// Standard output of the process (file descriptor 1).
    #[must_use]
    pub fn stdout() -> Self {
        Self {
            name: "stdout",
            writer: LineWriter::new(std::io::stdout()),
        }
    }
}

impl StreamSink<Stderr> {
    /// Standard error of the process (file descriptor 2).
    #[must_use]
    pub fn stderr() -> Self {
        Self {
            name: "stderr",
            writer: LineWriter::new(std::io::stderr()),
        }
    }
}

impl<W: Write + Send> Sink for StreamSink<W> {
    fn name(&self) -> &str {
        self.name
    }

    fn write(&mut self, portion: &Portion<'_>) -> Result<(), WriteError> {
        self.writer.write(portion)
    }

    fn give_up(&mut self) {
        self.writer.give_up();
    }
}
