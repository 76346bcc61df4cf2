//! Where an export lies: a folder, a zip archive, or a JSON file.

use std::fs::{self, File};
use std::io::{BufReader, Read as _};
use std::path::Path;

use serde_json::Value;

use super::{Advisory, MAX_ADVISORIES, MAX_ADVISORY_BYTES, OsvDatabase, OsvError};
use crate::archive::{self, Limits};
use crate::contents;

/// Deepest folder below the one given; exports have one folder for each ecosystem.
const MAX_LEVELS: usize = 4;

/// Largest JSON file with many advisories, in bytes.
const MAX_LIST_BYTES: u64 = 1024 * 1024 * 1024;

pub(super) fn open(path: &Path) -> Result<OsvDatabase, OsvError> {
    let io = |cause| OsvError::Io {
        path: path.to_owned(),
        cause,
    };
    let attributes = fs::metadata(path).map_err(io)?;
    let mut database = OsvDatabase {
        fetched: attributes.modified().ok(),
        ..OsvDatabase::default()
    };
    if attributes.is_dir() {
        folder(path, &mut database, 0).map_err(io)?;
    } else if path.extension().is_some_and(|end| end == "zip") {
        zip(path, &mut database)?;
    } else {
        list(&read(path, MAX_LIST_BYTES).map_err(io)?, &mut database);
    }
    if database.is_empty() {
        return Err(OsvError::Format {
            path: path.to_owned(),
            detail: format!("no advisory in it, {} could not be read", database.skipped),
        });
    }
    Ok(database)
}

fn folder(path: &Path, database: &mut OsvDatabase, level: usize) -> std::io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let path = entry.path();
        if kind.is_dir() && level < MAX_LEVELS {
            folder(&path, database, level + 1)?;
        } else if kind.is_file() && path.extension().is_some_and(|end| end == "json") {
            let written = entry.metadata()?.modified().ok();
            database.fetched = database.fetched.max(written);
            match read(&path, MAX_ADVISORY_BYTES) {
                Ok(bytes) => list(&bytes, database),
                Err(_) => database.skipped += 1,
            }
        }
    }
    Ok(())
}

fn read(path: &Path, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(std::io::Error::other("the file is too large"));
    }
    Ok(bytes)
}

fn zip(path: &Path, database: &mut OsvDatabase) -> Result<(), OsvError> {
    let format = |detail: String| OsvError::Format {
        path: path.to_owned(),
        detail,
    };
    let file = File::open(path).map_err(|cause| OsvError::Io {
        path: path.to_owned(),
        cause,
    })?;
    let mut reader = BufReader::new(file);
    let limits = Limits {
        entries: MAX_ADVISORIES as u64,
        total_bytes: 4 * MAX_LIST_BYTES,
        entry_bytes: MAX_ADVISORY_BYTES,
        ratio: 200,
        ..Limits::default()
    };
    let entries = archive::read_entries(&mut reader, &limits)
        .map_err(|error| format(format!("{error}; unpack it, and give the folder")))?;
    for entry in entries.iter().filter(|entry| entry.name.ends_with(".json")) {
        let contents = contents::read(&mut reader, entry, true);
        list(
            &contents.map_err(|error| format(error.to_string()))?.bytes,
            database,
        );
    }
    Ok(())
}

/// Takes in one advisory, a list of them, or an answer of the OSV service (`{"vulns": […]}`).
pub(super) fn list(bytes: &[u8], database: &mut OsvDatabase) {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        database.skipped += 1;
        return;
    };
    let all = match value {
        Value::Array(all) => all,
        Value::Object(mut object) => match object.remove("vulns") {
            Some(Value::Array(all)) => all,
            _ => vec![Value::Object(object)],
        },
        other => vec![other],
    };
    for value in all {
        match Advisory::parse(value) {
            Some(advisory) if database.len() < MAX_ADVISORIES => database.add(advisory),
            _ => database.skipped += 1,
        }
    }
}
