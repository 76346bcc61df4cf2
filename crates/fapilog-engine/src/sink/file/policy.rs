//! When a file is rotated, and what becomes of the old ones.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;

/// How a [`super::FileSink`] writes.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct FileOptions {
    /// The file.
    pub path: PathBuf,
    /// Rotated before it gets larger than this, in bytes; a batch that alone is larger gets a file
    /// of its own.
    #[serde(default)]
    pub rotate_bytes: Option<u64>,
    /// Rotated when a new period of so many seconds begins; periods are counted from midnight UTC
    /// of 1970-01-01, so that 86,400 is a day in UTC.
    #[serde(default)]
    pub rotate_seconds: Option<u64>,
    /// Rotated files that are kept; the oldest go.
    #[serde(default)]
    pub keep: Option<usize>,
    /// Rotated files go when they are older than so many seconds.
    #[serde(default)]
    pub keep_seconds: Option<u64>,
    /// Rotated files go, oldest first, when together they are larger than this, in bytes.
    #[serde(default)]
    pub keep_bytes: Option<u64>,
    /// How rotated files are packed.
    #[serde(default)]
    pub compress: Option<Compression>,
    /// Whether the folder is made.
    #[serde(default)]
    pub mkdir: bool,
    /// Permissions of new files, less the process's mask; 0o666 when there is none.
    #[serde(default)]
    pub mode: Option<u32>,
    /// When the system is asked to bring lines to the disk.
    #[serde(default)]
    pub fsync: Sync,
}

/// How rotated files are packed.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// RFC 1952, `.gz`.
    Gzip,
    /// RFC 8878, `.zst`: smaller and faster.
    Zstd,
}

impl Compression {
    pub(super) const fn ending(self) -> &'static str {
        match self {
            Self::Gzip => "gz",
            Self::Zstd => "zst",
        }
    }
}

/// When the system is asked to bring lines to the disk.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Sync {
    /// Whenever it likes: lines survive the process, not the machine.
    #[default]
    Never,
    /// Before a file is rotated.
    Rotate,
    /// After each batch: lines survive the machine.
    Batch,
}

impl FileOptions {
    /// A file that is never rotated.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            rotate_bytes: None,
            rotate_seconds: None,
            keep: None,
            keep_seconds: None,
            keep_bytes: None,
            compress: None,
            mkdir: false,
            mode: None,
            fsync: Sync::Never,
        }
    }

    pub(super) fn rotates(&self) -> bool {
        self.rotate_bytes.is_some() || self.rotate_seconds.is_some()
    }

    /// The number of a time's period; always the same without a period.
    pub(super) fn period_of(&self, time: SystemTime) -> i64 {
        let Some(seconds) = self.rotate_seconds.filter(|&seconds| seconds > 0) else {
            return 0;
        };
        let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        i64::try_from(since.as_secs() / seconds).unwrap_or(i64::MAX)
    }
}
