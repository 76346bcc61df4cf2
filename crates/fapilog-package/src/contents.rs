//! Contents of archive entries: decompressed in a stream, measured, checked and hashed.

use std::io::{Read, Seek, SeekFrom};
use std::time::Instant;

use flate2::read::DeflateDecoder;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::archive::{Entry, Limits};
use crate::error::PackageError;
use crate::fault::{self, Fault};
use crate::name::shorten;

/// What one pass over an entry's contents gives.
pub(crate) struct Contents {
    pub sha256: [u8; 32],
    /// Only when it was asked for: bills of materials want it.
    pub sha1: [u8; 20],
    /// The contents themselves, when they were asked for.
    pub bytes: Vec<u8>,
}

/// Reads an entry once, holding its size and checksum against what the archive promised; keeps the
/// bytes only when `keep` is set.
pub(crate) fn read<R: Read + Seek>(
    reader: &mut R,
    entry: &Entry,
    keep: bool,
) -> Result<Contents, PackageError> {
    let mut bytes = Vec::new();
    let mut contents = watch(reader, entry, &mut |part| {
        if keep {
            bytes.extend_from_slice(part);
        }
    })?;
    contents.bytes = bytes;
    Ok(contents)
}

/// The same with a sha1.
pub(crate) fn read_with_sha1<R: Read + Seek>(
    reader: &mut R,
    entry: &Entry,
) -> Result<Contents, PackageError> {
    let mut hasher = Sha1::new();
    let mut contents = watch(reader, entry, &mut |part| hasher.update(part))?;
    contents.sha1 = hasher.finalize().into();
    Ok(contents)
}

/// Reads an entry once, and shows each part to somebody.
pub(crate) fn watch<R: Read + Seek>(
    reader: &mut R,
    entry: &Entry,
    seen: &mut dyn FnMut(&[u8]),
) -> Result<Contents, PackageError> {
    reader.seek(SeekFrom::Start(entry.data_start))?;
    if entry.deflated {
        // A stream that doesn't end by itself would take the byte behind it, where a program that
        // reads in a stream would go on.
        let compressed = reader.take(entry.compressed + 1);
        let mut decoder = DeflateDecoder::new(compressed);
        let contents = consume(&mut decoder, entry, seen)?;
        if decoder.total_in() != entry.compressed {
            return Err(corrupt(entry, fault::STREAM_END));
        }
        Ok(contents)
    } else {
        consume(&mut reader.take(entry.compressed), entry, seen)
    }
}

fn consume(
    stream: &mut dyn Read,
    entry: &Entry,
    seen: &mut dyn FnMut(&[u8]),
) -> Result<Contents, PackageError> {
    let mut hasher = Sha256::new();
    let mut checksum = flate2::Crc::new();
    let mut left = entry.size;
    let mut buffer = [0; 64 * 1024];
    loop {
        if entry.deadline.is_some_and(|end| Instant::now() > end) {
            return Err(too_slow());
        }
        let count = stream
            .read(&mut buffer)
            .map_err(|_| corrupt(entry, fault::DEFLATE))?;
        let Some(part) = buffer.get(..count).filter(|part| !part.is_empty()) else {
            break;
        };
        left = left
            .checked_sub(part.len() as u64)
            .ok_or_else(|| corrupt(entry, fault::MORE))?;
        hasher.update(part);
        checksum.update(part);
        seen(part);
    }
    if left != 0 {
        return Err(corrupt(entry, fault::LESS));
    }
    if checksum.sum() != entry.checksum {
        return Err(corrupt(entry, fault::CHECKSUM));
    }
    Ok(Contents {
        sha256: hasher.finalize().into(),
        sha1: [0; 20],
        bytes: Vec::new(),
    })
}

pub(crate) fn too_slow() -> PackageError {
    PackageError::TooLarge {
        what: fault::TIME,
        limit: Limits::default().time.as_secs(),
    }
}

fn corrupt(entry: &Entry, detail: Fault) -> PackageError {
    PackageError::Corrupt {
        entry: shorten(&entry.name),
        detail,
    }
}
