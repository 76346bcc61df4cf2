//! Distribution files in a local folder, addressed by their contents.
//!
//! A file appears under its final name only whole and synced to disk, by an atomic rename. What was
//! cut off before lies in `incoming/` or has no row in the database, and is swept at the next start.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use tempfile::NamedTempFile;

use crate::error::MarketError;

/// The suffix of the metadata file beside a wheel (PEP 658).
pub const METADATA_SUFFIX: &str = ".metadata";

/// Most files without a row that are swept away. Files are put in place one at a time, so that a
/// crash leaves one; many mean that the database is another, older or empty one.
const MAX_ORPHANS: usize = 8;

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

/// The files of one server.
#[derive(Debug)]
pub struct Storage {
    files: PathBuf,
    incoming: PathBuf,
    /// Held as long as the server runs, so that no second one sweeps away its uploads.
    _lock: File,
}

impl Storage {
    /// Opens the folder and takes its lock.
    ///
    /// # Errors
    ///
    /// `data-folder` when it can't be written, `data-folder-in-use` when another server has it.
    pub fn open(data: &Path) -> Result<Self, MarketError> {
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
        let (files, incoming) = (data.join("files"), data.join("incoming"));
        fs::create_dir_all(&files).map_err(unusable)?;
        fs::create_dir_all(&incoming).map_err(unusable)?;
        let lock = File::create(data.join("server.lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                files,
                incoming,
                _lock: lock,
            }),
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

    /// A new temporary file for an upload; it vanishes when dropped.
    ///
    /// # Errors
    ///
    /// What the file system reports.
    pub fn new_upload(&self) -> io::Result<NamedTempFile> {
        NamedTempFile::new_in(&self.incoming)
    }

    /// Puts an upload, and the metadata beside it, in its final place. Until the caller has
    /// committed a row for it, it is an orphan that the next start would remove.
    ///
    /// # Errors
    ///
    /// What the file system reports; nothing is left in that case.
    pub fn keep(
        &self,
        upload: NamedTempFile,
        location: &Location,
        metadata: Option<&[u8]>,
    ) -> io::Result<()> {
        let target = self.path_of(location);
        let folder = target.parent().unwrap_or(&self.files).to_owned();
        fs::create_dir_all(&folder)?;
        let kept = self.keep_both(upload, &target, metadata);
        if kept.is_err() {
            self.remove(location);
        }
        kept?;
        sync_folder(&folder)?;
        sync_folder(folder.parent().unwrap_or(&self.files))?;
        sync_folder(&self.files)
    }

    fn keep_both(
        &self,
        upload: NamedTempFile,
        target: &Path,
        metadata: Option<&[u8]>,
    ) -> io::Result<()> {
        if let Some(bytes) = metadata {
            let mut file = self.new_upload()?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(with_suffix(target))
                .map_err(|error| error.error)?;
        }
        upload.as_file().sync_all()?;
        upload.persist(target).map_err(|error| error.error)?;
        Ok(())
    }

    /// Removes a file and its metadata; what isn't there is no error.
    pub fn remove(&self, location: &Location) {
        let target = self.path_of(location);
        for path in [with_suffix(&target), target.clone()] {
            if let Err(error) = fs::remove_file(&path)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::error!(path = %path.display(), %error, "a file could not be removed");
            }
        }
        // Fails while another file has the same contents under another name, as it should.
        let _ = target.parent().map(fs::remove_dir);
    }

    /// Where a stored file is on disk.
    #[must_use]
    pub fn path_of(&self, location: &Location) -> PathBuf {
        self.files.join(location.path())
    }

    /// Where the metadata of a stored file is on disk.
    #[must_use]
    pub fn metadata_path_of(&self, location: &Location) -> PathBuf {
        with_suffix(&self.path_of(location))
    }

    /// Removes unfinished uploads and files without a row; returns how many.
    ///
    /// # Errors
    ///
    /// `data-folder` when something can't be read or removed; `data-folder-torn` when there are more
    /// files without a row than a crash can leave: then nothing is removed.
    pub fn sweep(&self, known: &HashSet<Location>) -> Result<usize, MarketError> {
        let unusable = |cause: io::Error| {
            MarketError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "data-folder",
                format!(
                    "the folder `{}` can't be swept: {cause}",
                    self.files.display()
                ),
                "let only fapilog-market write in its data folder",
            )
        };
        let unfinished = list(&self.incoming).map_err(unusable)?;
        let orphans = self.orphans(known).map_err(unusable)?;
        let uploads = orphans.iter().filter(|path| owner_of(path).is_none());
        if uploads.count() > MAX_ORPHANS {
            return Err(MarketError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "data-folder-torn",
                format!(
                    "`{}` holds many files that the database doesn't know; nothing was removed",
                    self.files.display()
                ),
                "put database and files back from the same backup, or move the files away",
            ));
        }
        for path in unfinished.iter().chain(&orphans) {
            fs::remove_file(path).map_err(unusable)?;
            // Fails for folders that still hold something, as it should.
            let _ = path
                .parent()
                .filter(|folder| *folder != self.incoming)
                .map(fs::remove_dir);
        }
        Ok(unfinished.len() + orphans.len())
    }

    /// Files, and metadata of files, that the database doesn't know.
    fn orphans(&self, known: &HashSet<Location>) -> io::Result<Vec<PathBuf>> {
        let known: HashSet<PathBuf> = known
            .iter()
            .map(|location| self.path_of(location))
            .collect();
        let mut orphans = Vec::new();
        for shelf in list(&self.files)? {
            for folder in list(&shelf)? {
                let unknown =
                    |path: &PathBuf| !known.contains(&owner_of(path).unwrap_or(path.clone()));
                orphans.extend(list(&folder)?.into_iter().filter(unknown));
            }
        }
        Ok(orphans)
    }
}

fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("`{}`: {error}", folder.display()));
    fs::read_dir(folder)
        .map_err(named)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect()
}

/// The distribution file that a metadata file belongs to.
fn owner_of(path: &Path) -> Option<PathBuf> {
    let text = path.to_str()?;
    text.strip_suffix(METADATA_SUFFIX).map(PathBuf::from)
}

fn with_suffix(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(METADATA_SUFFIX);
    PathBuf::from(name)
}

/// A rename is on disk only when its folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(filename: &str) -> Location {
        Location {
            sha256: "ab".repeat(32),
            filename: filename.to_owned(),
        }
    }

    fn upload(storage: &Storage) -> NamedTempFile {
        let mut file = storage.new_upload().unwrap();
        file.write_all(b"contents").unwrap();
        file
    }

    #[test]
    fn only_files_with_a_row_survive_a_restart() {
        let data = tempfile::tempdir().unwrap();
        let storage = Storage::open(data.path()).unwrap();
        let (kept, orphan) = (location("a.whl"), location("b.whl"));
        storage
            .keep(upload(&storage), &kept, Some(b"meta"))
            .unwrap();
        storage
            .keep(upload(&storage), &orphan, Some(b"meta"))
            .unwrap();
        upload(&storage).keep().unwrap();
        assert_eq!(storage.sweep(&HashSet::from([kept.clone()])).unwrap(), 3);
        assert!(storage.path_of(&kept).exists() && storage.metadata_path_of(&kept).exists());
        assert!(!storage.path_of(&orphan).exists());
        storage.remove(&kept);
        assert_eq!(storage.sweep(&HashSet::new()).unwrap(), 0);
    }

    #[test]
    fn files_are_not_swept_away_for_a_database_that_knows_none_of_them() {
        let data = tempfile::tempdir().unwrap();
        let storage = Storage::open(data.path()).unwrap();
        let files: Vec<Location> = (0..=MAX_ORPHANS)
            .map(|n| location(&format!("{n}.whl")))
            .collect();
        for file in &files {
            storage.keep(upload(&storage), file, Some(b"meta")).unwrap();
        }
        let error = storage.sweep(&HashSet::new()).unwrap_err();
        assert_eq!(error.id, "data-folder-torn");
        assert!(files.iter().all(|file| storage.path_of(file).exists()));
        let known = HashSet::from([files[0].clone()]);
        assert_eq!(storage.sweep(&known).unwrap(), 2 * MAX_ORPHANS);
    }

    #[test]
    fn a_strange_file_in_the_folder_is_named() {
        let data = tempfile::tempdir().unwrap();
        let storage = Storage::open(data.path()).unwrap();
        fs::write(data.path().join("files/notes.txt"), "mine").unwrap();
        let error = storage.sweep(&HashSet::new()).unwrap_err();
        assert_eq!(error.id, "data-folder");
        assert!(error.message.contains("notes.txt"), "{}", error.message);
    }

    #[test]
    fn a_folder_has_one_server_at_a_time() {
        let data = tempfile::tempdir().unwrap();
        let first = Storage::open(data.path()).unwrap();
        assert_eq!(
            Storage::open(data.path()).unwrap_err().id,
            "data-folder-in-use"
        );
        drop(first);
        Storage::open(data.path()).unwrap();
    }
}
