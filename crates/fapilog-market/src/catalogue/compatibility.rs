//! Which versions go with which core and which Python.

use std::str::FromStr as _;

use fapilog_package::Version;
use pep440_rs::VersionSpecifiers;

use crate::publish::rank;

/// A release as far as choosing among releases needs it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Candidate {
    /// Version in PEP 440's normal form.
    pub version: String,
    /// Specifiers for the core.
    pub core_range: Option<String>,
    /// Specifiers for Python.
    pub requires_python: Option<String>,
    /// Whether it was yanked.
    pub yanked: bool,
}

/// Whether a range admits a version; pre-releases of the core are admitted like the gate does it.
#[must_use]
pub fn admits(range: &str, version: &Version) -> bool {
    VersionSpecifiers::from_str(range).is_ok_and(|specifiers| specifiers.contains(version))
}

/// The newest final version that goes with core and Python and wasn't yanked, and the newest of all.
#[must_use]
pub fn choose<'a>(
    candidates: &'a [Candidate],
    core: &Version,
    python: Option<&Version>,
) -> (Option<&'a Candidate>, Option<&'a Candidate>) {
    let latest = candidates.iter().max_by_key(|one| rank(&one.version));
    let fits = |one: &&Candidate| why_not(one, core, python).is_none();
    let chosen = candidates
        .iter()
        .filter(fits)
        .max_by_key(|one| rank(&one.version));
    (chosen, latest)
}

/// Why a version isn't chosen; nothing when it could be.
#[must_use]
pub fn why_not(one: &Candidate, core: &Version, python: Option<&Version>) -> Option<String> {
    let version = &one.version;
    if one.yanked {
        return Some(format!("{version} was yanked"));
    }
    if !rank(version).0 {
        return Some(format!("{version} is a pre-release"));
    }
    match &one.core_range {
        None => return Some(format!("{version} doesn't say for which cores it was made")),
        Some(range) if !admits(range, core) => {
            return Some(format!("{version} is made for fapilog{range}"));
        }
        Some(_) => {}
    }
    match (&one.requires_python, python) {
        (Some(range), Some(python)) if !admits(range, python) => {
            Some(format!("{version} needs Python {range}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(version: &str, core: &str, python: &str) -> Candidate {
        Candidate {
            version: version.into(),
            core_range: Some(core.into()),
            requires_python: Some(python.into()),
            yanked: false,
        }
    }

    #[test]
    fn the_newest_that_fits_is_chosen_and_the_newest_of_all_explained() {
        let mut all = vec![
            candidate("1.0", ">=3.0,<3.2", ">=3.10"),
            candidate("1.10", ">=3.0,<3.2", ">=3.10"),
            candidate("1.9", ">=3.0,<3.2", ">=3.10"),
            candidate("2.0", ">=3.2,<4.0", ">=3.12"),
            candidate("3.0rc1", ">=3.0,<4.0", ">=3.10"),
        ];
        let version = |text: &str| Version::from_str(text).unwrap();
        let chosen = |all: &[Candidate], core: &str, python: &str| {
            let (chosen, _) = choose(all, &version(core), Some(&version(python)));
            chosen.map(|one| one.version.clone())
        };
        assert_eq!(chosen(&all, "3.1.0", "3.13").as_deref(), Some("1.10"));
        assert_eq!(chosen(&all, "3.2.0", "3.13").as_deref(), Some("2.0"));
        assert_eq!(chosen(&all, "3.2.0", "3.11"), None);
        assert_eq!(chosen(&all, "4.0.0", "3.13"), None);
        all[1].yanked = true;
        assert_eq!(chosen(&all, "3.1.0", "3.13").as_deref(), Some("1.9"));
        let (_, latest) = choose(&all, &version("3.1.0"), None);
        let latest = latest.unwrap();
        assert_eq!(latest.version, "2.0");
        let why = why_not(latest, &version("3.1.0"), None).unwrap();
        assert_eq!(why, "2.0 is made for fapilog>=3.2,<4.0");
    }
}
