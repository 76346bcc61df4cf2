//! Which version of a plugin is installed, and why another is not.

use std::str::FromStr as _;

use fapilog_market_api::{FileInfo, PluginInfo, VersionInfo};
use fapilog_package::Version;
use pep440_rs::VersionSpecifiers;
use serde::Serialize;

use super::{ClientFailure, Inventory, Wanted};

/// What somebody takes the responsibility for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Allowances {
    /// Versions that no marketplace has judged.
    pub unscanned: bool,
    /// Final versions are not preferred.
    pub prereleases: bool,
}

/// A version that goes with the environment.
#[derive(Debug, Clone, Serialize)]
pub struct Choice {
    /// Normalised name of the distribution.
    pub name: String,
    /// The version.
    pub version: String,
    /// What the scan saw it use.
    pub capabilities: Vec<String>,
    /// The newest version of all, when that is not the one.
    pub passed_over: Option<String>,
    /// Why it is not.
    pub because: Option<String>,
    /// What is to be known before it is installed.
    pub warnings: Vec<String>,
    /// Its files at the marketplace.
    #[serde(skip)]
    pub files: Vec<FileInfo>,
}

impl Choice {
    /// What to give an installer.
    pub fn requirement(&self) -> String {
        format!("{}=={}", self.name, self.version)
    }
}

/// The newest version that fits the wish, the core and the Python, is not withdrawn and was judged.
pub fn choose(
    wanted: &Wanted,
    info: &PluginInfo,
    inventory: &Inventory,
    allowed: Allowances,
) -> Result<Choice, ClientFailure> {
    if info.status == "quarantined" {
        return Err(refused(
            wanted,
            format!(
                "it is withdrawn{}",
                reason_after(info.status_reason.as_deref())
            ),
        ));
    }
    let mut versions: Vec<(Version, &VersionInfo)> = info
        .versions
        .iter()
        .filter_map(|one| Some((Version::from_str(&one.version).ok()?, one)))
        .filter(|(version, _)| wanted.versions.contains(version))
        .collect();
    versions.sort_by(|a, b| b.0.cmp(&a.0));
    let newest = versions.first().map(|(version, _)| version.to_string());
    let mut because = None;
    let final_first = versions
        .iter()
        .filter(|(version, _)| version.is_stable())
        .chain(versions.iter().filter(|(version, _)| !version.is_stable()));
    for (version, one) in final_first {
        if version.any_prerelease() && !allowed.prereleases && !names_prerelease(wanted) {
            because.get_or_insert_with(|| "it is no final version; allow it with --pre".to_owned());
            continue;
        }
        match obstacle(wanted, version, one, inventory, allowed) {
            None => return Ok(chosen(info, one, newest, because)),
            Some(reason) => {
                because.get_or_insert(reason);
            }
        }
    }
    Err(refused(
        wanted,
        match (newest, because) {
            (Some(newest), Some(because)) => format!("{newest}: {because}"),
            (Some(newest), None) => format!("{newest} cannot be used"),
            (None, _) => format!(
                "no version is within `{}`; there are {}",
                wanted.versions,
                info.versions
                    .iter()
                    .take(8)
                    .map(|one| one.version.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        },
    ))
}

/// Why a version cannot be taken.
fn obstacle(
    wanted: &Wanted,
    version: &Version,
    one: &VersionInfo,
    inventory: &Inventory,
    allowed: Allowances,
) -> Option<String> {
    if let Some(yank) = &one.yanked
        && !wanted.pins(version)
    {
        return Some(format!(
            "it is yanked{}",
            reason_after(yank.reason.as_deref())
        ));
    }
    let core = inventory.core().unwrap_or_default();
    match &one.core_range {
        Some(range) if !within(range, core) => {
            return Some(format!(
                "it is for fapilog {range}, and {core} is installed"
            ));
        }
        Some(_) => {}
        None => return Some("it declares no range of fapilog and would not load".to_owned()),
    }
    if let Some(range) = &one.requires_python
        && !within(range, &inventory.python)
    {
        let python = &inventory.python;
        return Some(format!("it is for Python {range}, and this is {python}"));
    }
    match &one.scan {
        Some(scan) if scan.verdict == "rejected" => Some("the marketplace rejected it".to_owned()),
        None if !allowed.unscanned => Some(
            "the marketplace has not judged it; take it on your own with --allow-unscanned"
                .to_owned(),
        ),
        _ => None,
    }
}

fn chosen(
    info: &PluginInfo,
    one: &VersionInfo,
    newest: Option<String>,
    because: Option<String>,
) -> Choice {
    let mut warnings = Vec::new();
    if info.status != "active" {
        warnings.push(format!(
            "`{}` is {}{}",
            info.name,
            info.status,
            reason_after(info.status_reason.as_deref())
        ));
    }
    if let Some(yank) = &one.yanked {
        let reason = reason_after(yank.reason.as_deref());
        warnings.push(format!("{} {} is yanked{reason}", info.name, one.version));
    }
    for advisory in &info.advisories {
        if advisory.affected.contains(&one.version) {
            warnings.push(format!("{}: {}", advisory.id, advisory.summary));
        }
    }
    let passed_over = newest.filter(|newest| *newest != one.version);
    Choice {
        name: info.name.clone(),
        version: one.version.clone(),
        capabilities: one
            .scan
            .as_ref()
            .map(|scan| scan.capabilities.clone())
            .unwrap_or_default(),
        because: because.filter(|_| passed_over.is_some()),
        passed_over,
        warnings,
        files: one.files.clone(),
    }
}

fn within(range: &str, version: &str) -> bool {
    let (Ok(range), Ok(version)) = (
        VersionSpecifiers::from_str(range),
        Version::from_str(version),
    ) else {
        return false;
    };
    // A core that is itself a pre-release is what the user runs, as the gate sees it.
    range.contains(&version)
}

fn names_prerelease(wanted: &Wanted) -> bool {
    let mut versions = wanted.versions.iter();
    versions.any(|one| one.version().any_prerelease())
}

fn reason_after(reason: Option<&str>) -> String {
    match reason.map(str::trim) {
        Some(reason) if !reason.is_empty() => format!(" ({reason})"),
        _ => String::new(),
    }
}

fn refused(wanted: &Wanted, reason: String) -> ClientFailure {
    ClientFailure::Refused {
        name: wanted.distribution.clone(),
        reason,
    }
}

#[cfg(test)]
mod tests;
