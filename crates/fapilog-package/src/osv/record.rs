//! One advisory in the OSV format (schema 1.x), as far as it is about Python packages.

use std::str::FromStr as _;

use pep440_rs::Version;
use serde::Deserialize;

use crate::name::{ProjectName, shorten};

/// A published vulnerability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advisory {
    /// The identifier, for example `PYSEC-2019-217`.
    pub id: String,
    /// Other identifiers of the same thing: `CVE-…`, `GHSA-…`.
    pub aliases: Vec<String>,
    /// One line; the beginning of the details where there is none.
    pub summary: String,
    /// Severities as stated, with their kind: `("CVSS_V3", "CVSS:3.1/AV:N/…")`.
    pub severity: Vec<(String, String)>,
    /// When it was changed last, as RFC 3339.
    pub modified: String,
    /// When it was withdrawn, as RFC 3339.
    pub withdrawn: Option<String>,
    /// The Python packages it is about.
    pub affected: Vec<Affected>,
}

/// Affected versions of one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affected {
    /// The package.
    pub project: ProjectName,
    /// Versions listed one by one, in their normal form.
    pub versions: Vec<Version>,
    /// Ranges, each as events in the order of their versions.
    pub ranges: Vec<Vec<Event>>,
}

/// Where a range begins or ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Affected from this version on; `None` stands for the first one ever.
    Introduced(Option<Version>),
    /// Not affected from this version on.
    Fixed(Version),
    /// The last version that is affected.
    LastAffected(Version),
}

impl Event {
    fn version(&self) -> Option<&Version> {
        match self {
            Self::Introduced(version) => version.as_ref(),
            Self::Fixed(version) | Self::LastAffected(version) => Some(version),
        }
    }
}

impl Advisory {
    /// Reads one advisory. Packages of other ecosystems are left out, and so are versions that are
    /// none after PEP 440.
    pub(super) fn parse(value: serde_json::Value) -> Option<Self> {
        let raw: RawAdvisory = serde_json::from_value(value).ok()?;
        let summary = if raw.summary.is_empty() {
            raw.details.lines().next().unwrap_or_default()
        } else {
            raw.summary.as_str()
        };
        Some(Self {
            summary: shorten_line(summary),
            aliases: raw.aliases,
            severity: raw
                .severity
                .into_iter()
                .map(|severity| (severity.kind, severity.score))
                .collect(),
            modified: raw.modified,
            withdrawn: raw.withdrawn,
            affected: raw.affected.into_iter().filter_map(affected).collect(),
            id: shorten(&raw.id),
        })
    }

    /// Whether a version of a package is affected: it is listed, or in a range.
    #[must_use]
    pub fn affects(&self, project: &ProjectName, version: &Version) -> bool {
        let of_project = self.affected.iter().filter(|one| one.project == *project);
        of_project.into_iter().any(|one| {
            one.versions.contains(version) || one.ranges.iter().any(|range| is_in(range, version))
        })
    }

    /// The lowest version above the given one that is said to be fixed.
    #[must_use]
    pub fn fixed_after(&self, project: &ProjectName, version: &Version) -> Option<&Version> {
        self.affected
            .iter()
            .filter(|one| one.project == *project)
            .flat_map(|one| one.ranges.iter().flatten())
            .filter_map(|event| match event {
                Event::Fixed(fixed) if fixed > version => Some(fixed),
                _ => None,
            })
            .min()
    }

    /// Every version that the advisory names, affected or not, and those next to the ends of its
    /// ranges: the first of all, and one after the last that is affected.
    pub(super) fn known_versions(&self, project: &ProjectName) -> Vec<Version> {
        let of_project = self.affected.iter().filter(|one| one.project == *project);
        of_project
            .flat_map(|one| {
                let events = one.ranges.iter().flatten();
                let named = events.clone().filter_map(Event::version).cloned();
                let beside = events.filter_map(|event| match event {
                    Event::Introduced(None) => Some(Version::new([0])),
                    Event::LastAffected(last) => {
                        Some(Version::new(last.release().iter().copied().chain([1])))
                    }
                    _ => None,
                });
                one.versions.iter().cloned().chain(named).chain(beside)
            })
            .collect()
    }
}

/// The evaluation that the OSV schema describes: the last event at or before the version decides.
fn is_in(events: &[Event], version: &Version) -> bool {
    let mut affected = false;
    for event in events {
        match event {
            Event::Introduced(None) => affected = true,
            Event::Introduced(Some(from)) if version >= from => affected = true,
            Event::Fixed(from) if version >= from => affected = false,
            Event::LastAffected(last) if version > last => affected = false,
            _ => {}
        }
    }
    affected
}

fn affected(raw: RawAffected) -> Option<Affected> {
    let package = raw.package?;
    if package.ecosystem.split(':').next() != Some("PyPI") {
        return None;
    }
    let parsed = |text: &String| Version::from_str(text).ok();
    let ranges = raw.ranges.iter().filter(|range| range.kind != "GIT");
    Some(Affected {
        project: ProjectName::parse(&package.name).ok()?,
        versions: raw.versions.iter().filter_map(parsed).collect(),
        ranges: ranges.map(|range| events(&range.events)).collect(),
    })
}

fn events(raw: &[RawEvent]) -> Vec<Event> {
    let mut events: Vec<Event> = raw
        .iter()
        .filter_map(|event| {
            let parsed = |text: &str| Version::from_str(text).ok();
            match event {
                RawEvent {
                    introduced: Some(text),
                    ..
                } if text == "0" => Some(Event::Introduced(None)),
                RawEvent {
                    introduced: Some(text),
                    ..
                } => Some(Event::Introduced(Some(parsed(text)?))),
                RawEvent {
                    fixed: Some(text), ..
                } => parsed(text).map(Event::Fixed),
                RawEvent {
                    last_affected: Some(text),
                    ..
                } => parsed(text).map(Event::LastAffected),
                _ => None,
            }
        })
        .collect();
    // A fix before the introduction of the same version, so that what comes back is affected.
    events.sort_by(|one, other| {
        let rank = |event: &Event| u8::from(matches!(event, Event::Introduced(_)));
        one.version()
            .cmp(&other.version())
            .then(rank(one).cmp(&rank(other)))
    });
    events
}

fn shorten_line(text: &str) -> String {
    const SHOWN: usize = 300;
    let line = text.lines().next().unwrap_or_default();
    line.chars()
        .filter(|c| !c.is_control())
        .take(SHOWN)
        .collect()
}

#[derive(Deserialize)]
struct RawAdvisory {
    id: String,
    modified: String,
    #[serde(default)]
    withdrawn: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    details: String,
    #[serde(default)]
    severity: Vec<RawSeverity>,
    #[serde(default)]
    affected: Vec<RawAffected>,
}

#[derive(Deserialize)]
struct RawSeverity {
    #[serde(rename = "type")]
    kind: String,
    score: String,
}

#[derive(Deserialize)]
struct RawAffected {
    package: Option<RawPackage>,
    #[serde(default)]
    ranges: Vec<RawRange>,
    #[serde(default)]
    versions: Vec<String>,
}

#[derive(Deserialize)]
struct RawPackage {
    ecosystem: String,
    name: String,
}

#[derive(Deserialize)]
struct RawRange {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    events: Vec<RawEvent>,
}

#[derive(Deserialize)]
struct RawEvent {
    introduced: Option<String>,
    fixed: Option<String>,
    last_affected: Option<String>,
}
