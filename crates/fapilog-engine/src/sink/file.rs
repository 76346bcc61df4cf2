//! Lines appended to a file.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use super::line_writer::LineWriter;
use super::{Sink, WriteError};
use crate::portion::Portion;

/// Appends JSON lines to a file, a batch in one write where the system allows it.
///
/// The file is opened for appending, so that several processes may write to it: a batch of one
/// never stands inside a batch of another on a local file system. Nothing is buffered in the
/// process: what was written survives the process, not the machine (no `fsync`).
#[derive(Debug)]
pub struct FileSink {
    name: String,
    writer: LineWriter<File>,
}

/// The file could not be opened for appending.
#[derive(Debug, thiserror::Error)]
#[error("cannot open `{}` for appending: {source}", path.display())]
pub struct OpenFileError {
    /// The path as it was given.
    pub path: PathBuf,
    /// What the system said.
    pub source: std::io::Error,
}

impl FileSink {
    /// Opens the file, making it (not its folder) if it is not there.
    ///
    /// # Errors
    /// [`OpenFileError`] with the system's reason.
    pub fn open(path: &Path) -> Result<Self, OpenFileError> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .map_err(|source| OpenFileError {
                path: path.to_owned(),
                source,
            })?;
        Ok(Self {
            name: format!("file:{}", path.display()),
            writer: LineWriter::new(file),
        })
    }
}

impl Sink for FileSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn write(&mut self, portion: &Portion<'_>) -> Result<(), WriteError> {
        self.writer.write(portion)
    }

    fn give_up(&mut self) {
        self.writer.give_up();
    }
}
