//! Source archives (PEP 625): `{name}-{version}.tar.gz` with PKG-INFO, read without trust.

use std::io::{BufReader, Read};
use std::time::Instant;

use flate2::bufread::GzDecoder;
use tar::{Archive, EntryType};

use crate::archive::Limits;
use crate::changelog::{self, Changelog};
use crate::entry_name::EntryNames;
use crate::error::PackageError;
use crate::fault::{self, Fault};
use crate::filename::SourceFilename;
use crate::metadata::{self, Metadata};
use crate::name::shorten;
use crate::wheel::check_identity;

/// Largest extension header (long name or PAX records) in bytes.
const MAX_EXTENSION_BYTES: u64 = 16 * 1024;

/// A source archive whose structure was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceArchive {
    /// The distribution's metadata, from PKG-INFO.
    pub metadata: Metadata,
    /// The files with their sizes in bytes, in the archive's order.
    pub files: Vec<(String, u64)>,
    /// The changelog at its top, if it has one that is no larger than 512 KiB.
    pub changelog: Option<Changelog>,
}

/// Reads a source archive to its end: bounds, names, no links or special files, one root folder,
/// and a PKG-INFO that agrees with the file name.
///
/// # Errors
///
/// [`PackageError`].
pub fn read<R: Read>(
    reader: R,
    filename: &SourceFilename,
    limits: &Limits,
) -> Result<SourceArchive, PackageError> {
    let mut compressed = BufReader::new(reader);
    // One byte more than allowed tells "too large" from "ends here".
    let contents = Timed {
        inner: GzDecoder::new(&mut compressed),
        deadline: Instant::now().checked_add(limits.time),
    }
    .take(limits.total_bytes + 1);
    let mut walk = Walk {
        root: filename.root(),
        limits,
        names: EntryNames::default(),
        files: Vec::new(),
        package_info: None,
        changelog: None,
        long_name: None,
        headers: 0,
        total_bytes: 0,
    };
    let mut archive = Archive::new(contents);
    for entry in archive.entries().map_err(unreadable)?.raw(true) {
        walk.entry(&mut entry.map_err(unreadable)?)?;
    }
    let mut contents = archive.into_inner();
    let only_zeros = read_padding(&mut contents).map_err(unreadable)?;
    if contents.limit() == 0 {
        return Err(walk.too_large());
    }
    drop(contents);
    if !only_zeros {
        return Err(PackageError::ExtraData {
            place: fault::TRAILING,
        });
    }
    if compressed.read(&mut [0; 1])? != 0 {
        return Err(PackageError::ExtraData {
            place: fault::TRAILING,
        });
    }
    walk.finish(filename)
}

/// Reads to the end, and tells whether there was nothing but zeros.
fn read_padding(contents: &mut dyn Read) -> std::io::Result<bool> {
    let mut buffer = [0; 64 * 1024];
    let mut only_zeros = true;
    loop {
        let count = contents.read(&mut buffer)?;
        let part = buffer.get(..count).unwrap_or_default();
        if part.is_empty() {
            return Ok(only_zeros);
        }
        only_zeros &= part.iter().all(|byte| *byte == 0);
    }
}

/// Reads until a time.
struct Timed<R> {
    inner: R,
    deadline: Option<Instant>,
}

impl<R: Read> Read for Timed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.deadline.is_some_and(|end| Instant::now() > end) {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        self.inner.read(buffer)
    }
}

fn unreadable(error: std::io::Error) -> PackageError {
    if error.kind() == std::io::ErrorKind::TimedOut {
        return crate::contents::too_slow();
    }
    PackageError::Truncated {
        detail: "the compressed tar archive can't be read to its end",
    }
}

struct Walk<'a> {
    root: String,
    limits: &'a Limits,
    names: EntryNames,
    files: Vec<(String, u64)>,
    package_info: Option<Vec<u8>>,
    changelog: Option<Changelog>,
    /// A name that an extension header gives to the entry after it.
    long_name: Option<String>,
    headers: u64,
    total_bytes: u64,
}

impl Walk<'_> {
    fn too_large(&self) -> PackageError {
        PackageError::TooLarge {
            what: fault::TOTAL,
            limit: self.limits.total_bytes,
        }
    }

    fn entry<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>) -> Result<(), PackageError> {
        self.headers += 1;
        // Each file may have a long name and PAX records of its own.
        if self.headers > self.limits.entries.saturating_mul(3) {
            return Err(self.too_many());
        }
        check_header(entry.header())?;
        let size = entry.header().entry_size().map_err(unreadable)?;
        match entry.header().entry_type() {
            kind @ (EntryType::XHeader | EntryType::XGlobalHeader) => {
                let records = extension(entry, size)?;
                return self.pax(&records, kind == EntryType::XGlobalHeader);
            }
            EntryType::GNULongName => {
                let name = extension(entry, size)?;
                return self.name_next(name.strip_suffix(b"\0").unwrap_or(&name));
            }
            _ => {}
        }
        let name = match self.long_name.take() {
            Some(name) => name,
            None => text(&entry.path_bytes())?,
        };
        if name.split('/').next() != Some(self.root.as_str()) {
            return Err(PackageError::EntryName {
                entry: shorten(&name),
                reason: fault::FOREIGN_ROOT,
            });
        }
        match entry.header().entry_type() {
            // Some programs take the contents that a folder states for the next headers.
            EntryType::Directory if size == 0 => {
                let folder = format!("{}/", name.strip_suffix('/').unwrap_or(&name));
                self.names.insert(&folder)
            }
            // A plain file's name with a slash at its end is a folder to some programs.
            EntryType::Regular if !name.ends_with('/') => self.file(entry, name, size),
            kind => Err(PackageError::SpecialFile {
                entry: shorten(&name),
                reason: match kind {
                    EntryType::Symlink | EntryType::Link => fault::LINK,
                    EntryType::GNUSparse => fault::SPARSE,
                    EntryType::Directory | EntryType::Regular => fault::FOLDER_CONTENTS,
                    _ => fault::SPECIAL,
                },
            }),
        }?;
        if self.names.len() as u64 > self.limits.entries {
            return Err(self.too_many());
        }
        Ok(())
    }

    fn file<R: Read>(
        &mut self,
        entry: &mut tar::Entry<'_, R>,
        name: String,
        size: u64,
    ) -> Result<(), PackageError> {
        if size > self.limits.entry_bytes {
            return Err(PackageError::TooLarge {
                what: fault::ENTRY,
                limit: self.limits.entry_bytes,
            });
        }
        self.total_bytes = self.total_bytes.saturating_add(size);
        if self.total_bytes > self.limits.total_bytes {
            return Err(self.too_large());
        }
        self.names.insert(&name)?;
        if name == format!("{}/PKG-INFO", self.root) {
            let limit = metadata::MAX_BYTES as u64;
            if size > limit {
                return Err(PackageError::TooLarge {
                    what: fault::METADATA_BYTES,
                    limit,
                });
            }
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(unreadable)?;
            self.package_info = Some(bytes);
        } else if self.changelog.is_none() && size <= changelog::MAX_BYTES {
            let below = name.strip_prefix(&format!("{}/", self.root));
            if let Some(path) = below.filter(|path| Changelog::is_name(path)) {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).map_err(unreadable)?;
                self.changelog = Some(Changelog::new(path, &bytes));
            }
        }
        self.files.push((name, size));
        Ok(())
    }

    fn too_many(&self) -> PackageError {
        PackageError::TooLarge {
            what: fault::ENTRIES,
            limit: self.limits.entries,
        }
    }

    /// Takes a long name from PAX records. A second statement of a size or a name, and everything
    /// that changes what other records mean, is a known attack.
    fn pax(&mut self, records: &[u8], for_all: bool) -> Result<(), PackageError> {
        for record in tar::PaxExtensions::new(records) {
            let record = record.map_err(unreadable)?;
            match record.key_bytes() {
                b"path" if !for_all => self.name_next(record.value_bytes())?,
                b"size" | b"SCHILY.realsize" => return Err(misused_header(fault::PAX_SIZE)),
                b"path" | b"linkpath" | b"hdrcharset" => {
                    return Err(misused_header(fault::PAX));
                }
                key if key.starts_with(b"GNU.sparse.") => {
                    return Err(misused_header(fault::SPARSE));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Keeps a long name for the entry that follows; two of them would contradict each other.
    fn name_next(&mut self, name: &[u8]) -> Result<(), PackageError> {
        match self.long_name.replace(text(name)?) {
            None => Ok(()),
            Some(_) => Err(misused_header(fault::PAX)),
        }
    }

    fn finish(self, filename: &SourceFilename) -> Result<SourceArchive, PackageError> {
        let bytes = self.package_info.ok_or_else(|| PackageError::MissingFile {
            path: format!("{}/PKG-INFO", self.root),
        })?;
        self.names.check_folders()?;
        let metadata = Metadata::parse(&bytes)?;
        check_identity(&metadata, &filename.project, &filename.version)?;
        Ok(SourceArchive {
            metadata,
            files: self.files,
            changelog: self.changelog,
        })
    }
}

fn misused_header(feature: Fault) -> PackageError {
    PackageError::Unsupported {
        feature,
        entry: String::new(),
    }
}

/// Header fields that programs read differently: a name's first half that only some formats know
/// (bytes 345 to 500 of the header), and sizes in binary, which no small file needs.
fn check_header(header: &tar::Header) -> Result<(), PackageError> {
    let bytes = header.as_bytes();
    let prefix = bytes.get(345..500).unwrap_or_default();
    let binary_size = bytes.get(124).is_some_and(|byte| byte & 0x80 != 0);
    if binary_size || header.as_ustar().is_none() && prefix.iter().any(|byte| *byte != 0) {
        return Err(PackageError::Unsupported {
            feature: fault::OLD_TAR,
            entry: shorten(&String::from_utf8_lossy(&header.path_bytes())),
        });
    }
    Ok(())
}

fn extension<R: Read>(entry: &mut tar::Entry<'_, R>, size: u64) -> Result<Vec<u8>, PackageError> {
    if size > MAX_EXTENSION_BYTES {
        return Err(PackageError::TooLarge {
            what: fault::EXTENSION,
            limit: MAX_EXTENSION_BYTES,
        });
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn text(bytes: &[u8]) -> Result<String, PackageError> {
    String::from_utf8(bytes.to_vec()).map_err(|_| PackageError::EntryName {
        entry: shorten(&String::from_utf8_lossy(bytes)),
        reason: fault::NAME_UTF8,
    })
}
