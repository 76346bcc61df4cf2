//! `entry_points.txt`: what a distribution offers to others, by group and name.

use crate::error::PackageError;

/// The group in which fapilog looks for plugins.
pub const PLUGIN_GROUP: &str = "fapilog.plugins";

/// Largest file in bytes.
pub const MAX_BYTES: usize = 256 * 1024;

/// Most entry points in one distribution.
pub const MAX_ENTRY_POINTS: usize = 1000;

/// One entry point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    /// The group, for example `fapilog.plugins`.
    pub group: String,
    /// The name within the group, for example `acme`.
    pub name: String,
    /// The object, for example `fapilog_acme:AcmeSink`.
    pub value: String,
}

/// Parses the file. Comments (`#`, `;`) and blank lines are skipped; extras in brackets after the
/// object are cut off.
///
/// # Errors
///
/// [`PackageError::EntryPoints`] with the line at fault.
pub fn parse(text: &str) -> Result<Vec<EntryPoint>, PackageError> {
    let fault = |line: usize, detail| PackageError::EntryPoints { line, detail };
    if text.len() > MAX_BYTES {
        return Err(fault(1, "expected at most 256 KiB"));
    }
    let mut group = None;
    let mut found: Vec<EntryPoint> = Vec::new();
    for (number, line) in text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()))
    {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = line.strip_prefix('[') {
            let section = section
                .strip_suffix(']')
                .map(str::trim)
                .filter(|name| is_name(name));
            group = Some(section.ok_or_else(|| fault(number, "expected `[group]`"))?);
            continue;
        }
        let group = group.ok_or_else(|| fault(number, "expected `[group]` first"))?;
        let (name, value) = line
            .split_once('=')
            .ok_or_else(|| fault(number, "expected `name = module:object`"))?;
        let (name, value) = (
            name.trim(),
            value.split('[').next().unwrap_or_default().trim(),
        );
        if !is_name(name) || !is_object(value) {
            return Err(fault(number, "expected `name = module:object`"));
        }
        if found
            .iter()
            .any(|other| other.group == group && other.name == name)
        {
            return Err(fault(number, "expected each name once in its group"));
        }
        if found.len() == MAX_ENTRY_POINTS {
            return Err(fault(number, "expected at most 1000 entry points"));
        }
        found.push(EntryPoint {
            group: group.into(),
            name: name.into(),
            value: value.into(),
        });
    }
    Ok(found)
}

/// Groups and names: printable, bounded, without the characters of the file format.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 200
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ' | '+'))
}

/// `package.module` or `package.module:Class.attribute`.
fn is_object(value: &str) -> bool {
    let dotted = |path: &str| {
        path.split('.').all(|part| {
            !part.is_empty()
                && !part.starts_with(|c: char| c.is_numeric())
                && part.chars().all(|c| c.is_alphanumeric() || c == '_')
        })
    };
    value.len() <= 500
        && match value.split_once(':') {
            Some((module, attribute)) => dotted(module.trim()) && dotted(attribute.trim()),
            None => dotted(value),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_points_are_read_by_group() {
        let text = "# made by hand\n[console_scripts]\nacme = fapilog_acme.cli:main\n\n\
                    [fapilog.plugins]\nacme=fapilog_acme:AcmeSink [fast]\n";
        let found = parse(text).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].group, PLUGIN_GROUP);
        assert_eq!(
            (found[1].name.as_str(), found[1].value.as_str()),
            ("acme", "fapilog_acme:AcmeSink")
        );
    }

    #[test]
    fn broken_files_are_refused_with_their_line() {
        for (text, line) in [
            ("acme = a:b", 1),
            ("[fapilog.plugins]\nacme", 2),
            ("[fapilog.plugins]\nacme = a b:c", 2),
            ("[fapilog.plugins]\nacme = a:b\nacme = a:c", 3),
            ("[fapilog.plugins", 1),
            ("[g]\n<script> = a:b", 2),
        ] {
            match parse(text) {
                Err(PackageError::EntryPoints { line: found, .. }) => {
                    assert_eq!(found, line, "{text}")
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
