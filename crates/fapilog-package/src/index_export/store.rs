//! Where an export lies: a folder, or one page.

use std::fs::{self, File};
use std::io::{BufReader, Read as _, Seek};
use std::path::Path;

use super::{IndexError, IndexExport, MAX_PAGE_BYTES, Release, Stated};
use crate::archive::{self, Limits};
use crate::metadata::Metadata;

/// Deepest folder below the one given; mirrors have one for each project, below one or two others.
const MAX_LEVELS: usize = 5;

/// Largest metadata of one file in bytes.
const MAX_METADATA_BYTES: u64 = 4 * 1024 * 1024;

pub(super) fn open(path: &Path) -> Result<IndexExport, IndexError> {
    let io = |cause| IndexError::Io {
        path: path.to_owned(),
        cause,
    };
    let attributes = fs::metadata(path).map_err(io)?;
    let mut export = IndexExport::default();
    if attributes.is_dir() {
        folder(path, &mut export, 0).map_err(io)?;
    } else {
        export.fetched = attributes.modified().ok();
        if !export.add_page(&read(path, MAX_PAGE_BYTES).map_err(io)?) {
            export.skipped += 1;
        }
    }
    if export.is_empty() {
        return Err(IndexError::Format {
            path: path.to_owned(),
            detail: format!(
                "no page of a project in it, {} files could not be read",
                export.skipped
            ),
        });
    }
    Ok(export)
}

fn folder(path: &Path, export: &mut IndexExport, level: usize) -> std::io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let path = entry.path();
        if kind.is_dir() && level < MAX_LEVELS {
            folder(&path, export, level + 1)?;
        } else if kind.is_file() && file(&path, export).is_some_and(|was_read| !was_read) {
            export.skipped += 1;
        } else if kind.is_file() {
            let written = entry.metadata()?.modified().ok();
            export.fetched = export.fetched.max(written);
        }
    }
    Ok(())
}

/// Takes in a file by its kind, and tells whether it could be read; `None` for other files.
fn file(path: &Path, export: &mut IndexExport) -> Option<bool> {
    let end = path.extension().and_then(|end| end.to_str())?;
    let release = match end {
        "json" | "v1_json" => {
            let page = read(path, MAX_PAGE_BYTES);
            return Some(page.is_ok_and(|page| export.add_page(&page)));
        }
        "metadata" => read(path, MAX_METADATA_BYTES)
            .ok()
            .and_then(|bytes| Metadata::parse(&bytes).ok()),
        "whl" => File::open(path)
            .ok()
            .and_then(|file| of_wheel(&mut BufReader::new(file))),
        _ => return None,
    };
    let Some(metadata) = release else {
        return Some(false);
    };
    let release = Release {
        licence: Stated::in_metadata(&metadata),
        version: metadata.version,
        yanked: None,
    };
    export.add(&metadata.project, release);
    Some(true)
}

/// The metadata of a wheel, without a look at its other contents.
fn of_wheel(reader: &mut (impl std::io::Read + Seek)) -> Option<Metadata> {
    let entries = archive::read_entries(reader, &Limits::default()).ok()?;
    let entry = entries.iter().find(|entry| {
        let mut parts = entry.name.split('/');
        parts
            .next()
            .is_some_and(|part| part.ends_with(".dist-info"))
            && parts.next() == Some("METADATA")
            && parts.next().is_none()
    })?;
    if entry.size > MAX_METADATA_BYTES {
        return None;
    }
    Metadata::parse(&archive::read_contents(reader, entry).ok()?).ok()
}

fn read(path: &Path, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(std::io::Error::other("the file is too large"));
    }
    Ok(bytes)
}
