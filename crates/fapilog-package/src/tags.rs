//! What the tags of a wheel say about the Python that it runs on.

use std::collections::BTreeSet;

use pep440_rs::Version;

/// The last minor version of Python 3 that is counted on when none is given.
const LAST_MINOR: u64 = 20;

/// Every Python 3 that a package may be made for: `3.8` to `3.20`, as their last patch release, so
/// that `>=3.10.2` includes 3.10.
pub(crate) fn known_pythons() -> impl Iterator<Item = Version> {
    (8..=LAST_MINOR).map(|minor| Version::new([3, minor, 99]))
}

/// Whether one of the tags (`py3-none-any`) is for this Python, as far as its first two parts say;
/// the platform is the installer's business.
pub(crate) fn any_runs_on(tags: &BTreeSet<String>, python: &Version) -> bool {
    tags.iter().any(|tag| {
        let mut parts = tag.split('-');
        let (interpreter, abi) = (parts.next().unwrap_or_default(), parts.next());
        runs_on(interpreter, abi.unwrap_or_default(), python)
    })
}

fn runs_on(interpreter: &str, abi: &str, python: &Version) -> bool {
    let digits = interpreter.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let (major, minor) = match digits.split_at_checked(1) {
        Some((major, "")) => (major, None),
        Some((major, minor)) => (major, minor.trim_start_matches('_').parse::<u64>().ok()),
        None => return false,
    };
    let release = python.release();
    let (has_major, has_minor) = (
        release.first().copied().unwrap_or_default(),
        release.get(1).copied().unwrap_or_default(),
    );
    if major.parse() != Ok(has_major) {
        return false;
    }
    // `py310` and the stable ABI are promises for later versions, too.
    let for_later = interpreter.starts_with("py") || abi == "abi3";
    match minor {
        None => true,
        Some(minor) if for_later => has_minor >= minor,
        Some(minor) => has_minor == minor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_held_against_a_python() {
        for (tag, python, runs) in [
            ("py3-none-any", "3.12.1", true),
            ("py2-none-any", "3.12.1", false),
            ("py310-none-any", "3.12.1", true),
            ("cp310-abi3-linux_x86_64", "3.12.1", true),
            ("cp310-cp310-linux_x86_64", "3.12.1", false),
            ("cp310-none-any", "3.12.1", false),
            ("cp312-cp312-linux_x86_64", "3.12.1", true),
            ("cp313-abi3-linux_x86_64", "3.12.1", false),
            ("nonsense", "3.12.1", false),
        ] {
            let tags = BTreeSet::from([tag.to_owned()]);
            assert_eq!(any_runs_on(&tags, &python.parse().unwrap()), runs, "{tag}");
        }
    }
}
