//! Source files in, uses out.

use std::io::{Read, Seek};

use memchr::memmem;

use super::finder::Finder;
use super::{ApiUsage, MAX_USES};
use crate::archive::{self, Limits};
use crate::error::PackageError;
use crate::name::shorten;
use crate::{contents, python_source};

/// Adds what one source file uses. A file that can't be read is listed in [`ApiUsage::unread`].
///
/// ```
/// # use fapilog_package::api_usage::{ApiUsage, analyse};
/// let mut usage = ApiUsage::default();
/// analyse("acme.py", b"from fapilog import plugins as p\nx: p.Record\n", &mut usage);
/// assert!(usage.names().contains("fapilog.plugins.Record"));
/// ```
pub fn analyse(file: &str, source: &[u8], usage: &mut ApiUsage) {
    let found = python_source::with_stack(|| {
        python_source::parse(source).map(|source| {
            let mut finder = Finder::new(file, &source);
            finder.module(source.parsed.suite());
            (finder.uses, finder.api_versions)
        })
    });
    match found {
        Ok(Ok((uses, versions))) => {
            usage.files += 1;
            let room = MAX_USES.saturating_sub(usage.uses.len());
            usage.uses.extend(uses.into_iter().take(room));
            usage.api_versions.extend(versions);
        }
        Ok(Err(error)) => usage.unread.push((shorten(file), error.to_string())),
        Err(error) => usage.unread.push((shorten(file), error.to_string())),
    }
}

/// What the code of a wheel uses. The wheel's structure is verified again; its contents only as far
/// as they are read.
///
/// # Errors
///
/// [`PackageError`].
pub fn of_wheel<R: Read + Seek>(reader: &mut R, limits: &Limits) -> Result<ApiUsage, PackageError> {
    let mut usage = ApiUsage::default();
    for entry in archive::read_entries(reader, limits)? {
        if !is_source(&entry.name) {
            continue;
        }
        if entry.size > python_source::MAX_BYTES as u64 {
            let reason = python_source::SourceError::TooLarge.to_string();
            usage.unread.push((shorten(&entry.name), reason));
            continue;
        }
        let bytes = contents::read(reader, &entry, true)?.bytes;
        see(&entry.name, &bytes, &mut usage);
    }
    Ok(usage)
}

/// Adds what one file of a wheel uses, whatever kind of file it is: for those who go through the
/// contents anyway.
pub fn see(file: &str, contents: &[u8], usage: &mut ApiUsage) {
    if !is_source(file) {
        return;
    }
    if contents.len() > python_source::MAX_BYTES {
        let reason = python_source::SourceError::TooLarge.to_string();
        usage.unread.push((shorten(file), reason));
    } else if memmem::find(contents, b"fapilog").is_none() {
        // Most files of a package never speak of the core.
        usage.files += 1;
    } else {
        analyse(file, contents, usage);
    }
}

fn is_source(file: &str) -> bool {
    file.ends_with(".py") || file.ends_with(".pyw")
}
