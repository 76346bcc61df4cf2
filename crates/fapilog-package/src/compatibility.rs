//! The compatibility verdict: does this plugin version work with that core version?
//!
//! The loader, the command and the marketplace ask here, so that a package that one of them calls
//! compatible is compatible for all. What counts, in this order: what the distribution declares (its
//! range of cores, its Python, its tags), what its code states (plugin API, native ABI), which names
//! of the core its code uses, and what a test run on that core gave.

use std::collections::BTreeSet;
use std::str::FromStr as _;

use pep440_rs::{Version, VersionSpecifiers};

use crate::api_usage::{ApiUsage, NameUse};
use crate::core_api::{CoreApi, CoreHistory, has};
use crate::gate::{self, Environment, GateRefusal};
use crate::metadata::Metadata;
use crate::tags;

/// Most problems and notes that are listed.
pub const MAX_LISTED: usize = 100;

/// What is known of one plugin version.
#[derive(Debug, Clone, Copy)]
pub struct Claims<'a> {
    /// The metadata.
    pub metadata: &'a Metadata,
    /// The tags of the wheel, if it is one: `py3-none-any`.
    pub tags: Option<&'a BTreeSet<String>>,
    /// Versions of the native ABI that its libraries name (as capsule names in them.
    pub abi_versions: &'a BTreeSet<u32>,
    /// What its code uses, if it was looked at.
    pub usage: Option<&'a ApiUsage>,
    /// What its tests gave on the core in question.
    pub evidence: Evidence,
}

/// What a test run on a core gave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Evidence {
    /// There was none, or it could not be made (an error of the infrastructure says nothing).
    #[default]
    None,
    /// It passed.
    Passed,
    /// It failed.
    Failed,
}

/// The verdict in one word, with the first reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing speaks against it, and everything that can be held against the core was.
    Compatible,
    /// At least one [`Problem`].
    Incompatible,
    /// Nothing speaks against it, but something could not be held against the core.
    Untested {
        /// What is missing.
        reason: String,
    },
}

impl Verdict {
    /// `compatible`, `incompatible` or `untested`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Incompatible => "incompatible",
            Self::Untested { .. } => "untested",
        }
    }
}

/// The verdict with everything that it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The core version.
    pub core: Version,
    /// The verdict.
    pub verdict: Verdict,
    /// Why the plugin doesn't work with the core; at most [`MAX_LISTED`].
    pub problems: Vec<Problem>,
    /// What its author should know; at most [`MAX_LISTED`].
    pub notes: Vec<Note>,
}

/// Why a plugin doesn't work with a core.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The declared range: none, one that can't be read, or one without the core.
    #[error(transparent)]
    Range(#[from] GateRefusal),
    /// No Python that the core runs on is in `Requires-Python`.
    #[error("wants Python `{wanted}`, found {found}")]
    Python {
        /// `Requires-Python`.
        wanted: String,
        /// The running Python, or those of the core.
        found: String,
    },
    /// No Python that the core runs on is in the wheel's tags.
    #[error("the wheel is for {wanted}, found {found}")]
    Tags {
        /// The tags.
        wanted: String,
        /// The running Python, or those of the core.
        found: String,
    },
    /// The plugin API that the code states.
    #[error("states plugin API {wanted}, found {found}")]
    ApiVersion {
        /// What the plugin states, as `1.2`.
        wanted: String,
        /// What the core has.
        found: String,
    },
    /// The native ABI that a library names.
    #[error("is built for native ABI {wanted}, found {found}")]
    Abi {
        /// What the library names.
        wanted: u32,
        /// What the core loads.
        found: String,
    },
    /// A name that an older core had.
    #[error("uses `{name}`, removed in {removed} ({place})")]
    RemovedName {
        /// The name.
        name: String,
        /// The first core without it.
        removed: String,
        /// File and line.
        place: String,
    },
    /// A name that a later core has.
    #[error("uses `{name}`, which comes with {introduced} ({place})")]
    LaterName {
        /// The name.
        name: String,
        /// The first core with it.
        introduced: String,
        /// File and line.
        place: String,
    },
    /// A name that no known core has.
    #[error("uses `{name}`, which no known core has ({place})")]
    UnknownName {
        /// The name.
        name: String,
        /// File and line.
        place: String,
    },
    /// A test run failed.
    #[error("its tests fail")]
    Tests,
}

impl Problem {
    /// Stable identifier.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Range(refusal) => refusal.id(),
            Self::Python { .. } => "python-range",
            Self::Tags { .. } => "python-tags",
            Self::ApiVersion { .. } => "api-version",
            Self::Abi { .. } => "abi-version",
            Self::RemovedName { .. } => "removed-name",
            Self::LaterName { .. } => "later-name",
            Self::UnknownName { .. } => "unknown-name",
            Self::Tests => "tests-failed",
        }
    }
}

/// What an author should know, though the plugin works.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Note {
    /// A name that is the core's own business.
    #[error("uses `{name}`, which is internal and may change at any time ({place})")]
    InternalName {
        /// The name.
        name: String,
        /// File and line.
        place: String,
    },
    /// A name that will go.
    #[error("uses `{name}`, deprecated since {since}: {advice} ({place})")]
    DeprecatedName {
        /// The name.
        name: String,
        /// The first core that advises against it.
        since: String,
        /// What to use instead.
        advice: String,
        /// File and line.
        place: String,
    },
    /// A name that this core lacks, and the code can do without.
    #[error("does without `{name}` on this core ({place})")]
    MissingOptional {
        /// The name.
        name: String,
        /// File and line.
        place: String,
    },
}

impl Note {
    /// Stable identifier.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::InternalName { .. } => "internal-name",
            Self::DeprecatedName { .. } => "deprecated-name",
            Self::MissingOptional { .. } => "missing-optional",
        }
    }
}

/// Judges a plugin version against one core version.
///
/// With an `environment` the markers and Python of that interpreter count; without one, the plugin
/// must work on at least one Python that the core runs on.
///
/// ```
/// # use fapilog_package::{api_usage::{ApiUsage, NameUse}, metadata::Metadata, core_api::CoreHistory};
/// # use fapilog_package::compatibility::{Claims, Evidence, judge};
/// let text = b"Metadata-Version: 2.4\nName: fapilog-acme\nVersion: 1.0\nRequires-Dist: fapilog>=0.18\n";
/// let metadata = Metadata::parse(text)?;
/// let mut usage = ApiUsage::default();
/// usage.uses.insert(NameUse {
///     name: "fapilog.plugins.BaseSink".into(), file: "fapilog_acme/__init__.py".into(), line: 3,
///     optional: false, typing_only: false, guessed: false,
/// });
/// let claims = Claims {
///     metadata: &metadata, tags: None, abi_versions: &Default::default(), usage: Some(&usage),
///     evidence: Evidence::None,
/// };
/// let judged = judge(&claims, &"3.0.0".parse().unwrap(), CoreHistory::embedded(), None);
/// assert_eq!(judged.verdict.word(), "incompatible");
/// assert_eq!(
///     judged.problems[0].to_string(),
///     "uses `fapilog.plugins.BaseSink`, removed in 3.0.0 (fapilog_acme/__init__.py:3)"
/// );
/// # Ok::<(), fapilog_package::PackageError>(())
/// ```
#[must_use]
pub fn judge(
    claims: &Claims<'_>,
    core: &Version,
    history: &CoreHistory,
    environment: Option<&Environment>,
) -> Judgement {
    let api = history.of(core);
    let mut problems = Vec::new();
    problems.extend(range_problem(claims.metadata, core, environment));
    problems.extend(python_problems(claims, api, environment));
    if let Some(api) = api {
        problems.extend(stated_problems(claims, api));
    }
    let mut notes = Vec::new();
    if let (Some(api), Some(usage)) = (api, claims.usage) {
        for found in first_places(usage) {
            hold(found, api, history, &mut problems, &mut notes);
        }
    }
    if claims.evidence == Evidence::Failed {
        problems.push(Problem::Tests);
    }
    problems.truncate(MAX_LISTED);
    notes.truncate(MAX_LISTED);
    let verdict = if !problems.is_empty() {
        Verdict::Incompatible
    } else {
        match untested(claims, api, core) {
            Some(reason) if claims.evidence != Evidence::Passed => Verdict::Untested { reason },
            _ => Verdict::Compatible,
        }
    };
    Judgement {
        core: core.clone(),
        verdict,
        problems,
        notes,
    }
}

/// The problems that a plugin will have with the next core and doesn't have with the current one, so
/// that its author hears of them before that core is released. The declared range doesn't count:
/// the question is whether it can be widened.
#[must_use]
pub fn early_warnings(claims: &Claims<'_>, history: &CoreHistory) -> Vec<Problem> {
    let (Some(current), Some(next)) = (history.current(), history.next()) else {
        return Vec::new();
    };
    let of = |api: &CoreApi| judge(claims, &api.version(), history, None).problems;
    let known = of(current);
    let mut found = of(next);
    found.retain(|problem| !matches!(problem, Problem::Range(_)) && !known.contains(problem));
    found
}

fn range_problem(
    metadata: &Metadata,
    core: &Version,
    environment: Option<&Environment>,
) -> Option<Problem> {
    let lines: Vec<&str> = metadata.requires_dist.iter().map(String::as_str).collect();
    let found = core.to_string();
    let refusal = match environment {
        Some(environment) => gate::check_core_range(&lines, &found, environment).err(),
        None => match gate::declared_core_range(&lines) {
            Err(refusal) => Some(refusal),
            Ok(None) => Some(GateRefusal::NoCoreRange { found }),
            Ok(Some(wanted)) => match VersionSpecifiers::from_str(&wanted) {
                Ok(range) if range.iter().all(|one| gate::contains(one, core)) => None,
                _ => Some(GateRefusal::CoreRange { wanted, found }),
            },
        },
    };
    refusal.map(Problem::Range)
}

/// The Pythons on which a plugin would run: those of the core, or the running one.
fn python_problems(
    claims: &Claims<'_>,
    api: Option<&CoreApi>,
    environment: Option<&Environment>,
) -> Vec<Problem> {
    let core_range = api.map_or("", |api| api.requires_python.as_str());
    let offered: Vec<Version> = match environment {
        Some(environment) => {
            Version::from_str(environment.python_full_version.trim_end_matches('+'))
                .into_iter()
                .collect()
        }
        None => tags::known_pythons()
            .filter(|version| is_inside(core_range, version))
            .collect(),
    };
    let found = match environment {
        Some(environment) => format!("Python {}", environment.python_full_version),
        None if core_range.is_empty() => "any Python 3".to_owned(),
        None => format!("Python {core_range}"),
    };
    let mut problems = Vec::new();
    let wanted = claims.metadata.requires_python.clone().unwrap_or_default();
    if !offered.iter().any(|version| is_inside(&wanted, version)) {
        problems.push(Problem::Python {
            wanted,
            found: found.clone(),
        });
    }
    if let Some(all) = claims.tags
        && !offered
            .iter()
            .any(|version| tags::any_runs_on(all, version))
    {
        let shown: Vec<&str> = all.iter().take(3).map(String::as_str).collect();
        problems.push(Problem::Tags {
            wanted: format!("`{}`", shown.join(" ")),
            found,
        });
    }
    problems
}

fn is_inside(range: &str, version: &Version) -> bool {
    VersionSpecifiers::from_str(range)
        .is_ok_and(|range| range.iter().all(|one| gate::contains(one, version)))
}

fn stated_problems(claims: &Claims<'_>, api: &CoreApi) -> Vec<Problem> {
    let mut problems = Vec::new();
    let stated = claims.usage.map(|usage| &usage.api_versions);
    for (major, minor) in stated.into_iter().flatten() {
        let fits = api
            .api_version
            .is_some_and(|(core_major, core_minor)| core_major == *major && core_minor >= *minor);
        if !fits {
            problems.push(Problem::ApiVersion {
                wanted: format!("{major}.{minor}"),
                found: api.api_version.map_or("none".to_owned(), |(major, minor)| {
                    format!("{major}.{minor}")
                }),
            });
        }
    }
    for wanted in claims.abi_versions {
        if !api.abi_versions.contains(wanted) {
            let found: Vec<String> = api.abi_versions.iter().map(u32::to_string).collect();
            problems.push(Problem::Abi {
                wanted: *wanted,
                found: match found.as_slice() {
                    [] => "none".to_owned(),
                    some => some.join(", "),
                },
            });
        }
    }
    problems
}

/// Each name once, at its first place; a use that the code can't do without goes before others.
fn first_places(usage: &ApiUsage) -> Vec<&NameUse> {
    let mut seen = BTreeSet::new();
    let (needed, optional): (Vec<&NameUse>, Vec<&NameUse>) = usage
        .uses
        .iter()
        .partition(|found| !found.optional && !found.typing_only);
    needed
        .into_iter()
        .chain(optional)
        .filter(|found| seen.insert(found.name.as_str()))
        .collect()
}

fn hold(
    found: &NameUse,
    api: &CoreApi,
    history: &CoreHistory,
    problems: &mut Vec<Problem>,
    notes: &mut Vec<Note>,
) {
    let name = || found.name.clone();
    let place = || format!("{}:{}", found.file, found.line);
    if found.is_internal() || is_unlisted(api, &found.name) {
        if !found.guessed {
            notes.push(Note::InternalName {
                name: name(),
                place: place(),
            });
        }
        return;
    }
    let path = known_part(api, history, &found.name);
    if has(api, path) {
        if let Some((since, advice)) = history.deprecated(path) {
            notes.push(Note::DeprecatedName {
                name: path.to_owned(),
                since: since.core.clone(),
                advice: advice.to_owned(),
                place: place(),
            });
        }
        return;
    }
    let known = history.introduced(path);
    if found.guessed && known.is_none() {
        return;
    }
    if found.optional || found.typing_only {
        notes.push(Note::MissingOptional {
            name: path.to_owned(),
            place: place(),
        });
        return;
    }
    let (name, place) = (path.to_owned(), place());
    let removed = history
        .removed(path)
        .filter(|removed| removed.version() <= api.version());
    problems.push(match (removed, known) {
        (Some(removed), _) => Problem::RemovedName {
            name,
            removed: removed.core.clone(),
            place,
        },
        (None, Some(first)) => Problem::LaterName {
            name,
            introduced: first.core.clone(),
            place,
        },
        (None, None) => Problem::UnknownName { name, place },
    });
}

/// Whether the core has the name, but doesn't list it as its public surface.
fn is_unlisted(api: &CoreApi, path: &str) -> bool {
    use crate::core_api::Found;
    matches!(
        api.find(path),
        Found::Item(item) | Found::Member(item) | Found::UnknownMember(item) if !item.public
    )
}

/// The part of a path about which snapshots can tell: a member that no core lists may be inherited
/// or made at run time, so the class stands for it.
fn known_part<'a>(api: &CoreApi, history: &CoreHistory, path: &'a str) -> &'a str {
    use crate::core_api::Found;
    let mut part = path;
    while let Found::UnknownMember(_) = api.find(part) {
        if history.introduced(part).is_some() {
            return part;
        }
        match part.rsplit_once('.') {
            Some((head, _)) => part = head,
            None => break,
        }
    }
    // Of a name that is missing, the first missing part is told.
    if matches!(api.find(part), Found::Missing) {
        let ends = part.match_indices('.').map(|(end, _)| end);
        let shorter = ends.filter_map(|end| part.get(..end));
        for head in shorter {
            if matches!(api.find(head), Found::Missing) {
                return head;
            }
        }
    }
    part
}

fn untested(claims: &Claims<'_>, api: Option<&CoreApi>, core: &Version) -> Option<String> {
    match (api, claims.usage) {
        (None, _) => Some(format!("the names of core {core} are not known here")),
        (_, None) => Some("the names that its code uses were not looked at".to_owned()),
        (_, Some(usage)) => usage
            .unread
            .first()
            .map(|(file, reason)| format!("`{file}` could not be read: {reason}")),
    }
}
