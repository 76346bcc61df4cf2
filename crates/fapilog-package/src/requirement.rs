//! Requirements (PEP 508): project, extras, versions and marker, read without the memory that the
//! gate's library keeps for each marker, so that every line of a package can be read whole.

use std::str::FromStr as _;

use pep440_rs::{Operator, Version, VersionSpecifiers};

use crate::gate::{GateRefusal, within_bounds};
use crate::marker::Marker;
use crate::name::{ProjectName, shorten};

/// One `Requires-Dist` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The project.
    pub project: ProjectName,
    /// The extras asked for, in their normal form and order.
    pub extras: Vec<ProjectName>,
    /// The versions; empty for all of them, and for an address.
    pub specifiers: VersionSpecifiers,
    /// The address, when there is one instead of versions (`name @ https://…`).
    pub url: Option<String>,
    /// When it applies; `None` for always.
    pub marker: Option<Marker>,
}

impl Requirement {
    /// Reads a requirement.
    ///
    /// # Errors
    ///
    /// [`GateRefusal::BadRequirement`].
    ///
    /// ```
    /// # use fapilog_package::requirement::Requirement;
    /// let read = Requirement::parse("httpx[http2]>=0.27; extra == 'http'")?;
    /// assert_eq!(read.project.as_str(), "httpx");
    /// assert!(read.needs_extra());
    /// # Ok::<(), fapilog_package::gate::GateRefusal>(())
    /// ```
    pub fn parse(line: &str) -> Result<Self, GateRefusal> {
        within_bounds(line)
            .and_then(|()| read(line))
            .map_err(|detail| GateRefusal::BadRequirement {
                line: shorten(line),
                detail: detail.to_owned(),
            })
    }

    /// The one version that is allowed, when a specifier is `==` without a star.
    #[must_use]
    pub fn pinned(&self) -> Option<&Version> {
        let mut exact = self
            .specifiers
            .iter()
            .filter(|one| matches!(one.operator(), Operator::Equal | Operator::ExactEqual));
        exact.next().map(|one| one.version())
    }

    /// Whether the requirement is an address that says no hash: what stands there may change.
    #[must_use]
    pub fn is_unpinned_address(&self) -> bool {
        self.url.as_deref().is_some_and(|url| {
            let fragment = url.split_once('#').map_or("", |(_, fragment)| fragment);
            let hashed = fragment
                .split('&')
                .any(|part| part.starts_with("sha256=") || part.starts_with("sha512="));
            // A commit of a repository is a hash, too.
            let commit = url.starts_with("git+")
                && url.rsplit_once('@').is_some_and(|(_, reference)| {
                    let reference = reference.split('#').next().unwrap_or_default();
                    reference.len() == 40 && reference.bytes().all(|b| b.is_ascii_hexdigit())
                });
            !hashed && !commit
        })
    }

    /// Whether it applies only when an extra is asked for.
    #[must_use]
    pub fn needs_extra(&self) -> bool {
        self.marker.as_ref().is_some_and(Marker::needs_extra)
    }
}

fn read(line: &str) -> Result<Requirement, &'static str> {
    let rest = line.trim_matches([' ', '\t']);
    let (name, rest) = rest.split_at(name_end(rest));
    let project = ProjectName::parse(name).map_err(|_| "expected a project's name")?;
    let rest = rest.trim_start_matches([' ', '\t']);
    let (extras, rest) = match rest.strip_prefix('[') {
        None => (Vec::new(), rest),
        Some(inside) => {
            let (inside, rest) = inside.split_once(']').ok_or("expected `]` after extras")?;
            (extras(inside)?, rest.trim_start_matches([' ', '\t']))
        }
    };
    if let Some(address) = rest.strip_prefix('@') {
        let address = address.trim_start_matches([' ', '\t']);
        let end = address.find([' ', '\t']).unwrap_or(address.len());
        let (url, rest) = address.split_at(end);
        if url.is_empty() {
            return Err("expected an address after `@`");
        }
        return Ok(Requirement {
            project,
            extras,
            specifiers: VersionSpecifiers::empty(),
            url: Some(url.to_owned()),
            marker: marker(rest.trim_start_matches([' ', '\t']))?,
        });
    }
    let end = rest.find(';').unwrap_or(rest.len());
    let (versions, rest) = rest.split_at(end);
    Ok(Requirement {
        project,
        extras,
        specifiers: specifiers(versions.trim_matches([' ', '\t']))?,
        url: None,
        marker: marker(rest)?,
    })
}

/// The end of the longest beginning that is a name.
fn name_end(text: &str) -> usize {
    text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(text.len())
}

fn extras(inside: &str) -> Result<Vec<ProjectName>, &'static str> {
    let inside = inside.trim_matches([' ', '\t']);
    if inside.is_empty() {
        return Ok(Vec::new());
    }
    inside
        .split(',')
        .map(|extra| {
            ProjectName::parse(extra.trim_matches([' ', '\t']))
                .map_err(|_| "expected an extra's name")
        })
        .collect()
}

fn specifiers(text: &str) -> Result<VersionSpecifiers, &'static str> {
    let inside = match text.strip_prefix('(') {
        Some(inside) => inside
            .strip_suffix(')')
            .ok_or("expected `)` after versions")?,
        None => text,
    };
    // The library forgives a comma at the end, and so do others.
    let inside = inside.trim_matches([' ', '\t']);
    let inside = inside.strip_suffix(',').unwrap_or(inside);
    VersionSpecifiers::from_str(inside).map_err(|_| "expected versions such as `>=1.0,<2.0`")
}

fn marker(text: &str) -> Result<Option<Marker>, &'static str> {
    match text.strip_prefix(';') {
        Some(marker) => Marker::parse(marker).map(Some),
        None if text.is_empty() => Ok(None),
        None => Err("expected `;` before a marker"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_read() {
        let read = Requirement::parse(
            "Acme_Logs [a, B.c] (>=1.0, <2) ; python_version >= '3.11' and extra == 'x'",
        )
        .unwrap();
        assert_eq!(read.project.as_str(), "acme-logs");
        assert_eq!(
            read.extras
                .iter()
                .map(ProjectName::as_str)
                .collect::<Vec<_>>(),
            ["a", "b-c"]
        );
        assert_eq!(read.specifiers.to_string(), ">=1.0, <2");
        assert!(read.needs_extra() && read.pinned().is_none());
        assert_eq!(
            Requirement::parse("a==1.0")
                .unwrap()
                .pinned()
                .unwrap()
                .to_string(),
            "1.0"
        );
    }

    #[test]
    fn addresses_are_told_from_versions_and_held_to_a_hash() {
        let unpinned = |line: &str| Requirement::parse(line).unwrap().is_unpinned_address();
        assert!(unpinned(
            "a @ https://example.org/a.whl ; os_name == 'posix'"
        ));
        assert!(unpinned("a @ git+https://example.org/a@main"));
        assert!(!unpinned("a @ https://example.org/a.whl#sha256=abc"));
        assert!(!unpinned(&format!(
            "a @ git+https://example.org/a@{}",
            "0a".repeat(20)
        )));
        assert!(!unpinned("a>=1"));
    }

    #[test]
    fn what_is_no_requirement_is_refused() {
        for line in [
            "",
            "-a",
            "a-",
            "a[",
            "a[x",
            "a[x y]",
            "a>=",
            "a>=1 b",
            "a (>=1",
            "a;",
            "a; os_name",
            "a; os_name == posix",
            "a; nothing == 'x'",
            "a @",
            "a>=1; 'x' == 'y' and",
            "a b",
            "a; (os_name == 'x'",
            "a; os_name == 'x' or",
            "a; extra == \"x",
            "a; os_name not 'x'",
        ] {
            assert!(Requirement::parse(line).is_err(), "{line}");
        }
    }
}
