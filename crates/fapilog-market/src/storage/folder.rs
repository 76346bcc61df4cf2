//! Files in a local folder: whole and synced to disk under a temporary name, then renamed.

use std::fs::{self, File};
use std::io::{self, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use axum::body::Body;
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::{Location, METADATA_SUFFIX, Part, StorageError};

/// The folder of files.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(files: PathBuf) -> Self {
        Self(files)
    }

    fn path_of(&self, location: &Location, part: Part) -> PathBuf {
        let mut path = self.0.join(location.path()).into_os_string();
        if part == Part::Metadata {
            path.push(METADATA_SUFFIX);
        }
        path.into()
    }

    pub(super) async fn keep(
        &self,
        upload: NamedTempFile,
        location: &Location,
        metadata: Option<(NamedTempFile, Vec<u8>)>,
    ) -> Result<(), StorageError> {
        let (folder, location) = (self.clone(), location.clone());
        blocking(move || {
            let target = folder.path_of(&location, Part::File);
            let parent = target.parent().unwrap_or(&folder.0);
            fs::create_dir_all(parent)?;
            if let Some((mut file, bytes)) = metadata {
                file.write_all(&bytes)?;
                put(file, &folder.path_of(&location, Part::Metadata))?;
            }
            put(upload, &target)?;
            sync_folder(parent)?;
            sync_folder(parent.parent().unwrap_or(&folder.0))?;
            sync_folder(&folder.0)
        })
        .await
    }

    pub(super) async fn remove(&self, location: &Location) -> Result<(), StorageError> {
        let (folder, location) = (self.clone(), location.clone());
        blocking(move || {
            for part in [Part::Metadata, Part::File] {
                match fs::remove_file(folder.path_of(&location, part)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            // Fails while another file has the same contents under another name, as it should.
            let _ = folder
                .path_of(&location, Part::File)
                .parent()
                .map(fs::remove_dir);
            Ok(())
        })
        .await
    }

    pub(super) async fn open(
        &self,
        location: &Location,
        part: Part,
    ) -> Result<(tokio::fs::File, u64), StorageError> {
        let opened = tokio::fs::File::open(self.path_of(location, part)).await;
        let file = opened.map_err(missing)?;
        let length = file.metadata().await?.len();
        Ok((file, length))
    }

    /// The path of a file that is there.
    pub(super) async fn find(&self, location: &Location) -> Result<PathBuf, StorageError> {
        let path = self.path_of(location, Part::File);
        match tokio::fs::try_exists(&path).await? {
            true => Ok(path),
            false => Err(StorageError::Missing),
        }
    }
}

/// The bytes from the first to the last, both included.
pub(super) async fn body(
    mut file: tokio::fs::File,
    first: u64,
    last: u64,
) -> Result<Body, StorageError> {
    if first > 0 {
        file.seek(SeekFrom::Start(first)).await?;
    }
    let length = (last + 1).saturating_sub(first);
    Ok(Body::from_stream(ReaderStream::new(file.take(length))))
}

fn put(file: NamedTempFile, target: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(target).map_err(|error| error.error)?;
    Ok(())
}

/// A rename is on disk only when its folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn missing(error: io::Error) -> StorageError {
    match error.kind() {
        io::ErrorKind::NotFound => StorageError::Missing,
        _ => StorageError::Io(error),
    }
}

async fn blocking(
    work: impl FnOnce() -> io::Result<()> + Send + 'static,
) -> Result<(), StorageError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(io::Error::other)??)
}
