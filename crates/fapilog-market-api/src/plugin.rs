//! `GET /api/v1/plugins/{name}`.

use serde::{Deserialize, Serialize};

/// Everything about a plugin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginInfo {
    /// Normalised name of the distribution.
    pub name: String,
    /// Summary of the latest version.
    pub summary: String,
    /// The newest final version that isn't yanked, else the newest one.
    pub latest_version: String,
    /// Whether it is a plugin of fapilog, and not another distribution of this index.
    pub is_plugin: bool,
    /// The extra of `fapilog` that brings it in; first-party plugins have one.
    #[serde(default)]
    pub extra: Option<String>,
    /// Address of its page.
    pub page: String,
    /// Kinds of the plugins inside.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Name of the account or organisation that publishes it.
    #[serde(default)]
    pub publisher: Option<String>,
    /// Downloads by people in the last 30 days.
    #[serde(default)]
    pub downloads_30d: u64,
    /// Bayesian mean of the ratings, 1 to 5; absent without any.
    #[serde(default)]
    pub rating: Option<f64>,
    /// Ratings that count.
    #[serde(default)]
    pub ratings: u64,
    /// Project status (PEP 792): `active`, `archived`, `quarantined` or `deprecated`.
    #[serde(default = "active")]
    pub status: String,
    /// Why the status is what it is.
    #[serde(default)]
    pub status_reason: Option<String>,
    /// Known vulnerabilities.
    #[serde(default)]
    pub advisories: Vec<Advisory>,
    /// What the plugins of the latest version can be told, as far as its source says so.
    #[serde(default)]
    pub configuration: Vec<PluginConfiguration>,
    /// All versions, newest first.
    pub versions: Vec<VersionInfo>,
}

/// The configuration of one plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginConfiguration {
    /// The name at its entry point.
    pub plugin: String,
    /// Its options, in the order of the source.
    pub options: Vec<PluginOption>,
}

/// One option of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginOption {
    /// Its name.
    pub name: String,
    /// Its type, as the source writes it.
    #[serde(rename = "type")]
    pub annotation: String,
    /// Its default, as the source writes it; absent where a value must be given.
    #[serde(default)]
    pub default: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
}

pub(crate) fn active() -> String {
    "active".to_owned()
}

/// A version of a plugin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VersionInfo {
    /// The version in PEP 440's normal form.
    pub version: String,
    /// When its first file was published.
    pub published: String,
    /// What to write after `pip install` or into a requirements file.
    pub requirement: String,
    /// SPDX expression or the old licence text.
    #[serde(default)]
    pub license: Option<String>,
    /// Cores that it was made for, as specifiers.
    #[serde(default)]
    pub core_range: Option<String>,
    /// Pythons that it was made for, as specifiers.
    #[serde(default)]
    pub requires_python: Option<String>,
    /// `Requires-Dist` lines.
    #[serde(default)]
    pub requires_dist: Vec<String>,
    /// What it offers in `fapilog.plugins`.
    #[serde(default)]
    pub entry_points: Vec<EntryPoint>,
    /// Links of its metadata.
    #[serde(default)]
    pub links: Vec<Link>,
    /// For each series of the core whether it is within the range.
    #[serde(default)]
    pub compatibility: Vec<CoreCompatibility>,
    /// Present when the version was yanked (PEP 592): installers pass it over unless it is pinned.
    #[serde(default)]
    pub yanked: Option<Yank>,
    /// How its files were judged; absent while one of them was not.
    #[serde(default)]
    pub scan: Option<ScanSummary>,
    /// Its files.
    #[serde(default)]
    pub files: Vec<FileInfo>,
}

/// An entry point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntryPoint {
    /// The name under which the plugin is configured.
    pub name: String,
    /// `module:object`.
    pub object: String,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Link {
    /// What it leads to.
    pub label: String,
    /// An `http` or `https` address.
    pub address: String,
}

/// Whether a version works with a series of the core.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CoreCompatibility {
    /// The newest version of the series that is known here.
    pub core: String,
    /// Whether that version is within the declared range.
    pub compatible: bool,
}

/// That a version was yanked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Yank {
    /// Why, if a reason was given.
    #[serde(default)]
    pub reason: Option<String>,
}

/// How the files of a version were judged, taken together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScanSummary {
    /// `passed`, `warnings` or `rejected`.
    pub verdict: String,
    /// What was asked of it: `community`, `verified` or `enterprise`.
    #[serde(default)]
    pub level: String,
    /// Findings that reject.
    #[serde(default)]
    pub errors: u64,
    /// Findings that should be repaired or explained.
    #[serde(default)]
    pub warnings: u64,
    /// Findings that are worth knowing.
    #[serde(default)]
    pub notes: u64,
    /// What the code uses, for example `network` or `subprocess`.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// What it does that the version before did not, for example `now opens network connections`.
    #[serde(default)]
    pub gained: Vec<String>,
}

/// A file of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileInfo {
    /// Its name.
    pub filename: String,
    /// Where it can be downloaded.
    pub url: String,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// SHA-256 of the wheel's `METADATA`, which stays in an environment when it is installed.
    #[serde(default)]
    pub metadata_sha256: Option<String>,
    /// Its size.
    pub size_bytes: u64,
    /// `bdist_wheel` or `sdist`.
    pub filetype: String,
    /// When it was published.
    pub published: String,
    /// Where the report of the scan is; absent when it was not judged.
    #[serde(default)]
    pub scan_report: Option<String>,
    /// Where its bill of materials (CycloneDX) is; absent for source archives.
    #[serde(default)]
    pub sbom: Option<String>,
}

/// A known vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Advisory {
    /// Its id, for example `PYSEC-2026-1`.
    pub id: String,
    /// Other ids.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// One line.
    pub summary: String,
    /// Versions published here that have it.
    #[serde(default)]
    pub affected: Vec<String>,
    /// The first version without it, when there is one.
    #[serde(default)]
    pub fixed_in: Option<String>,
}
