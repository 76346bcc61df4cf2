//! ZIP archives as wheels use them, read without trust.
//!
//! The reader accepts only archives of which every byte belongs to exactly one entry or to the
//! directory, and whose two descriptions of each entry agree, so that no two programs can see
//! different contents in one file. Source of the layout: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.4.

use std::io::{Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

use crate::entry_name::EntryNames;
use crate::error::PackageError;
use crate::fault::{self, Fault};
use crate::name::shorten;

mod extra;
mod layout;

/// Bounds that keep the work on one archive small whatever it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most entries.
    pub entries: u64,
    /// Most bytes of all contents together.
    pub total_bytes: u64,
    /// Most bytes of one entry's contents.
    pub entry_bytes: u64,
    /// Highest ratio of contents to archive, counted for contents above [`Limits::RATIO_FROM`].
    pub ratio: u64,
    /// Longest time for reading one archive.
    pub time: Duration,
}

impl Limits {
    /// Contents up to this many bytes may be compressed as well as they like.
    pub const RATIO_FROM: u64 = 64 * 1024 * 1024;
}

impl Default for Limits {
    /// 10,000 entries, 512 MiB together, 256 MiB each, ratio 50, 60 seconds: several times what the largest
    /// plugin-like wheels hold.
    fn default() -> Self {
        Self {
            entries: 10_000,
            total_bytes: 512 * 1024 * 1024,
            entry_bytes: 256 * 1024 * 1024,
            ratio: 50,
            time: Duration::from_secs(60),
        }
    }
}

const END_BYTES: usize = 22;
const CENTRAL_BYTES: usize = 46;
const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
const END_SIGNATURE: u32 = 0x0605_4b50;
const ZIP64_LOCATOR_BYTES: usize = 20;
const ZIP64_LOCATOR_SIGNATURE: u32 = 0x0706_4b50;
/// Largest directory in bytes: 10,000 entries with names of 255 bytes fill 3 MB.
const MAX_DIRECTORY_BYTES: u64 = 16 * 1024 * 1024;

/// The newest version of the format that installers know: 6.3.
const MAX_VERSION: u16 = 63;

const FLAG_ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
const FLAG_PATCH: u16 = 1 << 5;
const FLAG_UTF8: u16 = 1 << 11;
/// Marks a folder in the lower half of the external attributes (MS-DOS).
const DOS_FOLDER: u32 = 1 << 4;

/// One entry, as the directory describes it and its own header confirms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Relative path with `/`; ends with `/` for a folder.
    pub name: String,
    /// Size of the contents in bytes.
    pub size: u64,
    pub(crate) compressed: u64,
    pub(crate) deflated: bool,
    pub(crate) checksum: u32,
    pub(crate) data_start: u64,
    /// Time and date in the MS-DOS form.
    pub(crate) time: u32,
    /// The external attributes; their upper half is a Unix mode.
    pub(crate) attributes: u32,
    /// When reading must have ended.
    pub(crate) deadline: Option<Instant>,
    header_start: u64,
    flags: u16,
}

impl Entry {
    /// Whether the entry is a folder.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }
}

/// Reads and verifies the structure of an archive; contents are not decompressed yet.
///
/// # Errors
///
/// [`PackageError`] with an `archive-*` id.
pub fn read_entries<R: Read + Seek>(
    reader: &mut R,
    limits: &Limits,
) -> Result<Vec<Entry>, PackageError> {
    let length = reader.seek(SeekFrom::End(0))?;
    let (count, directory_start, directory) = read_directory(reader, length, limits)?;
    let deadline = Instant::now().checked_add(limits.time);
    let mut entries = Vec::with_capacity(usize::from(count));
    let mut rest = directory.as_slice();
    for _ in 0..count {
        let (entry, after) = central_entry(rest)?;
        entries.push(Entry { deadline, ..entry });
        rest = after;
    }
    if !rest.is_empty() {
        return Err(PackageError::ExtraData {
            place: fault::HIDDEN,
        });
    }
    let mut names = EntryNames::default();
    for entry in &entries {
        names.insert(&entry.name)?;
    }
    names.check_folders()?;
    check_sizes(&entries, length, limits)?;
    layout::check(reader, &mut entries, directory_start)?;
    Ok(entries)
}

/// Reads the contents of one entry, held against its size and checksum.
///
/// # Errors
///
/// [`PackageError::Corrupt`] or [`PackageError::Io`].
pub fn read_contents<R: Read + Seek>(
    reader: &mut R,
    entry: &Entry,
) -> Result<Vec<u8>, PackageError> {
    Ok(crate::contents::read(reader, entry, true)?.bytes)
}

fn read_directory<R: Read + Seek>(
    reader: &mut R,
    length: u64,
    limits: &Limits,
) -> Result<(u16, u64, Vec<u8>), PackageError> {
    let end_start = length
        .checked_sub(END_BYTES as u64)
        .ok_or(PackageError::Truncated {
            detail: "the end record is missing",
        })?;
    let mut end = [0; END_BYTES];
    reader.seek(SeekFrom::Start(end_start))?;
    reader.read_exact(&mut end)?;
    if u32_at(&end, 0) != END_SIGNATURE || u16_at(&end, 20) != 0 {
        return Err(missing_end(reader, length)?);
    }
    let (count, size, start) = (u16_at(&end, 10), u32_at(&end, 12), u32_at(&end, 16));
    if count == u16::MAX || size == u32::MAX || start == u32::MAX {
        return Err(PackageError::Unsupported {
            feature: fault::ZIP64,
            entry: String::new(),
        });
    }
    if u16_at(&end, 4) != 0 || u16_at(&end, 6) != 0 || u16_at(&end, 8) != count {
        return Err(PackageError::Unsupported {
            feature: fault::DISKS,
            entry: String::new(),
        });
    }
    if u64::from(count) > limits.entries {
        return Err(PackageError::TooLarge {
            what: fault::ENTRIES,
            limit: limits.entries,
        });
    }
    let (size, start) = (u64::from(size), u64::from(start));
    if size > MAX_DIRECTORY_BYTES {
        return Err(PackageError::TooLarge {
            what: fault::DIRECTORY,
            limit: MAX_DIRECTORY_BYTES,
        });
    }
    match (start + size).cmp(&end_start) {
        std::cmp::Ordering::Less => {
            let mut first = [0; 4];
            reader.seek(SeekFrom::Start(0))?;
            reader.read_exact(&mut first)?;
            // Offsets that count from the first entry betray what stands before it.
            let prefixed = u32_at(&first, 0) != layout::LOCAL_SIGNATURE;
            return Err(PackageError::ExtraData {
                place: if prefixed {
                    fault::PREFIX
                } else {
                    fault::HIDDEN
                },
            });
        }
        std::cmp::Ordering::Greater => {
            return Err(PackageError::Truncated {
                detail: "the directory is incomplete",
            });
        }
        std::cmp::Ordering::Equal => {}
    }
    let mut directory = vec![0; usize::try_from(size).unwrap_or_default()];
    reader.seek(SeekFrom::Start(start))?;
    reader.read_exact(&mut directory)?;
    // Whoever looks for ZIP64 looks there, whatever the last entry of the directory means by it.
    let before_end = directory.len().checked_sub(ZIP64_LOCATOR_BYTES);
    if before_end.is_some_and(|at| u32_at(&directory, at) == ZIP64_LOCATOR_SIGNATURE) {
        return Err(PackageError::Unsupported {
            feature: fault::ZIP64,
            entry: String::new(),
        });
    }
    Ok((count, start, directory))
}

/// Tells a cut-off archive from one with a comment or bytes after its end.
fn missing_end<R: Read + Seek>(reader: &mut R, length: u64) -> std::io::Result<PackageError> {
    // The end record can be followed by a comment of at most 65,535 bytes.
    let searched = length.min(END_BYTES as u64 + u64::from(u16::MAX));
    let mut tail = Vec::new();
    reader.seek(SeekFrom::Start(length - searched))?;
    reader.take(searched).read_to_end(&mut tail)?;
    let last = tail
        .windows(4)
        .rposition(|window| u32_at(window, 0) == END_SIGNATURE);
    Ok(match last {
        Some(start) if start + END_BYTES <= tail.len() => {
            let comment = usize::from(u16_at(&tail, start + 20));
            let after = tail.len() - start - END_BYTES;
            PackageError::ExtraData {
                place: if comment == after {
                    fault::COMMENT
                } else {
                    fault::TRAILING
                },
            }
        }
        _ => PackageError::Truncated {
            detail: "the end record is missing or incomplete",
        },
    })
}

fn central_entry(bytes: &[u8]) -> Result<(Entry, &[u8]), PackageError> {
    let short = || PackageError::Truncated {
        detail: "the directory is incomplete",
    };
    let fixed = bytes.get(..CENTRAL_BYTES).ok_or_else(short)?;
    if u32_at(fixed, 0) != CENTRAL_SIGNATURE {
        return Err(short());
    }
    let name_end = CENTRAL_BYTES + usize::from(u16_at(fixed, 28));
    let extra_end = name_end + usize::from(u16_at(fixed, 30));
    let comment_bytes = usize::from(u16_at(fixed, 32));
    let raw_name = bytes.get(CENTRAL_BYTES..name_end).ok_or_else(short)?;
    let extra = bytes.get(name_end..extra_end).ok_or_else(short)?;
    let after = bytes.get(extra_end + comment_bytes..).ok_or_else(short)?;
    let name = std::str::from_utf8(raw_name).map_err(|_| PackageError::EntryName {
        entry: shorten(&String::from_utf8_lossy(raw_name)),
        reason: fault::NAME_UTF8,
    })?;
    if let Some(feature) = unsupported(fixed, name, extra) {
        return Err(PackageError::Unsupported {
            feature,
            entry: shorten(name),
        });
    }
    let entry = Entry {
        name: name.to_owned(),
        size: u64::from(u32_at(fixed, 24)),
        compressed: u64::from(u32_at(fixed, 20)),
        deflated: u16_at(fixed, 10) == 8,
        checksum: u32_at(fixed, 16),
        data_start: 0,
        time: u32_at(fixed, 12),
        attributes: u32_at(fixed, 38),
        deadline: None,
        header_start: u64::from(u32_at(fixed, 42)),
        flags: u16_at(fixed, 8),
    };
    check_kind(&entry, u32_at(fixed, 38))?;
    Ok((entry, after))
}

/// What an entry uses that wheels have no use for, or that programs disagree about.
fn unsupported(fixed: &[u8], name: &str, extra: &[u8]) -> Option<Fault> {
    let flags = u16_at(fixed, 8);
    if u16_at(fixed, 6) > MAX_VERSION {
        Some(fault::NEWER)
    } else if flags & FLAG_ENCRYPTED != 0 {
        Some(fault::ENCRYPTED)
    } else if flags & FLAG_PATCH != 0 {
        Some(fault::PATCHED)
    } else if flags & FLAG_UTF8 == 0 && !name.is_ascii() {
        // Python reads such a name as code page 437, others as UTF-8.
        Some(fault::NAME_UNMARKED)
    } else if u16_at(fixed, 32) != 0 {
        Some(fault::ENTRY_COMMENT)
    } else if u16_at(fixed, 34) != 0 {
        Some(fault::DISKS)
    } else if !matches!(u16_at(fixed, 10), 0 | 8) {
        Some(fault::COMPRESSION)
    } else {
        extra::fault(extra)
    }
}

/// Only plain files and folders: the upper half of the external attributes is a Unix mode.
fn check_kind(entry: &Entry, attributes: u32) -> Result<(), PackageError> {
    const KIND: u32 = 0o170_000;
    const LINK: u32 = 0o120_000;
    let kind = attributes >> 16 & KIND;
    let wanted = if entry.is_folder() {
        0o040_000
    } else {
        0o100_000
    };
    let folder_by_attribute = attributes & DOS_FOLDER != 0 && !entry.is_folder();
    if kind != 0 && kind != wanted || folder_by_attribute {
        return Err(PackageError::SpecialFile {
            entry: shorten(&entry.name),
            reason: if kind == LINK {
                fault::LINK
            } else {
                fault::SPECIAL
            },
        });
    }
    if entry.is_folder() && (entry.size, entry.compressed, entry.checksum) != (0, 0, 0) {
        return Err(PackageError::HeaderMismatch {
            entry: shorten(&entry.name),
            detail: fault::FOLDER_CONTENTS,
        });
    }
    Ok(())
}

fn check_sizes(entries: &[Entry], length: u64, limits: &Limits) -> Result<(), PackageError> {
    let mut total: u64 = 0;
    for entry in entries {
        if entry.size > limits.entry_bytes {
            return Err(PackageError::TooLarge {
                what: fault::ENTRY,
                limit: limits.entry_bytes,
            });
        }
        if !entry.deflated && entry.size != entry.compressed {
            return Err(PackageError::HeaderMismatch {
                entry: shorten(&entry.name),
                detail: fault::STORED_SIZES,
            });
        }
        total = total.saturating_add(entry.size);
    }
    if total > limits.total_bytes {
        return Err(PackageError::TooLarge {
            what: fault::TOTAL,
            limit: limits.total_bytes,
        });
    }
    if total > Limits::RATIO_FROM && total / length.max(1) > limits.ratio {
        return Err(PackageError::TooLarge {
            what: fault::RATIO,
            limit: limits.ratio,
        });
    }
    Ok(())
}

/// Little-endian numbers; the callers hand in slices of fixed size, so that the zero for a slice
/// that is too short is never seen.
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes
        .get(at..at + 2)
        .and_then(|two| two.try_into().ok())
        .map_or(0, u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at + 4)
        .and_then(|four| four.try_into().ok())
        .map_or(0, u32::from_le_bytes)
}
