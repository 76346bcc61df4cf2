//! Distribution files, addressed by their contents.
//!
//! A file appears under its final name only whole. Before it is put there, a row in `uploads` tells of
//! it, so that what a crash leaves is found by asking the database and not by listing files.

mod address;
mod bucket;
mod folder;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::StatusCode;
use tempfile::{NamedTempFile, TempDir};

use crate::error::MarketError;
use bucket::{Bucket, Object};
use folder::Folder;

pub use address::{BucketAddress, StorageAddress};

/// The suffix of the metadata file beside a wheel (PEP 658).
pub const METADATA_SUFFIX: &str = ".metadata";

/// Where one stored file is: its digest and name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Location {
    /// SHA-256 of the contents in lower-case hexadecimal.
    pub sha256: String,
    /// The distribution file's name.
    pub filename: String,
}

impl Location {
    /// The path below the files folder and below `/files/`.
    #[must_use]
    pub fn path(&self) -> String {
        let shelf = self.sha256.get(..2).unwrap_or_default();
        format!("{shelf}/{}/{}", self.sha256, self.filename)
    }
}

/// A file, or the metadata beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The distribution file itself.
    File,
    /// The METADATA file that belongs to it.
    Metadata,
}

/// Why stored bytes can't be had.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// They are not there.
    #[error("the file is not in the storage")]
    Missing,
    /// What the storage reports.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Stored bytes that are about to be sent.
#[derive(Debug)]
pub struct Blob {
    /// How many bytes there are.
    pub length: u64,
    source: Source,
}

#[derive(Debug)]
enum Source {
    File(tokio::fs::File),
    Object(Object),
}

impl Blob {
    /// A body of the bytes from the first to the last, both included.
    ///
    /// # Errors
    ///
    /// What the storage reports.
    pub async fn body(self, first: u64, last: u64) -> Result<Body, StorageError> {
        match self.source {
            Source::File(file) => folder::body(file, first, last).await,
            Source::Object(object) => object.body(first, last).await,
        }
    }
}

/// A stored file under its own name in a folder of this machine. What was copied there goes when this
/// is dropped.
#[derive(Debug)]
pub struct Fetched {
    path: PathBuf,
    _copied: Option<TempDir>,
}

impl Fetched {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The files of a marketplace.
#[derive(Debug)]
pub struct Storage {
    incoming: PathBuf,
    kept: Kept,
    /// Held as long as the server runs, so that no second one sweeps away its uploads.
    _lock: Option<File>,
}

#[derive(Debug)]
enum Kept {
    Folder(Folder),
    Bucket(Bucket),
}

/// Whether other processes may use the data folder at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// One process has it to itself.
    Alone,
    /// Replicas on one database.
    Shared,
}

impl Storage {
    /// Opens the storage in a data folder. A process that has it to itself takes its lock, and
    /// removes what earlier ones have left of uploads that they were receiving.
    ///
    /// # Errors
    ///
    /// `data-folder` when it can't be written, `data-folder-in-use` when another server has it,
    /// `storage` when the bucket's address is wrong.
    pub fn open(
        data: &Path,
        address: &StorageAddress,
        sharing: Sharing,
    ) -> Result<Self, MarketError> {
        let unusable = |cause: io::Error| {
            MarketError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "data-folder",
                format!(
                    "the data folder `{}` can't be used: {cause}",
                    data.display()
                ),
                "choose a folder that you can write with `--data DIR`",
            )
        };
        let incoming = data.join("incoming");
        fs::create_dir_all(&incoming).map_err(unusable)?;
        let kept = match address {
            StorageAddress::Folder(given) => {
                let files = given.clone().unwrap_or_else(|| data.join("files"));
                fs::create_dir_all(&files).map_err(unusable)?;
                Kept::Folder(Folder::new(files))
            }
            StorageAddress::Bucket(address) => Kept::Bucket(Bucket::open(address)?),
        };
        let lock = match sharing {
            Sharing::Shared => None,
            Sharing::Alone => {
                let lock = take_lock(data, unusable)?;
                clear(&incoming).map_err(unusable)?;
                Some(lock)
            }
        };
        Ok(Self {
            incoming,
            kept,
            _lock: lock,
        })
    }

    /// A new temporary file for an upload; it vanishes when dropped.
    ///
    /// # Errors
    ///
    /// What the file system reports.
    pub fn new_upload(&self) -> io::Result<NamedTempFile> {
        NamedTempFile::new_in(&self.incoming)
    }

    /// Puts an upload, and the metadata beside it, in its final place. Doing it again is right.
    ///
    /// # Errors
    ///
    /// What the storage reports; parts may then be there.
    pub async fn keep(
        &self,
        upload: NamedTempFile,
        location: &Location,
        metadata: Option<Vec<u8>>,
    ) -> Result<(), StorageError> {
        match &self.kept {
            Kept::Folder(folder) => {
                let metadata = match metadata {
                    Some(bytes) => Some((self.new_upload()?, bytes)),
                    None => None,
                };
                folder.keep(upload, location, metadata).await
            }
            Kept::Bucket(bucket) => bucket.keep(upload, location, metadata).await,
        }
    }

    /// Removes a file and its metadata; what isn't there is no error.
    ///
    /// # Errors
    ///
    /// What the storage reports.
    pub async fn remove(&self, location: &Location) -> Result<(), StorageError> {
        match &self.kept {
            Kept::Folder(folder) => folder.remove(location).await,
            Kept::Bucket(bucket) => bucket.remove(location).await,
        }
    }

    /// Opens stored bytes for sending.
    ///
    /// # Errors
    ///
    /// [`StorageError::Missing`], or what the storage reports.
    pub async fn open_blob(&self, location: &Location, part: Part) -> Result<Blob, StorageError> {
        match &self.kept {
            Kept::Folder(folder) => {
                let (file, length) = folder.open(location, part).await?;
                let source = Source::File(file);
                Ok(Blob { length, source })
            }
            Kept::Bucket(bucket) => {
                let (object, length) = bucket.open_object(location, part).await?;
                let source = Source::Object(object);
                Ok(Blob { length, source })
            }
        }
    }

    /// A stored file as a file of this machine, for reading it in any order.
    ///
    /// # Errors
    ///
    /// [`StorageError::Missing`], or what the storage reports.
    pub async fn fetch(&self, location: &Location) -> Result<Fetched, StorageError> {
        match &self.kept {
            Kept::Folder(folder) => Ok(Fetched {
                path: folder.find(location).await?,
                _copied: None,
            }),
            Kept::Bucket(bucket) => {
                let copied = TempDir::new_in(&self.incoming)?;
                let path = copied.path().join(&location.filename);
                bucket.fetch(location, File::create(&path)?).await?;
                let _copied = Some(copied);
                Ok(Fetched { path, _copied })
            }
        }
    }
}

fn take_lock(
    data: &Path,
    unusable: impl Fn(io::Error) -> MarketError,
) -> Result<File, MarketError> {
    let lock = File::create(data.join("server.lock")).map_err(&unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::Error(cause)) => Err(unusable(cause)),
        Err(TryLockError::WouldBlock) => Err(MarketError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "data-folder-in-use",
            format!(
                "another server runs on the data folder `{}`",
                data.display()
            ),
            "stop that server, or choose another folder with `--data DIR`",
        )),
    }
}

/// Removes everything in a folder.
fn clear(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path())?,
            false => fs::remove_file(entry.path())?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> StorageAddress {
        StorageAddress::Folder(None)
    }

    #[test]
    fn a_folder_has_one_server_at_a_time_unless_replicas_share_it() {
        let data = tempfile::tempdir().unwrap();
        let first = Storage::open(data.path(), &own(), Sharing::Alone).unwrap();
        let refused = Storage::open(data.path(), &own(), Sharing::Alone).unwrap_err();
        assert_eq!(refused.id, "data-folder-in-use");
        drop(first);
        let _first = Storage::open(data.path(), &own(), Sharing::Shared).unwrap();
        Storage::open(data.path(), &own(), Sharing::Shared).unwrap();
    }

    #[test]
    fn what_was_being_received_is_gone_after_a_restart() {
        let data = tempfile::tempdir().unwrap();
        let storage = Storage::open(data.path(), &own(), Sharing::Alone).unwrap();
        let (_, path) = storage.new_upload().unwrap().keep().unwrap();
        drop(storage);
        assert!(path.exists());
        Storage::open(data.path(), &own(), Sharing::Alone).unwrap();
        assert!(!path.exists());
    }
}
