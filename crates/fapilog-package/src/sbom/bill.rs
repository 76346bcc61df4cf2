//! What a wheel consists of, before it is written in a format.

use std::io::{Read, Seek};

use sha2::{Digest as _, Sha256};

use crate::archive::{self, Limits};
use crate::contents;
use crate::error::PackageError;
use crate::filename::WheelFilename;
use crate::metadata::Metadata;
use crate::requirement::Requirement;
use crate::sbom;
use crate::wheel;

/// A bill of materials of one wheel.
///
/// Without a time it is the same for the same wheel, byte by byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// The wheel's file name.
    pub filename: String,
    /// The metadata.
    pub metadata: Metadata,
    /// The files, in the order of their paths; RECORD and bills of materials are left out, since
    /// they change when this bill is put in.
    pub files: Vec<BilledFile>,
    /// What the distribution requires.
    pub dependencies: Vec<Dependency>,
    /// When the bill was made, as RFC 3339 in UTC to the second (`2026-01-02T03:04:05Z`); a build
    /// takes `SOURCE_DATE_EPOCH`. Without it 1980-01-01 stands in SPDX, which wants a time, as in
    /// archives without one.
    pub created: Option<String>,
}

/// One file of the wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilledFile {
    /// The path in the wheel.
    pub path: String,
    /// The sha256 of its contents, in hexadecimal.
    pub sha256: String,
    /// The sha1 of its contents, in hexadecimal: SPDX 2.3 wants it.
    pub sha1: String,
}

/// One required project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Its normal name.
    pub project: String,
    /// The line in METADATA.
    pub requirement: String,
    /// The one version that is allowed, when it is pinned with `==`.
    pub version: Option<String>,
    /// Whether it is required only with an extra.
    pub optional: bool,
}

impl Bill {
    /// Makes the bill of a wheel, which is verified first.
    ///
    /// # Errors
    ///
    /// [`PackageError`].
    pub fn of<R: Read + Seek>(
        reader: &mut R,
        filename: &WheelFilename,
        limits: &Limits,
        created: Option<String>,
    ) -> Result<Self, PackageError> {
        let metadata = wheel::read(reader, filename, limits)?.metadata;
        let mut files = Vec::new();
        for entry in archive::read_entries(reader, limits)? {
            let changes = entry.name.ends_with(".dist-info/RECORD") || sbom::is_bill(&entry.name);
            if entry.is_folder() || changes {
                continue;
            }
            let contents = contents::read_with_sha1(reader, &entry)?;
            files.push(BilledFile {
                path: entry.name,
                sha256: hex(&contents.sha256),
                sha1: hex(&contents.sha1),
            });
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));
        let dependencies = metadata
            .requires_dist
            .iter()
            .filter_map(|line| dependency(line));
        Ok(Self {
            filename: filename.to_string(),
            dependencies: dependencies.collect(),
            metadata,
            files,
            created,
        })
    }

    /// The package URL of the wheel's release.
    #[must_use]
    pub fn purl(&self) -> String {
        format!(
            "pkg:pypi/{}@{}",
            self.metadata.project, self.metadata.version
        )
    }

    /// A digest of everything that the bill is about, from which its identifiers are made.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.filename.as_bytes());
        for file in &self.files {
            hasher.update(format!("\n{} {}", file.sha256, file.path));
        }
        for dependency in &self.dependencies {
            hasher.update(format!("\n{}", dependency.requirement));
        }
        hasher.update(self.created.as_deref().unwrap_or_default());
        hasher.finalize().into()
    }

    /// The bill as CycloneDX 1.6 in JSON.
    #[must_use]
    pub fn to_cyclonedx(&self) -> Vec<u8> {
        written(&super::cyclonedx::document(self))
    }

    /// The bill as SPDX 2.3 in JSON.
    #[must_use]
    pub fn to_spdx(&self) -> Vec<u8> {
        written(&super::spdx::document(self))
    }
}

/// JSON with two blanks a level and an end of line: people read these files, too.
fn written(value: &serde_json::Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

fn dependency(line: &str) -> Option<Dependency> {
    let requirement = Requirement::parse(line).ok()?;
    Some(Dependency {
        project: requirement.project.to_string(),
        version: requirement.pinned().map(|version| version.to_string()),
        optional: requirement.needs_extra(),
        requirement: line.to_owned(),
    })
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
