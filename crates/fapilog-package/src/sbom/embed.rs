//! Putting a file into `.dist-info/sboms/` of a wheel.

use std::io::{Cursor, Read as _, Seek as _, SeekFrom, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use sha2::{Digest as _, Sha256};

use super::FOLDER;
use crate::archive::{self, Entry, Limits};
use crate::contents;
use crate::error::PackageError;
use crate::fault;
use crate::filename::WheelFilename;
use crate::name::shorten;
use crate::wheel;

/// Adds bills of materials to a wheel, as (name of the file, contents), and lists them in RECORD.
/// One of the same name is replaced.
///
/// The wheel is verified before and after. Everything else in it stays as it is, compressed
/// contents included, and the same input gives the same bytes: times are those of the wheel's own
/// RECORD. Extra fields (times once more, owners) are left out.
///
/// # Errors
///
/// [`PackageError`]; `archive-entry-name` for a name that isn't one part of a path.
pub fn embed(
    wheel: &[u8],
    filename: &WheelFilename,
    bills: &[(&str, &[u8])],
    limits: &Limits,
) -> Result<Vec<u8>, PackageError> {
    wheel::read(&mut Cursor::new(wheel), filename, limits)?;
    let entries = archive::read_entries(&mut Cursor::new(wheel), limits)?;
    let record = entries
        .iter()
        .find(|entry| entry.name.ends_with(".dist-info/RECORD"))
        .ok_or_else(|| PackageError::MissingFile {
            path: "RECORD".to_owned(),
        })?;
    let folder = record.name.trim_end_matches("RECORD");
    let mut added = Vec::new();
    for (name, contents) in bills {
        if name.is_empty() || name.contains('/') {
            return Err(PackageError::EntryName {
                entry: shorten(name),
                reason: fault::BILL_NAME,
            });
        }
        added.push((format!("{folder}{FOLDER}/{name}"), *contents));
    }
    let replaced = |name: &str| added.iter().any(|(path, _)| path == name);
    let listed = contents::read(&mut Cursor::new(wheel), record, true)?.bytes;
    let listed = new_record(&String::from_utf8_lossy(&listed), &record.name, &added);
    let mut target = Target::default();
    for entry in &entries {
        if entry.name != record.name && !replaced(&entry.name) {
            target.copy(wheel, entry)?;
        }
    }
    for (path, contents) in &added {
        target.add(path, contents, record)?;
    }
    target.add(&record.name, listed.as_bytes(), record)?;
    let made = target.finish()?;
    wheel::read(&mut Cursor::new(&made), filename, limits)?;
    Ok(made)
}

/// RECORD with the lines of the added files before its own.
fn new_record(text: &str, own: &str, added: &[(String, &[u8])]) -> String {
    let path_of = |line: &str| line.split(',').next().unwrap_or_default().to_owned();
    let stays = |line: &&str| {
        let path = path_of(line);
        path != own
            && !added
                .iter()
                .any(|(added, _)| quoted(added) == path || *added == path)
    };
    let mut lines: Vec<String> = text.lines().filter(stays).map(str::to_owned).collect();
    for (path, contents) in added {
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(contents));
        lines.push(format!(
            "{},sha256={digest},{}",
            quoted(path),
            contents.len()
        ));
    }
    lines.push(format!("{own},,"));
    lines.join("\n") + "\n"
}

fn quoted(path: &str) -> String {
    if path.contains([',', '"']) {
        format!("\"{}\"", path.replace('"', "\"\""))
    } else {
        path.to_owned()
    }
}

/// The archive that is written: entries without data descriptors and extra fields.
#[derive(Default)]
struct Target {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

/// What both headers of an entry say.
struct Header<'a> {
    name: &'a str,
    method: u16,
    time: u32,
    checksum: u32,
    compressed: u64,
    size: u64,
    attributes: u32,
}

impl Target {
    fn copy(&mut self, wheel: &[u8], entry: &Entry) -> Result<(), PackageError> {
        let mut source = Cursor::new(wheel);
        source.seek(SeekFrom::Start(entry.data_start))?;
        let mut data = Vec::new();
        source.take(entry.compressed).read_to_end(&mut data)?;
        let header = Header {
            name: &entry.name,
            method: if entry.deflated { 8 } else { 0 },
            time: entry.time,
            checksum: entry.checksum,
            compressed: entry.compressed,
            size: entry.size,
            attributes: entry.attributes,
        };
        self.entry(&header, &data)
    }

    fn add(&mut self, name: &str, contents: &[u8], like: &Entry) -> Result<(), PackageError> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(contents)?;
        let data = encoder.finish()?;
        let mut checksum = flate2::Crc::new();
        checksum.update(contents);
        let header = Header {
            name,
            method: 8,
            time: like.time,
            checksum: checksum.sum(),
            compressed: data.len() as u64,
            size: contents.len() as u64,
            attributes: 0o100_644 << 16,
        };
        self.entry(&header, &data)
    }

    fn entry(&mut self, header: &Header<'_>, data: &[u8]) -> Result<(), PackageError> {
        /// Names beyond ASCII are UTF-8.
        const FLAG_UTF8: u16 = 1 << 11;
        /// Made on Unix by version 2.0 of the format.
        const MADE_BY: u16 = 0x0314;
        let flags = if header.name.is_ascii() { 0 } else { FLAG_UTF8 };
        let start = small(self.bytes.len() as u64)?;
        let name_bytes = u16::try_from(header.name.len()).map_err(|_| too_large())?;
        let mut both = Vec::new();
        for number in [20, flags, header.method] {
            both.extend_from_slice(&number.to_le_bytes());
        }
        let numbers = [
            header.time,
            header.checksum,
            small(header.compressed)?,
            small(header.size)?,
        ];
        for number in numbers {
            both.extend_from_slice(&number.to_le_bytes());
        }
        both.extend_from_slice(&name_bytes.to_le_bytes());
        both.extend_from_slice(&[0, 0]);

        self.bytes.extend_from_slice(b"PK\x03\x04");
        self.bytes.extend_from_slice(&both);
        self.bytes.extend_from_slice(header.name.as_bytes());
        self.bytes.extend_from_slice(data);

        self.directory.extend_from_slice(b"PK\x01\x02");
        self.directory.extend_from_slice(&MADE_BY.to_le_bytes());
        self.directory.extend_from_slice(&both);
        self.directory.extend_from_slice(&[0; 6]);
        self.directory
            .extend_from_slice(&header.attributes.to_le_bytes());
        self.directory.extend_from_slice(&start.to_le_bytes());
        self.directory.extend_from_slice(header.name.as_bytes());
        self.count = self.count.checked_add(1).ok_or_else(too_large)?;
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<u8>, PackageError> {
        let start = small(self.bytes.len() as u64)?;
        let size = small(self.directory.len() as u64)?;
        self.bytes.extend_from_slice(&self.directory);
        self.bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        for number in [self.count, self.count] {
            self.bytes.extend_from_slice(&number.to_le_bytes());
        }
        for number in [size, start] {
            self.bytes.extend_from_slice(&number.to_le_bytes());
        }
        self.bytes.extend_from_slice(&[0, 0]);
        Ok(self.bytes)
    }
}

/// Offsets and sizes fit 32 bits: wheels have no ZIP64.
fn small(number: u64) -> Result<u32, PackageError> {
    u32::try_from(number).map_err(|_| too_large())
}

fn too_large() -> PackageError {
    PackageError::TooLarge {
        what: fault::WHOLE,
        limit: u64::from(u32::MAX),
    }
}
