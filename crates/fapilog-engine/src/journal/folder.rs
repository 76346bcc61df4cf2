//! Folders of journals: each belongs to one pipeline of a living process, or to nobody.

use std::fs::{DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{FlockOperation, flock};

use super::segment::open_new;

const LOCK: &str = "lock";

/// What a folder is named while it is made.
const UNFINISHED: &str = ".new";

/// An unfinished folder this old was left by a process that died while it made it.
const ABANDONED_AFTER: Duration = Duration::from_secs(3600);

/// A folder and the lock on it. The lock ends with the process, however it ends.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    lock: Mutex<Option<File>>,
    /// The process that may remove it: a forked child has a copy of everything here.
    owner: u32,
}

impl Folder {
    /// Makes a folder for a new journal; `fill` puts in what must be there from the beginning.
    pub(crate) fn create<T>(
        parent: &Path,
        fill: impl FnOnce(&Path) -> std::io::Result<T>,
    ) -> std::io::Result<(Self, T)> {
        let private = |recursive| {
            let mut builder = DirBuilder::new();
            builder.mode(0o700).recursive(recursive);
            builder
        };
        private(true).create(parent)?;
        let path = parent.join(new_name());
        let unfinished = path.with_extension(&UNFINISHED[1..]);
        private(false).create(&unfinished)?;
        let made = open_new(&unfinished.join(LOCK)).and_then(|file| {
            flock(&file, FlockOperation::NonBlockingLockExclusive)?;
            let filled = fill(&unfinished)?;
            // Only now others may see it: it is locked.
            std::fs::rename(&unfinished, &path)?;
            Ok((file, filled))
        });
        let (file, filled) = made.inspect_err(|_| {
            let _ = std::fs::remove_dir_all(&unfinished);
        })?;
        Ok((Self::locked(path, file), filled))
    }

    fn locked(path: PathBuf, lock: File) -> Self {
        Self {
            path,
            lock: Mutex::new(Some(lock)),
            owner: std::process::id(),
        }
    }

    /// Takes over the folders of processes that have ended, the oldest first.
    pub(crate) fn adopt(parent: &Path) -> std::io::Result<Vec<Self>> {
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(parent)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            match name {
                Some(name) if name.ends_with(UNFINISHED) => remove_abandoned(&path),
                Some(name) if is_ours(name) => paths.push(path),
                _ => {}
            }
        }
        paths.sort_unstable();
        Ok(paths.into_iter().filter_map(Self::take_over).collect())
    }

    fn take_over(path: PathBuf) -> Option<Self> {
        let lock = path.join(LOCK);
        let file = File::open(&lock).ok()?;
        flock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
        // Another process may have taken it over, emptied and removed it in between.
        let (mine, there) = (file.metadata().ok()?, std::fs::metadata(&lock).ok()?);
        (mine.ino() == there.ino()).then(|| Self::locked(path, file))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this is a copy in a forked process.
    pub(crate) fn is_copy(&self) -> bool {
        self.owner != std::process::id()
    }

    /// In a forked process: lets go of the lock, which would else live on with the child.
    pub(crate) fn forget(&self) {
        if let Ok(mut lock) = self.lock.try_lock() {
            *lock = None;
        }
    }

    /// Removes the folder with everything in it. The lock is held until it is gone.
    pub(crate) fn remove(&self) {
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        // What stays is found, and found settled, at the next start.
        let _ = std::fs::remove_dir_all(&self.path);
        drop(lock);
    }

    /// Puts the folder aside, where nobody takes it over.
    pub(crate) fn put_aside(&self) -> std::io::Result<PathBuf> {
        let path = self.path.with_extension("corrupt");
        std::fs::rename(&self.path, &path)?;
        Ok(path)
    }
}

/// Names sort by age.
fn new_name() -> String {
    let age = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let mut chance = [0; 4];
    // Without it the folder's name may be taken: an error, not a mistake.
    let _ = getrandom::fill(&mut chance);
    let chance = u32::from_le_bytes(chance);
    format!("journal-{:020}-{chance:08x}", age.as_nanos())
}

fn is_ours(name: &str) -> bool {
    name.starts_with("journal-") && !name.contains('.')
}

fn remove_abandoned(path: &Path) {
    let age = std::fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .map(|modified| modified.elapsed().unwrap_or_default());
    match age {
        Ok(age) if age > ABANDONED_AFTER => {
            let _ = std::fs::remove_dir_all(path);
        }
        Err(error) if error.kind() != ErrorKind::NotFound => {}
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::Folder;

    #[test]
    fn only_the_dead_are_taken_over() {
        let parent = tempfile::tempdir().unwrap();
        let (first, ()) = Folder::create(parent.path(), |_| Ok(())).unwrap();
        let (second, ()) = Folder::create(parent.path(), |_| Ok(())).unwrap();
        assert!(Folder::adopt(parent.path()).unwrap().is_empty());
        let path = first.path().to_owned();
        drop(first);
        let adopted = Folder::adopt(parent.path()).unwrap();
        assert_eq!(adopted.len(), 1);
        assert_eq!(adopted[0].path(), path);
        assert!(Folder::adopt(parent.path()).unwrap().is_empty());
        adopted[0].remove();
        assert!(!path.exists());
        assert!(second.path().exists());
    }

    #[test]
    fn a_failure_leaves_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let failed = Folder::create::<()>(parent.path(), |_| Err(std::io::Error::other("no")));
        assert!(failed.is_err());
        assert_eq!(parent.path().read_dir().unwrap().count(), 0);
    }
}
