//! Backups: all rows and all files of a marketplace in one folder, taken while it serves, and put into
//! an empty database and storage of either kind. A backup of SQLite can be restored into PostgreSQL.
//!
//! ```text
//! manifest.json            format, version, and how many rows each table has
//! tables/<name>.jsonl      one row a line: {"column": "text" or number or null, …}
//! files/<shelf>/<sha256>/  the files, with their metadata beside them
//! ```

mod restore;
mod table;
mod take;

use std::collections::BTreeMap;
use std::path::Path;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::error::MarketError;

pub use restore::restore;
pub use take::take;

/// Raised when a backup is written differently.
const FORMAT: u32 = 1;

const MANIFEST: &str = "manifest.json";

/// What only helps and is made again: what another index told, migrations that have run, and questions
/// to authenticators, which must not come back once they are answered.
const LEFT_OUT: [&str; 4] = [
    "_sqlx_migrations",
    "passkey_challenges",
    "upstream_pages",
    "upstream_files",
];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    version: String,
    /// Rows by table.
    tables: BTreeMap<String, u64>,
    /// How many files, metadata not counted.
    files: u64,
}

/// What was backed up or restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Rows of all tables.
    pub rows: u64,
    /// Files, metadata not counted.
    pub files: u64,
}

impl Manifest {
    fn counts(&self) -> Counts {
        Counts {
            rows: self.tables.values().sum(),
            files: self.files,
        }
    }
}

fn wrong(folder: &Path, cause: &dyn std::fmt::Display) -> MarketError {
    MarketError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "backup",
        format!("the backup `{}` can't be used: {cause}", folder.display()),
        "give a folder: a new one for `backup`, the one that it wrote for `restore`",
    )
}
