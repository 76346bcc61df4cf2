//! Why a package was refused.

use crate::fault::Fault;
use crate::gate::GateRefusal;
use crate::licence::LicenceError;
use crate::name::NameError;

/// Every way in which a package can be refused by this crate's readers. Text taken from the
/// package is escaped and shortened before it is stored here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// A project name that is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A requirement that can't be read.
    #[error(transparent)]
    Requirement(#[from] GateRefusal),
    /// A file name that isn't a wheel's or a source archive's.
    #[error("`{filename}` is not a valid distribution file name: {expected}")]
    BadFilename {
        /// The name given.
        filename: String,
        /// The rule that it broke.
        expected: String,
    },
    /// The archive ends too early or isn't an archive.
    #[error("the archive is truncated or not an archive: {detail}")]
    Truncated {
        /// What was missing.
        detail: &'static str,
    },
    /// Bytes that belong to no entry, where another program could see another archive.
    #[error("the archive holds bytes that belong to no entry: {place}")]
    ExtraData {
        /// Where they are.
        place: Fault,
    },
    /// A feature that wheels have no use for (comments, several disks, ZIP64, encryption, ...).
    #[error("the archive uses {feature}{}", at(entry))]
    Unsupported {
        /// What was met.
        feature: Fault,
        /// In which entry; empty for the whole archive.
        entry: String,
    },
    /// More entries or bytes than allowed.
    #[error("the archive is too large: {what} is above the limit of {limit}")]
    TooLarge {
        /// What exceeds the limit.
        what: Fault,
        /// The limit, in entries, bytes or as a ratio.
        limit: u64,
    },
    /// An entry name that could leave the target folder or deceive.
    #[error("the entry name `{entry}` is not allowed: {reason}")]
    EntryName {
        /// The name.
        entry: String,
        /// The rule that it broke.
        reason: Fault,
    },
    /// Two entries that become one file, on every system or where case or Unicode form don't count.
    #[error("the entry `{entry}` is not allowed: {reason}")]
    DuplicateEntry {
        /// The second of them.
        entry: String,
        /// Whether it is the same name or one that only file systems take for the same.
        reason: Fault,
    },
    /// A symbolic or hard link, device or other special file.
    #[error("the entry `{entry}` is not allowed: {reason}")]
    SpecialFile {
        /// The entry.
        entry: String,
        /// What it is.
        reason: Fault,
    },
    /// The archive's two descriptions of an entry differ, or entries overlap.
    #[error("the archive contradicts itself at `{entry}`: {detail}")]
    HeaderMismatch {
        /// The entry.
        entry: String,
        /// What differs.
        detail: Fault,
    },
    /// Contents that can't be decompressed or don't match their checksum.
    #[error("the entry `{entry}` is corrupt: {detail}")]
    Corrupt {
        /// The entry.
        entry: String,
        /// What is wrong.
        detail: Fault,
    },
    /// Native code that the wheel's tags don't allow.
    #[error("the entry `{entry}` is not allowed: {detail}")]
    NativeCode {
        /// The entry.
        entry: String,
        /// What is wrong.
        detail: Fault,
    },
    /// A licence expression that is none.
    #[error(transparent)]
    Licence(#[from] LicenceError),
    /// A licence file that the metadata lists isn't there.
    #[error("`{path}` is missing, though the metadata lists it as a licence file")]
    MissingLicenceFile {
        /// The path expected.
        path: String,
    },
    /// A file that every distribution must hold isn't there.
    #[error("`{path}` is missing")]
    MissingFile {
        /// The path expected.
        path: String,
    },
    /// Not exactly one `.dist-info` folder with the right name.
    #[error("expected one folder `{expected}`, found {found}")]
    DistInfo {
        /// The folder expected.
        expected: String,
        /// What there was.
        found: String,
    },
    /// A core metadata file that breaks its format.
    #[error("the metadata can't be read: {detail}")]
    BadMetadata {
        /// What is wrong.
        detail: String,
    },
    /// Two statements about the same fact that differ.
    #[error("{field} is `{found}` in {place}, expected `{expected}`")]
    Mismatch {
        /// Which fact.
        field: Fault,
        /// Where the other statement stands.
        place: &'static str,
        /// The value expected.
        expected: String,
        /// The value found.
        found: String,
    },
    /// A RECORD that can't be read, or that isn't about exactly the files in the wheel.
    #[error("RECORD is wrong about `{path}`: {detail}")]
    Record {
        /// The path concerned.
        path: String,
        /// What is wrong.
        detail: Fault,
    },
    /// An entry_points.txt that can't be read.
    #[error("entry_points.txt can't be read at line {line}: {detail}")]
    EntryPoints {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        detail: &'static str,
    },
    /// The reader that was handed in failed.
    #[error("reading the archive failed: {0}")]
    Io(#[from] std::io::Error),
}

fn at(entry: &str) -> String {
    if entry.is_empty() {
        String::new()
    } else {
        format!(" in the entry `{entry}`")
    }
}

/// Identifiers of refusals that have one kind of fault only; the others are those of
/// [`fault::ALL`](crate::fault::ALL).
pub const PLAIN_IDS: [&str; 11] = [
    "invalid-project-name",
    "bad-requirement",
    "bad-filename",
    "archive-truncated",
    "missing-file",
    "missing-licence-file",
    "bad-dist-info",
    "bad-metadata",
    "bad-licence",
    "bad-entry-points",
    "package-io",
];

impl PackageError {
    /// Stable identifier of this kind of refusal.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Name(error) => error.id(),
            Self::Requirement(refusal) => refusal.id(),
            Self::BadFilename { .. } => "bad-filename",
            Self::Truncated { .. } => "archive-truncated",
            Self::ExtraData { place: fault }
            | Self::Unsupported { feature: fault, .. }
            | Self::TooLarge { what: fault, .. }
            | Self::EntryName { reason: fault, .. }
            | Self::DuplicateEntry { reason: fault, .. }
            | Self::SpecialFile { reason: fault, .. }
            | Self::HeaderMismatch { detail: fault, .. }
            | Self::Corrupt { detail: fault, .. }
            | Self::NativeCode { detail: fault, .. }
            | Self::Mismatch { field: fault, .. }
            | Self::Record { detail: fault, .. } => fault.id(),
            Self::Licence(_) => "bad-licence",
            Self::MissingLicenceFile { .. } => "missing-licence-file",
            Self::MissingFile { .. } => "missing-file",
            Self::DistInfo { .. } => "bad-dist-info",
            Self::BadMetadata { .. } => "bad-metadata",
            Self::EntryPoints { .. } => "bad-entry-points",
            Self::Io(_) => "package-io",
        }
    }

    /// What to do about it, in one line.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Name(error) => error.hint(),
            Self::Requirement(_) => {
                "write the requirement as in `fapilog>=3.0,<4.0; python_version >= \"3.10\"`".into()
            }
            Self::BadFilename { .. } => {
                "build the file with `python -m build`, and don't rename it".into()
            }
            Self::Truncated { .. } | Self::Corrupt { .. } | Self::Io(_) => {
                "build it again with `python -m build`, and upload the new file".into()
            }
            Self::TooLarge { .. } => {
                "leave data files out of the package, or split it; see `python -m zipfile -l FILE`"
                    .into()
            }
            Self::EntryName { .. } | Self::SpecialFile { .. } | Self::DuplicateEntry { .. } => {
                "list the entries with `python -m zipfile -l FILE`, and keep only plain files \
                 with plain relative names"
                    .into()
            }
            Self::BadMetadata { .. } | Self::Mismatch { .. } => {
                "check `[project]` in pyproject.toml, and build again with `python -m build`".into()
            }
            Self::EntryPoints { .. } => {
                "write entry points in pyproject.toml as `name = \"package.module:PluginClass\"`"
                    .into()
            }
            Self::NativeCode { .. } => {
                "build a wheel for each platform, for example with `maturin build` or `cibuildwheel`"
                    .into()
            }
            Self::Licence(_) => {
                "write `license` in pyproject.toml as an SPDX expression such as \
                 `MIT OR Apache-2.0`"
                    .into()
            }
            Self::MissingLicenceFile { .. } => {
                "list the files in `license-files` of pyproject.toml, and build again with \
                 `python -m build`"
                    .into()
            }
            _ => "build the file with `python -m build`; don't change an archive by hand".into(),
        }
    }
}
