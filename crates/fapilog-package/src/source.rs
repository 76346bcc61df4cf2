//! Source archives (PEP 625): `{name}-{version}.tar.gz` with PKG-INFO, read without trust.

use std::collections::HashSet;
use std::io::{BufReader, Read};

use flate2::bufread::GzDecoder;
use tar::{Archive, EntryType};

use crate::archive::{Limits, name_fault};
use crate::error::PackageError;
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
    let contents = GzDecoder::new(&mut compressed).take(limits.total_bytes + 1);
    let mut walk = Walk {
        root: filename.root(),
        limits,
        names: HashSet::new(),
        files: Vec::new(),
        package_info: None,
        long_name: None,
        headers: 0,
        total_bytes: 0,
    };
    let mut archive = Archive::new(contents);
    for entry in archive.entries().map_err(unreadable)?.raw(true) {
        walk.entry(&mut entry.map_err(unreadable)?)?;
    }
    let mut contents = archive.into_inner();
    std::io::copy(&mut contents, &mut std::io::sink()).map_err(unreadable)?;
    if contents.limit() == 0 {
        return Err(walk.too_large());
    }
    drop(contents);
    if compressed.read(&mut [0; 1])? != 0 {
        return Err(PackageError::ExtraData {
            place: "after the end of the compressed data",
        });
    }
    walk.finish(filename)
}

fn unreadable(_: std::io::Error) -> PackageError {
    PackageError::Truncated {
        detail: "the compressed tar archive can't be read to its end",
    }
}

struct Walk<'a> {
    root: String,
    limits: &'a Limits,
    names: HashSet<String>,
    files: Vec<(String, u64)>,
    package_info: Option<Vec<u8>>,
    /// A name that an extension header gives to the entry after it.
    long_name: Option<String>,
    headers: u64,
    total_bytes: u64,
}

impl Walk<'_> {
    fn too_large(&self) -> PackageError {
        PackageError::TooLarge {
            what: "the size of all contents in bytes",
            limit: self.limits.total_bytes,
        }
    }

    fn entry<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>) -> Result<(), PackageError> {
        self.headers += 1;
        // Each file may have a long name and PAX records of its own.
        if self.headers > self.limits.entries.saturating_mul(3) {
            return Err(self.too_many());
        }
        let size = entry.header().entry_size().map_err(unreadable)?;
        match entry.header().entry_type() {
            EntryType::XGlobalHeader => return extension(entry, size).map(drop),
            EntryType::XHeader => return self.pax_name(&extension(entry, size)?),
            EntryType::GNULongName => {
                let name = extension(entry, size)?;
                self.long_name = Some(text(name.strip_suffix(b"\0").unwrap_or(&name))?);
                return Ok(());
            }
            _ => {}
        }
        let name = match self.long_name.take() {
            Some(name) => name,
            None => text(&entry.path_bytes())?,
        };
        let plain = name.strip_suffix('/').unwrap_or(&name).to_owned();
        if let Some(reason) = name_fault(&plain) {
            return Err(PackageError::EntryName {
                entry: shorten(&plain),
                reason,
            });
        }
        if plain.split('/').next() != Some(self.root.as_str()) {
            return Err(PackageError::EntryName {
                entry: shorten(&plain),
                reason: "expected everything below `{name}-{version}/`",
            });
        }
        match entry.header().entry_type() {
            EntryType::Directory => Ok(()),
            EntryType::Regular => self.file(entry, plain, size),
            _ => Err(PackageError::SpecialFile {
                entry: shorten(&plain),
            }),
        }
    }

    fn file<R: Read>(
        &mut self,
        entry: &mut tar::Entry<'_, R>,
        name: String,
        size: u64,
    ) -> Result<(), PackageError> {
        if size > self.limits.entry_bytes {
            return Err(PackageError::TooLarge {
                what: "the size of an entry in bytes",
                limit: self.limits.entry_bytes,
            });
        }
        self.total_bytes = self.total_bytes.saturating_add(size);
        if self.total_bytes > self.limits.total_bytes {
            return Err(self.too_large());
        }
        if !self.names.insert(name.to_lowercase()) {
            return Err(PackageError::DuplicateEntry {
                entry: shorten(&name),
            });
        }
        if self.names.len() as u64 > self.limits.entries {
            return Err(self.too_many());
        }
        if name == format!("{}/PKG-INFO", self.root) {
            let limit = metadata::MAX_BYTES as u64;
            if size > limit {
                return Err(PackageError::TooLarge {
                    what: "a metadata file in bytes",
                    limit,
                });
            }
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(unreadable)?;
            self.package_info = Some(bytes);
        }
        self.files.push((name, size));
        Ok(())
    }

    fn too_many(&self) -> PackageError {
        PackageError::TooLarge {
            what: "the number of entries",
            limit: self.limits.entries,
        }
    }

    /// Takes a long name from PAX records; a second statement of the size is a known attack.
    fn pax_name(&mut self, records: &[u8]) -> Result<(), PackageError> {
        for record in tar::PaxExtensions::new(records) {
            let record = record.map_err(unreadable)?;
            match record.key_bytes() {
                b"path" => self.long_name = Some(text(record.value_bytes())?),
                b"size" | b"linkpath" => {
                    return Err(PackageError::Unsupported {
                        feature: "extended headers for sizes or links",
                        entry: String::new(),
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn finish(self, filename: &SourceFilename) -> Result<SourceArchive, PackageError> {
        let bytes = self.package_info.ok_or_else(|| PackageError::MissingFile {
            path: format!("{}/PKG-INFO", self.root),
        })?;
        let metadata = Metadata::parse(&bytes)?;
        check_identity(&metadata, &filename.project, &filename.version)?;
        Ok(SourceArchive {
            metadata,
            files: self.files,
        })
    }
}

fn extension<R: Read>(entry: &mut tar::Entry<'_, R>, size: u64) -> Result<Vec<u8>, PackageError> {
    if size > MAX_EXTENSION_BYTES {
        return Err(PackageError::TooLarge {
            what: "an extended header in bytes",
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
        reason: "expected UTF-8",
    })
}
