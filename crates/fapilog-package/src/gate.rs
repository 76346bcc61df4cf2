//! The load gate: may a distribution with these `Requires-Dist` lines be loaded by this core?
//!
//! A plugin promises with `Requires-Dist: fapilog>=3.0,<4.0` which cores it was made for. The gate
//! holds that promise against the running core, the way `packaging` does for an installed version
//! (`SpecifierSet.contains(version, prereleases=True)`), and refuses a plugin that promises nothing.

use std::str::FromStr;

use pep440_rs::{Operator, Version, VersionSpecifier};
use pep508_rs::{
    MarkerEnvironment, MarkerEnvironmentBuilder, Requirement, VerbatimUrl, VersionOrUrl,
};

use crate::name::{ProjectName, shorten};

/// The distribution whose range the gate looks for.
pub const CORE_DISTRIBUTION: &str = "fapilog";

/// Longest `Requires-Dist` line in bytes that is parsed; real ones are below 500.
pub const MAX_REQUIREMENT_BYTES: usize = 4096;

/// Deepest nesting of parentheses in a marker: the marker parser recurses once for each.
pub const MAX_MARKER_DEPTH: usize = 16;

/// Most comparisons in one marker. Markers become decision diagrams, which double with every second
/// comparison and are never given back by the library: 24 took 6 MB a line, 12 take 0.2 MB. The
/// longest one seen in a published package has about ten.
pub const MAX_MARKER_COMPARISONS: usize = 12;

/// Most lines about the core in one distribution, each of which costs memory for good (see above).
pub const MAX_CORE_LINES: usize = 8;

/// Parts to which a release is filled with zeros before comparison, so that `3` is `3.0.0.0`
/// against `==3.1.*`. No published specifier has as many.
const RELEASE_PARTS: usize = 12;

/// The values of the PEP 508 environment markers, as `packaging.markers.default_environment()`
/// or the interpreter itself gives them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Environment {
    /// `sys.implementation.name`, for example `cpython`.
    pub implementation_name: String,
    /// `sys.implementation.version` as text, for example `3.11.7`.
    pub implementation_version: String,
    /// `os.name`, for example `posix`.
    pub os_name: String,
    /// `platform.machine()`, for example `x86_64`.
    pub platform_machine: String,
    /// `platform.python_implementation()`, for example `CPython`.
    pub platform_python_implementation: String,
    /// `platform.release()`, for example `6.1.0-30-amd64`.
    pub platform_release: String,
    /// `platform.system()`, for example `Linux`.
    pub platform_system: String,
    /// `platform.version()`.
    pub platform_version: String,
    /// `platform.python_version()`, for example `3.11.7`; a trailing `+` (unreleased build) is
    /// accepted.
    pub python_full_version: String,
    /// Major and minor version, for example `3.11`.
    pub python_version: String,
    /// `sys.platform`, for example `linux`.
    pub sys_platform: String,
}

impl Environment {
    fn to_markers(&self) -> Result<MarkerEnvironment, GateRefusal> {
        // CPython built from an untagged checkout reports `3.13.0+`: a local version without label.
        let tagged = |version: &str| match version.strip_suffix('+') {
            Some(release) => format!("{release}+local"),
            None => version.to_owned(),
        };
        let full = tagged(&self.python_full_version);
        let implementation = tagged(&self.implementation_version);
        MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
            implementation_name: &self.implementation_name,
            implementation_version: &implementation,
            os_name: &self.os_name,
            platform_machine: &self.platform_machine,
            platform_python_implementation: &self.platform_python_implementation,
            platform_release: &self.platform_release,
            platform_system: &self.platform_system,
            platform_version: &self.platform_version,
            python_full_version: &full,
            python_version: &self.python_version,
            sys_platform: &self.sys_platform,
        })
        .map_err(|error| GateRefusal::BadEnvironment {
            detail: shorten(&error.to_string()),
        })
    }
}

/// A promise that holds: the plugin may be loaded, as far as its range is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreRange {
    /// The range as declared and normalised, for example `>=3.0,<4.0`; the ranges of several lines
    /// that apply are joined with commas.
    pub wanted: String,
    /// The core's version.
    pub found: String,
}

/// Why the gate refused. The caller knows plugin and distribution and makes the sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GateRefusal {
    /// No `Requires-Dist` line that applies here gives a range for `fapilog`.
    #[error("no `Requires-Dist: fapilog` line with a version range")]
    NoCoreRange {
        /// The core's version.
        found: String,
    },
    /// The declared range doesn't include the running core.
    #[error("wants `fapilog{wanted}`, found `fapilog=={found}`")]
    CoreRange {
        /// The declared range, as in [`CoreRange::wanted`].
        wanted: String,
        /// The core's version.
        found: String,
    },
    /// A `Requires-Dist` line is no requirement after PEP 508.
    #[error("`Requires-Dist: {line}` can't be read: {detail}")]
    BadRequirement {
        /// The line, escaped and at most 80 characters.
        line: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The core's own version is no version after PEP 440: a fault of the build, not of the plugin.
    #[error("the core's version `{found}` can't be read")]
    BadCoreVersion {
        /// The text given as version, escaped.
        found: String,
    },
    /// The interpreter's marker values can't be read: a fault of the platform, not of the plugin.
    #[error("the interpreter's version can't be read: {detail}")]
    BadEnvironment {
        /// What is wrong.
        detail: String,
    },
}

impl GateRefusal {
    /// Stable identifier of this kind of refusal.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::NoCoreRange { .. } => "no-core-range",
            Self::CoreRange { .. } => "core-range",
            Self::BadRequirement { .. } => "bad-requirement",
            Self::BadCoreVersion { .. } => "bad-core-version",
            Self::BadEnvironment { .. } => "bad-environment",
        }
    }

    /// The range that the plugin wanted, if it is known.
    #[must_use]
    pub fn wanted(&self) -> Option<&str> {
        match self {
            Self::CoreRange { wanted, .. } => Some(wanted),
            _ => None,
        }
    }
}

/// Checks a distribution's promise against the running core.
///
/// Of the lines that name `fapilog` (in any spelling) those apply whose marker holds in
/// `environment` with no extra active; together they must give at least one specifier, and every
/// specifier must contain `core_version`. Lines about other distributions are not looked at: they
/// are the installer's business.
///
/// # Errors
///
/// [`GateRefusal`]; see its variants.
pub fn check_core_range(
    requires_dist: &[&str],
    core_version: &str,
    environment: &Environment,
) -> Result<CoreRange, GateRefusal> {
    let core = Version::from_str(core_version).map_err(|_| GateRefusal::BadCoreVersion {
        found: shorten(core_version),
    })?;
    let markers = environment.to_markers()?;
    let mut wanted = Vec::new();
    let mut contained = true;
    for requirement in core_requirements(requires_dist)? {
        if !requirement.evaluate_markers(&markers, &[]) {
            continue;
        }
        if let Some(VersionOrUrl::VersionSpecifier(specifiers)) = requirement.version_or_url {
            for specifier in specifiers.iter() {
                wanted.push(specifier.to_string());
                contained &= contains(specifier, &core);
            }
        }
    }
    let found = core.to_string();
    if wanted.is_empty() {
        return Err(GateRefusal::NoCoreRange { found });
    }
    let wanted = wanted.join(",");
    if contained {
        Ok(CoreRange { wanted, found })
    } else {
        Err(GateRefusal::CoreRange { wanted, found })
    }
}

/// The range that a distribution declares for the core on any platform, for catalogues and intake;
/// `None` when it declares none. Lines that apply only with an extra don't count.
///
/// # Errors
///
/// [`GateRefusal::BadRequirement`] when a line about `fapilog` can't be read.
pub fn declared_core_range(requires_dist: &[&str]) -> Result<Option<String>, GateRefusal> {
    let mut wanted: Vec<String> = Vec::new();
    for requirement in core_requirements(requires_dist)? {
        if !requirement.evaluate_extras_and_python_version(&Default::default(), &[]) {
            continue;
        }
        if let Some(VersionOrUrl::VersionSpecifier(specifiers)) = requirement.version_or_url {
            for specifier in specifiers.iter().map(ToString::to_string) {
                if !wanted.contains(&specifier) {
                    wanted.push(specifier);
                }
            }
        }
    }
    Ok((!wanted.is_empty()).then(|| wanted.join(",")))
}

/// Reads one requirement of any distribution within the bounds that make reading it safe.
///
/// # Errors
///
/// [`GateRefusal::BadRequirement`].
pub fn parse_requirement(line: &str) -> Result<Requirement<VerbatimUrl>, GateRefusal> {
    let refused = |detail: String| GateRefusal::BadRequirement {
        line: shorten(line),
        detail,
    };
    within_bounds(line).map_err(|detail| refused(detail.to_owned()))?;
    if !has_whole_names(line) {
        return Err(refused(
            "expected names that end with a letter or digit".to_owned(),
        ));
    }
    Requirement::<VerbatimUrl>::from_str(line).map_err(|error| {
        let text = error.message.to_string();
        refused(shorten(text.lines().next().unwrap_or_default()))
    })
}

/// Checks all requirements of a distribution at intake, markers included.
///
/// # Errors
///
/// [`GateRefusal::BadRequirement`]; also for an address instead of a range (`name @ https://...`),
/// which would bring in what no index has seen.
pub fn check_requirements(lines: &[&str]) -> Result<(), GateRefusal> {
    core_requirements(lines)?;
    for line in lines {
        if crate::requirement::Requirement::parse(line)?.url.is_some() {
            return Err(GateRefusal::BadRequirement {
                line: shorten(line),
                detail: "expected a version range, not an address".to_owned(),
            });
        }
    }
    Ok(())
}

fn core_requirements(lines: &[&str]) -> Result<Vec<Requirement<VerbatimUrl>>, GateRefusal> {
    let about_core: Vec<&str> = lines
        .iter()
        .copied()
        .filter(|line| names_core(line))
        .collect();
    if let Some(line) = about_core.get(MAX_CORE_LINES) {
        return Err(GateRefusal::BadRequirement {
            line: shorten(line),
            detail: "expected at most 8 lines about the core".to_owned(),
        });
    }
    about_core.into_iter().map(parse_requirement).collect()
}

/// Whether the line is about the core, by its leading name. A line that begins with no name at all
/// can't be told to be about something else, so it counts too and fails to parse.
fn names_core(line: &str) -> bool {
    let name = leading_name(line);
    match ProjectName::parse(name) {
        Ok(name) => name.as_str() == CORE_DISTRIBUTION,
        Err(_) => name.is_empty(),
    }
}

/// The name that a requirement begins with, as it is written.
pub(crate) fn leading_name(line: &str) -> &str {
    let line = line.trim_start();
    let end = line
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(line.len());
    line.get(..end).unwrap_or_default()
}

/// Whether the name and the extras end as names do: the parser takes that for granted, and panics.
fn has_whole_names(line: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = line
        .find(|c: char| !(is_name(c) || c.is_whitespace() || matches!(c, '[' | ']' | ',')))
        .unwrap_or(line.len());
    line.get(..end)
        .unwrap_or_default()
        .split(|c: char| !is_name(c))
        .all(|name| !name.ends_with(['-', '_', '.']))
}

pub(crate) fn within_bounds(line: &str) -> Result<(), &'static str> {
    if line.len() > MAX_REQUIREMENT_BYTES {
        return Err("expected at most 4096 bytes");
    }
    // So says the grammar; the parser cuts other characters in two, and panics.
    if !line.is_ascii() {
        return Err("expected ASCII characters only");
    }
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for byte in line.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    if deepest > MAX_MARKER_DEPTH {
        return Err("expected at most 16 nested parentheses");
    }
    let joints = line
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| matches!(*word, "and" | "or"))
        .count();
    if joints >= MAX_MARKER_COMPARISONS {
        return Err("expected at most 12 comparisons in the marker");
    }
    Ok(())
}

/// Whether a specifier contains an installed version, pre-releases included, as
/// `packaging.specifiers.Specifier.contains(version, prereleases=True)` says.
#[must_use]
pub fn contains(specifier: &VersionSpecifier, version: &Version) -> bool {
    match specifier.operator() {
        Operator::ExactEqual => specifier.contains(version),
        // `<3.1rc2` names a pre-release itself, so earlier pre-releases of 3.1 are inside.
        Operator::LessThan if specifier.version().any_prerelease() => {
            version.clone().without_local() < *specifier.version()
        }
        // `>3.0rc2` excludes post-releases of that candidate, not those of 3.0.
        Operator::GreaterThan
            if specifier.version().any_prerelease()
                && !is_same_candidate(specifier.version(), version) =>
        {
            version.clone().without_local() > *specifier.version()
        }
        _ => specifier.contains(&filled(version)),
    }
}

/// Whether a version is the candidate itself, or a post-release of it.
fn is_same_candidate(candidate: &Version, version: &Version) -> bool {
    candidate.dev().is_none() && candidate.pre() == version.pre()
}

/// The same version with its release filled up with zeros: `3.0.0` means `3.0.0.0`.
fn filled(version: &Version) -> Version {
    let mut release: Vec<u64> = version.release().to_vec();
    release.resize(release.len().max(RELEASE_PARTS), 0);
    version.clone().with_release(release)
}
