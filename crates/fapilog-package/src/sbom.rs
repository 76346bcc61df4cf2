//! Bills of materials: what a wheel consists of, as CycloneDX 1.6 and SPDX 2.3.
//!
//! PEP 770 keeps them inside the wheel, below `.dist-info/sboms/`. [`embed`] writes one there,
//! [`read`] reads those that are there, and [`Bill`] makes one from a verified wheel.

use std::io::{Read, Seek};

use serde_json::Value;

use crate::archive::{self, Limits};
use crate::contents;
use crate::error::PackageError;
use crate::fault;
use crate::name::shorten;

mod bill;
mod cyclonedx;
mod embed;
mod spdx;

pub use bill::{Bill, BilledFile, Dependency};
pub use embed::embed;

/// The folder below `.dist-info` (PEP 770).
pub const FOLDER: &str = "sboms";

/// Largest bill of materials in bytes that is read.
pub const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Most bills that are read from one wheel.
pub const MAX_BILLS: usize = 64;

/// Most components that are listed of one bill.
pub const MAX_COMPONENTS: usize = 100_000;

/// The format of a bill that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// CycloneDX in JSON, with its `specVersion`.
    CycloneDx(String),
    /// SPDX in JSON, with its `spdxVersion`.
    Spdx(String),
    /// Anything else; PEP 770 allows every format.
    Other,
}

/// A bill of materials that stands in a wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The path in the wheel.
    pub path: String,
    /// Its format.
    pub format: Format,
    /// What it lists, without the subject itself.
    pub components: Vec<Component>,
}

/// One component of a bill.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Component {
    /// The name.
    pub name: String,
    /// The version, as written.
    pub version: Option<String>,
    /// The package URL, for example `pkg:cargo/serde@1.0.0`.
    pub purl: Option<String>,
    /// The licence: an SPDX expression or a name.
    pub licence: Option<String>,
}

/// Reads the bills of materials that a wheel holds; what can't be read is listed as
/// [`Format::Other`] without components.
///
/// # Errors
///
/// [`PackageError`] when the archive is wrong, or a bill or their number is too large.
pub fn read<R: Read + Seek>(reader: &mut R, limits: &Limits) -> Result<Vec<Found>, PackageError> {
    let entries = archive::read_entries(reader, limits)?;
    let bills: Vec<_> = entries
        .iter()
        .filter(|entry| !entry.is_folder() && is_bill(&entry.name))
        .collect();
    if bills.len() > MAX_BILLS {
        return Err(PackageError::TooLarge {
            what: fault::BILLS,
            limit: MAX_BILLS as u64,
        });
    }
    let mut found = Vec::new();
    for entry in bills {
        if entry.size > MAX_BYTES {
            return Err(PackageError::TooLarge {
                what: fault::BILL_BYTES,
                limit: MAX_BYTES,
            });
        }
        let bytes = contents::read(reader, entry, true)?.bytes;
        let (format, components) = parse(&bytes);
        found.push(Found {
            path: entry.name.clone(),
            format,
            components,
        });
    }
    Ok(found)
}

/// Whether a path is that of a bill: `{name}.dist-info/sboms/…`.
#[must_use]
pub fn is_bill(path: &str) -> bool {
    let mut parts = path.split('/');
    let top = parts.next().unwrap_or_default();
    top.ends_with(".dist-info") && parts.next() == Some(FOLDER) && parts.next().is_some()
}

/// The format of a bill, and what it lists.
#[must_use]
pub fn parse(bytes: &[u8]) -> (Format, Vec<Component>) {
    // The JSON library bounds the depth.
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return (Format::Other, Vec::new());
    };
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    if text("bomFormat") == "CycloneDX" {
        let format = Format::CycloneDx(shorten(text("specVersion")));
        return (format, cyclonedx::components(&value));
    }
    if text("spdxVersion").starts_with("SPDX-") {
        let format = Format::Spdx(shorten(text("spdxVersion")));
        return (format, spdx::components(&value));
    }
    (Format::Other, Vec::new())
}
