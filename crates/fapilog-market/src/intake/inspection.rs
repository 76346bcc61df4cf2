//! Reading a distribution file, and the rules for plugins: what is wrong here is told at once.

use std::fs::File;
use std::io::BufReader;

use fapilog_package::Version;
use fapilog_package::archive::Limits;
use fapilog_package::changelog::Changelog;
use fapilog_package::entry_points::{EntryPoint, PLUGIN_GROUP};
use fapilog_package::filename::DistributionFilename;
use fapilog_package::gate::CORE_DISTRIBUTION;
use fapilog_package::metadata::Metadata;
use fapilog_package::{source, wheel};
use sha2::{Digest as _, Sha256};

use crate::error::MarketError;

/// What was found inside a file.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// METADATA or PKG-INFO.
    pub metadata: Metadata,
    /// METADATA as bytes; absent for source archives, whose metadata isn't served.
    pub metadata_bytes: Option<Vec<u8>>,
    /// All entry points.
    pub entry_points: Vec<EntryPoint>,
    /// What a source archive's changelog says of the version.
    pub changes: Option<Changes>,
}

/// What a changelog says of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The text, as written.
    pub text: String,
    /// Whether it is Markdown.
    pub is_markdown: bool,
}

impl Changes {
    fn of(log: &Changelog, version: &Version) -> Option<Self> {
        // PostgreSQL keeps no NUL in a text.
        let text = log.of_version(version)?.replace('\0', "\u{fffd}");
        Some(Self {
            text,
            is_markdown: log.is_markdown,
        })
    }
}

impl Inspected {
    /// Reads a file whole and checks it. Takes time in proportion to its size.
    ///
    /// # Errors
    ///
    /// What is wrong with the archive; `plugin-name`, `no-core-range`.
    pub fn read(filename: &DistributionFilename, file: File) -> Result<Self, MarketError> {
        let limits = Limits::default();
        let inspected = match filename {
            DistributionFilename::Wheel(name) => {
                let wheel = wheel::read(&mut BufReader::new(file), name, &limits)?;
                Self {
                    metadata: wheel.metadata,
                    metadata_bytes: Some(wheel.metadata_bytes),
                    entry_points: wheel.entry_points,
                    changes: None,
                }
            }
            DistributionFilename::Source(name) => {
                let archive = source::read(file, name, &limits)?;
                let changelog = archive.changelog;
                Self {
                    metadata: archive.metadata,
                    metadata_bytes: None,
                    entry_points: Vec::new(),
                    changes: changelog.and_then(|log| Changes::of(&log, &name.version)),
                }
            }
        };
        inspected.check_plugin_rules(filename)?;
        Ok(inspected)
    }

    /// The digest of the METADATA file that is served beside a wheel.
    #[must_use]
    pub fn metadata_sha256(&self) -> Option<String> {
        let bytes = self.metadata_bytes.as_ref()?;
        Some(hex::encode(Sha256::digest(bytes)))
    }

    /// Whether the file has plugins, as far as its name and its entry points tell: those of a source
    /// archive are made when it is built. The core brings none, whatever it says.
    #[must_use]
    pub fn offers_plugins(&self, filename: &DistributionFilename) -> Option<bool> {
        match filename {
            _ if filename.project().as_str() == CORE_DISTRIBUTION => Some(false),
            DistributionFilename::Wheel(_) => Some(self.has_plugin_entry_points()),
            DistributionFilename::Source(_) if !filename.project().is_plugin_distribution() => {
                Some(false)
            }
            DistributionFilename::Source(_) => None,
        }
    }

    fn has_plugin_entry_points(&self) -> bool {
        let mut points = self.entry_points.iter();
        points.any(|point| point.group == PLUGIN_GROUP)
    }

    /// What offers plugins must be named like one and say for which cores it was made.
    fn check_plugin_rules(&self, filename: &DistributionFilename) -> Result<(), MarketError> {
        if !self.has_plugin_entry_points() || filename.project().as_str() == CORE_DISTRIBUTION {
            return Ok(());
        }
        let project = filename.project();
        if !project.is_plugin_distribution() {
            return Err(MarketError::bad_request(
                "plugin-name",
                format!(
                    "`{project}` declares entry points in `{PLUGIN_GROUP}`, so its name must begin \
                     with `fapilog-`"
                ),
                format!("rename the distribution to `fapilog-{project}` in pyproject.toml"),
            ));
        }
        if self.metadata.core_range()?.is_none() {
            return Err(MarketError::bad_request(
                "no-core-range",
                format!("`{project}` doesn't say for which cores it was made"),
                "add `fapilog>=3.0,<4.0` to `dependencies` in pyproject.toml",
            ));
        }
        Ok(())
    }
}
