//! What somebody wants to install: a plugin, and perhaps which versions.

use std::str::FromStr as _;

use fapilog_package::Version;
use fapilog_package::name::{PluginName, shorten};
use pep440_rs::VersionSpecifiers;

use super::ClientFailure;

/// A plugin and the versions that will do.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Normalised name of the distribution.
    pub distribution: String,
    /// All versions when empty.
    pub versions: VersionSpecifiers,
}

impl Wanted {
    /// Reads `acme`, `fapilog-acme`, `acme==1.2`, `acme>=1,<2`.
    pub fn parse(given: &str) -> Result<Self, ClientFailure> {
        let end = given.find(|c: char| "=<>!~ ".contains(c));
        let (name, versions) = given.split_at(end.unwrap_or(given.len()));
        let name = PluginName::parse(name.trim()).map_err(ClientFailure::BadName)?;
        let versions = VersionSpecifiers::from_str(versions.trim()).map_err(|_| {
            ClientFailure::BadVersions {
                given: shorten(versions.trim()),
                plugin: name.as_str().to_owned(),
            }
        })?;
        Ok(Self {
            distribution: name.distribution(),
            versions,
        })
    }

    /// Whether exactly one version is named.
    pub fn pins(&self, version: &Version) -> bool {
        self.versions
            .iter()
            .any(|one| one.operator().to_string() == "==" && one.version() == version)
    }
}
