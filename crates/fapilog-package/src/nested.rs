//! Archives inside of archives: nobody unpacks them here, but whoever does must not be overrun.

use std::io::{Cursor, Read};

use flate2::read::{DeflateDecoder, MultiGzDecoder};

use crate::archive::Limits;
use crate::error::PackageError;
use crate::fault::{self, Fault};

/// Deepest nesting of archives.
pub(crate) const MAX_LEVELS: usize = 3;

/// Largest archive inside in bytes that is looked at; larger ones are refused.
pub(crate) const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// Most entries of an archive inside: more don't fit its end record.
const MAX_ENTRIES: usize = 65_535;

/// Whether contents that begin so are an archive that could unfold to more.
pub(crate) fn is_archive(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(GZIP)
}

const GZIP: &[u8] = b"\x1f\x8b\x08";

/// Refuses an archive inside that unfolds to more than the limits of the outer one allow, or holds
/// archives too deep. Its own structure isn't verified.
pub(crate) fn check(bytes: &[u8], limits: &Limits) -> Result<(), PackageError> {
    let mut left = limits.total_bytes;
    level(bytes, 1, limits, &mut left)
}

fn level(bytes: &[u8], depth: usize, limits: &Limits, left: &mut u64) -> Result<(), PackageError> {
    if depth > MAX_LEVELS {
        return Err(refused(fault::NESTED_DEPTH, MAX_LEVELS as u64));
    }
    if bytes.starts_with(GZIP) {
        return gzip(bytes, depth, limits, left);
    }
    let mut sum = 0_u64;
    for entry in directory(bytes) {
        sum = sum.saturating_add(entry.size);
        if sum > *left {
            return Err(refused(fault::NESTED, limits.total_bytes));
        }
        if sum > Limits::RATIO_FROM && sum / (bytes.len() as u64).max(1) > limits.ratio {
            return Err(refused(fault::NESTED, limits.total_bytes));
        }
        if let Some(inner) = entry.inner(bytes)? {
            level(&inner, depth + 1, limits, left)?;
        }
    }
    *left -= sum;
    Ok(())
}

fn gzip(bytes: &[u8], depth: usize, limits: &Limits, left: &mut u64) -> Result<(), PackageError> {
    let allowed = (bytes.len() as u64)
        .saturating_mul(limits.ratio)
        .max(Limits::RATIO_FROM)
        .min(*left);
    let mut decoder = MultiGzDecoder::new(bytes).take(allowed + 1);
    let mut buffer = [0; 64 * 1024];
    let mut kept = Vec::new();
    let mut sum = 0_u64;
    // What can't be decompressed to its end is no danger either.
    while let Ok(count) = decoder.read(&mut buffer) {
        let part = buffer.get(..count).unwrap_or_default();
        if part.is_empty() {
            break;
        }
        sum += part.len() as u64;
        let inner = sum == part.len() as u64 && is_archive(part) || !kept.is_empty();
        if inner {
            kept.extend_from_slice(part);
        }
        if kept.len() as u64 > MAX_BYTES {
            return Err(refused(fault::NESTED, MAX_BYTES));
        }
    }
    if sum > allowed {
        return Err(refused(fault::NESTED, allowed));
    }
    *left = left.saturating_sub(sum);
    match kept.is_empty() {
        true => Ok(()),
        false => level(&kept, depth + 1, limits, left),
    }
}

fn refused(what: Fault, limit: u64) -> PackageError {
    PackageError::TooLarge { what, limit }
}

/// What a directory says of one entry; read as unpackers do, which search for it.
struct Stated {
    size: u64,
    compressed: usize,
    method: u16,
    header: usize,
    name: Vec<u8>,
}

impl Stated {
    /// The contents, when the name says that they are an archive and they begin like one.
    fn inner(&self, bytes: &[u8]) -> Result<Option<Vec<u8>>, PackageError> {
        const ENDS: [&[u8]; 8] = [
            b".zip", b".whl", b".egg", b".jar", b".gz", b".tgz", b".pyz", b".svgz",
        ];
        let lower = self.name.to_ascii_lowercase();
        if !ENDS.iter().any(|end| lower.ends_with(end)) {
            return Ok(None);
        }
        let local = bytes.get(self.header..).unwrap_or_default();
        let start = 30 + number(local, 26, 2) + number(local, 28, 2);
        let end = start.saturating_add(self.compressed).min(local.len());
        let data = local.get(start..end).unwrap_or_default();
        let mut contents = Vec::new();
        let limit = MAX_BYTES + 1;
        // As far as it can be read: the rest is nothing for anybody.
        let _ = match self.method {
            0 => Cursor::new(data).take(limit).read_to_end(&mut contents),
            8 => DeflateDecoder::new(data)
                .take(limit)
                .read_to_end(&mut contents),
            _ => return Ok(None),
        };
        if contents.len() as u64 > MAX_BYTES {
            return Err(refused(fault::NESTED, MAX_BYTES));
        }
        Ok(is_archive(&contents).then_some(contents))
    }
}

fn directory(bytes: &[u8]) -> Vec<Stated> {
    let searched = bytes.len().saturating_sub(65_557);
    let tail = bytes.get(searched..).unwrap_or_default();
    let Some(end) = tail.windows(4).rposition(|window| window == b"PK\x05\x06") else {
        return Vec::new();
    };
    let end = tail.get(end..).unwrap_or_default();
    let mut rest = bytes.get(number(end, 16, 4)..).unwrap_or_default();
    let mut found = Vec::new();
    while rest.starts_with(b"PK\x01\x02") && found.len() < MAX_ENTRIES {
        let name_end = 46 + number(rest, 28, 2);
        found.push(Stated {
            size: number(rest, 24, 4) as u64,
            compressed: number(rest, 20, 4),
            method: u16::try_from(number(rest, 10, 2)).unwrap_or(u16::MAX),
            header: number(rest, 42, 4),
            name: rest.get(46..name_end).unwrap_or_default().to_vec(),
        });
        let next = name_end + number(rest, 30, 2) + number(rest, 32, 2);
        rest = rest.get(next..).unwrap_or_default();
    }
    found
}

/// A little-endian number; zero where there is none.
fn number(bytes: &[u8], at: usize, length: usize) -> usize {
    let digits = bytes.get(at..at + length).unwrap_or_default();
    digits
        .iter()
        .rev()
        .fold(0, |number, digit| number << 8 | usize::from(*digit))
}
