//! Lines appended to a file, which may be rotated.

mod archive;
mod compress;
mod lock;
mod policy;
mod reconcile;

pub use policy::{Compression, FileOptions, Sync};

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::line_writer::LineWriter;
use super::{Sink, WriteError};
use crate::journal::Intent;
use crate::portion::Portion;
use archive::Archive;
use lock::Lock;

/// Appends lines to a file, a batch in one write where the system allows it.
///
/// The file is opened for appending, so that several processes may write to it: a batch of one
/// never stands inside a batch of another on a local file system. A file that was renamed or
/// deleted is made anew before the next batch. With rotation each batch is written under a shared
/// lock on `.NAME.lock` beside the file, and the file is renamed under an exclusive one, so that no
/// process writes to a file that another is packing.
///
/// Nothing is buffered in the process: what was written survives the process; the machine too with
/// [`Sync::Batch`].
#[derive(Debug)]
pub struct FileSink {
    name: String,
    options: FileOptions,
    writer: LineWriter<File>,
    /// Device and inode of the open file.
    identity: (u64, u64),
    /// The period of time that the file's lines belong to.
    period: i64,
    /// The last batch was written, but may not be on the disk.
    unsynced: bool,
    lock: Option<Lock>,
    archive: Archive,
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
    /// Opens the file without rotation, making it (not its folder) if it is not there.
    ///
    /// # Errors
    /// [`OpenFileError`] with the system's reason.
    pub fn open(path: &Path) -> Result<Self, OpenFileError> {
        Self::with(FileOptions::at(path))
    }

    /// Opens the file.
    ///
    /// # Errors
    /// [`OpenFileError`] with the system's reason.
    pub fn with(options: FileOptions) -> Result<Self, OpenFileError> {
        let path = options.path.clone();
        Self::try_open(options).map_err(|source| OpenFileError { path, source })
    }

    fn try_open(options: FileOptions) -> std::io::Result<Self> {
        if options.mkdir
            && let Some(folder) = options.path.parent()
        {
            std::fs::create_dir_all(folder)?;
        }
        let (file, identity, period) = open_current(&options)?;
        let lock = if options.rotates() {
            Some(Lock::open(&options.path)?)
        } else {
            None
        };
        Ok(Self {
            name: format!("file:{}", options.path.display()),
            archive: Archive::new(&options),
            writer: LineWriter::new(file),
            identity,
            period,
            unsynced: false,
            lock,
            options,
        })
    }

    /// Makes sure that lines go to the file that has the path now.
    fn follow(&mut self) -> std::io::Result<u64> {
        match std::fs::metadata(&self.options.path) {
            Ok(there) if (there.dev(), there.ino()) == self.identity => return Ok(there.len()),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let (file, identity, period) = open_current(&self.options)?;
        (self.identity, self.period) = (identity, period);
        let length = file.metadata()?.len();
        self.writer.replace(file);
        Ok(length)
    }

    /// Whether a file of so many bytes is rotated before so many more.
    fn is_due(&self, length: u64, more: usize) -> bool {
        let too_large = self
            .options
            .rotate_bytes
            .is_some_and(|most| length + more as u64 > most);
        let too_old = self.options.period_of(SystemTime::now()) != self.period;
        length > 0 && (too_large || too_old)
    }

    fn write_locked(&mut self, portion: &Portion<'_>) -> Result<(), WriteError> {
        let failed = |error: &std::io::Error| WriteError::of_sink(error.to_string());
        if self.unsynced {
            self.writer
                .stream
                .sync_data()
                .map_err(|error| failed(&error))?;
            self.unsynced = false;
        }
        let length = self.follow().map_err(|error| failed(&error))?;
        // A line that was begun is finished where it began.
        let text_bytes = portion.text().len();
        if self.options.rotates()
            && !self.writer.is_inside_line()
            && self.is_due(length, text_bytes)
        {
            self.rotate(text_bytes).map_err(|error| failed(&error))?;
        }
        // The line that was begun, if any, is part of what is written.
        let begun = self.writer.started() as u64;
        portion.note(self.identity, self.length()?.saturating_sub(begun));
        self.writer.write(portion)?;
        // The lines are out: when this fails they must not be written again, and no others follow
        // until it works.
        self.unsynced =
            self.options.fsync == Sync::Batch && self.writer.stream.sync_data().is_err();
        Ok(())
    }

    fn length(&self) -> Result<u64, WriteError> {
        match self.writer.stream.metadata() {
            Ok(metadata) => Ok(metadata.len()),
            Err(error) => Err(WriteError::of_sink(error.to_string())),
        }
    }

    /// Gives the file another name, unless another process has just done so.
    fn rotate(&mut self, more: usize) -> std::io::Result<()> {
        if let Some(lock) = &self.lock {
            lock.exclusive()?;
        }
        let length = self.follow()?;
        if !self.is_due(length, more) {
            return Ok(());
        }
        if self.options.fsync != Sync::Never {
            self.writer.stream.sync_data()?;
        }
        self.archive.put_away(&self.options.path)?;
        self.follow()?;
        Ok(())
    }
}

/// The file of a path, its device and inode, and the period that its lines belong to.
fn open_current(options: &FileOptions) -> std::io::Result<(File, (u64, u64), i64)> {
    let mut open = OpenOptions::new();
    open.append(true).create(true);
    if let Some(mode) = options.mode {
        open.mode(mode);
    }
    let file = open.open(&options.path)?;
    let metadata = file.metadata()?;
    let written = if metadata.len() > 0 {
        metadata.modified().unwrap_or(UNIX_EPOCH)
    } else {
        SystemTime::now()
    };
    let identity = (metadata.dev(), metadata.ino());
    Ok((file, identity, options.period_of(written)))
}

impl Sink for FileSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn write(&mut self, portion: &Portion<'_>) -> Result<(), WriteError> {
        if let Some(lock) = &self.lock {
            lock.shared()
                .map_err(|error| WriteError::of_sink(error.to_string()))?;
        }
        let result = self.write_locked(portion);
        if let Some(lock) = &self.lock {
            lock.release();
        }
        result
    }

    fn notes(&self) -> bool {
        true
    }

    fn reconcile(&mut self, intent: &Intent, lines: &[&[u8]]) -> usize {
        if let Some(lock) = &self.lock
            && lock.shared().is_err()
        {
            return 0;
        }
        let done = reconcile::reconcile(&self.options.path, intent, lines).unwrap_or(0);
        if let Some(lock) = &self.lock {
            lock.release();
        }
        done
    }

    fn give_up(&mut self) {
        self.writer.give_up();
    }

    fn close(&mut self) -> Result<(), String> {
        if self.unsynced && self.writer.stream.sync_data().is_err() {
            return Err("the last batch may not be on the disk".to_owned());
        }
        Ok(())
    }
}
