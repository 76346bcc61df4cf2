//! A project's page, in the form of the simple API (PEP 691) or of the older JSON API.

use std::collections::BTreeMap;

use pep440_rs::Version;
use serde::Deserialize;

use super::Release;
use crate::metadata::Metadata;
use crate::name::ProjectName;

/// A licence as metadata state it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// `License-Expression`, else `License`; only its first line.
    pub text: Option<String>,
    /// The classifiers about licences, without `License :: `.
    pub classifiers: Vec<String>,
}

impl Stated {
    /// What metadata say, `None` when they say nothing.
    #[must_use]
    pub fn in_metadata(metadata: &Metadata) -> Option<Self> {
        let text = metadata.license_expression.as_ref();
        Self::of(
            text.or(metadata.license.as_ref()).map(String::as_str),
            &metadata.classifiers,
        )
    }

    fn of(text: Option<&str>, classifiers: &[String]) -> Option<Self> {
        let text = text.and_then(|text| text.lines().next()).map(str::trim);
        let text = text.filter(|text| !text.is_empty() && *text != "UNKNOWN");
        let classifiers = classifiers.iter();
        let classifiers: Vec<String> = classifiers
            .filter_map(|line| line.strip_prefix("License :: "))
            .map(str::to_owned)
            .collect();
        (text.is_some() || !classifiers.is_empty()).then(|| Self {
            text: text.map(str::to_owned),
            classifiers,
        })
    }
}

/// Both forms at once; which one it is shows by what is there.
#[derive(Debug, Deserialize)]
struct Raw {
    name: Option<String>,
    #[serde(default)]
    files: Vec<RawFile>,
    #[serde(default)]
    versions: Vec<String>,
    info: Option<RawInfo>,
    #[serde(default)]
    releases: BTreeMap<String, Vec<RawFile>>,
}

#[derive(Debug, Deserialize)]
struct RawFile {
    filename: String,
    #[serde(default)]
    yanked: Yanked,
    yanked_reason: Option<String>,
}

/// `true`, `false`, or the reason.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Yanked {
    Flag(bool),
    Reason(String),
}

impl Default for Yanked {
    fn default() -> Self {
        Self::Flag(false)
    }
}

#[derive(Debug, Deserialize)]
struct RawInfo {
    name: String,
    version: String,
    license_expression: Option<String>,
    license: Option<String>,
    classifiers: Option<Vec<String>>,
}

impl RawFile {
    fn withdrawn(&self) -> Option<String> {
        match &self.yanked {
            Yanked::Flag(false) => None,
            Yanked::Flag(true) => Some(self.yanked_reason.clone().unwrap_or_default()),
            Yanked::Reason(reason) => Some(reason.clone()),
        }
    }
}

/// What a page says.
#[derive(Debug)]
pub(super) struct Page {
    pub project: ProjectName,
    pub releases: Vec<Release>,
}

pub(super) fn parse(bytes: &[u8]) -> Option<Page> {
    let raw: Raw = serde_json::from_slice(bytes).ok()?;
    let name = raw
        .name
        .as_ref()
        .or(raw.info.as_ref().map(|info| &info.name));
    let project = ProjectName::parse(name?).ok()?;
    // Of each version whether files are left, and a reason for those that are not.
    let mut known: BTreeMap<Version, (bool, Option<String>)> = BTreeMap::new();
    let mut add = |version: Version, withdrawn: Option<String>| {
        let (is_left, reason) = known.entry(version).or_insert((false, None));
        match withdrawn {
            None => *is_left = true,
            Some(text) => *reason = reason.take().filter(|old| !old.is_empty()).or(Some(text)),
        }
    };
    for file in &raw.files {
        if let Some(version) = version_of(&file.filename) {
            add(version, file.withdrawn());
        }
    }
    for (version, files) in &raw.releases {
        let Ok(version) = version.parse::<Version>() else {
            continue;
        };
        for file in files {
            add(version.clone(), file.withdrawn());
        }
    }
    let mut releases: Vec<Release> = known
        .into_iter()
        .map(|(version, (is_left, reason))| Release {
            version,
            yanked: reason.filter(|_| !is_left),
            licence: None,
        })
        .collect();
    if let Some(info) = &raw.info {
        state(info, &mut releases);
    }
    let is_page = !releases.is_empty() || raw.name.is_some() && raw.versions.is_empty();
    is_page.then_some(Page { project, releases })
}

/// The version in a file name. Names need not be in their normal form: an index has files of all
/// times, and one that is overlooked would make a version look withdrawn.
fn version_of(filename: &str) -> Option<Version> {
    if let Some(name) = filename.strip_suffix(".whl") {
        return name.split('-').nth(1)?.parse().ok();
    }
    let ends = [".tar.gz", ".zip", ".tar.bz2", ".tgz"];
    let name = ends.iter().find_map(|end| filename.strip_suffix(end))?;
    name.rsplit_once('-')?.1.parse().ok()
}

/// What the older form says about the newest version.
fn state(info: &RawInfo, releases: &mut Vec<Release>) {
    let Ok(version) = info.version.parse::<Version>() else {
        return;
    };
    let text = info.license_expression.as_ref().or(info.license.as_ref());
    let classifiers = info.classifiers.as_deref().unwrap_or_default();
    let licence = Stated::of(text.map(String::as_str), classifiers);
    match releases.iter_mut().find(|one| one.version == version) {
        Some(release) => release.licence = licence,
        None => releases.push(Release {
            version,
            yanked: None,
            licence,
        }),
    }
}
