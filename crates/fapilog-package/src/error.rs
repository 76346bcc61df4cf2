//! Why a package was refused.

use crate::gate::GateRefusal;
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
        place: &'static str,
    },
    /// A feature that wheels have no use for (comments, several disks, ZIP64, encryption, ...).
    #[error("the archive uses {feature}{}", at(entry))]
    Unsupported {
        /// What was met.
        feature: &'static str,
        /// In which entry; empty for the whole archive.
        entry: String,
    },
    /// More entries or bytes than allowed.
    #[error("the archive is too large: {what} is above the limit of {limit}")]
    TooLarge {
        /// What exceeds the limit.
        what: &'static str,
        /// The limit, in entries, bytes or as a ratio.
        limit: u64,
    },
    /// An entry name that could leave the target folder or deceive.
    #[error("the entry name `{entry}` is not allowed: {reason}")]
    EntryName {
        /// The name.
        entry: String,
        /// The rule that it broke.
        reason: &'static str,
    },
    /// Two entries that become one file, on every system or where case or Unicode form don't count.
    #[error("the entry `{entry}` appears twice, or differs from another only in case or form")]
    DuplicateEntry {
        /// The second of them.
        entry: String,
    },
    /// A symbolic or hard link, device or other special file.
    #[error("the entry `{entry}` is a link or special file")]
    SpecialFile {
        /// The entry.
        entry: String,
    },
    /// The archive's two descriptions of an entry differ, or entries overlap.
    #[error("the archive contradicts itself at `{entry}`: {detail}")]
    HeaderMismatch {
        /// The entry.
        entry: String,
        /// What differs.
        detail: &'static str,
    },
    /// Contents that can't be decompressed or don't match their checksum.
    #[error("the entry `{entry}` is corrupt: {detail}")]
    Corrupt {
        /// The entry.
        entry: String,
        /// What is wrong.
        detail: &'static str,
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
        field: &'static str,
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
        detail: &'static str,
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

impl PackageError {
    /// Stable identifier of this kind of refusal.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Name(error) => error.id(),
            Self::Requirement(refusal) => refusal.id(),
            Self::BadFilename { .. } => "bad-filename",
            Self::Truncated { .. } => "archive-truncated",
            Self::ExtraData { .. } => "archive-extra-data",
            Self::Unsupported { .. } => "archive-unsupported",
            Self::TooLarge { .. } => "archive-too-large",
            Self::EntryName { .. } => "archive-entry-name",
            Self::DuplicateEntry { .. } => "archive-duplicate-entry",
            Self::SpecialFile { .. } => "archive-special-file",
            Self::HeaderMismatch { .. } => "archive-header-mismatch",
            Self::Corrupt { .. } => "archive-corrupt",
            Self::MissingFile { .. } => "missing-file",
            Self::DistInfo { .. } => "bad-dist-info",
            Self::BadMetadata { .. } => "bad-metadata",
            Self::Mismatch { .. } => "metadata-mismatch",
            Self::Record { .. } => "bad-record",
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
            _ => "build the file with `python -m build`; don't change an archive by hand".into(),
        }
    }
}
