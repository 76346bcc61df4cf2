//! Where installers put a wheel's files: what lands beside other distributions must be this one's.

use std::collections::HashSet;

use crate::error::PackageError;
use crate::fault;
use crate::filename::WheelFilename;
use crate::gate::CORE_DISTRIBUTION;
use crate::name::shorten;

/// The folders that `{name}-{version}.data` may hold (PEP 427): installers refuse or ignore others.
const SCHEMES: [&str; 5] = ["purelib", "platlib", "headers", "scripts", "data"];

/// Checks all files of a wheel, given by name; `dist_info` is its one `.dist-info` folder.
///
/// pip takes every top-level `*.data` folder for an installation scheme and uv only the wheel's
/// own; a file placed twice ends with one contents or the other; metadata of another distribution
/// would stand in for it.
pub(crate) fn check<'a>(
    names: impl Iterator<Item = &'a str>,
    dist_info: &str,
    filename: &WheelFilename,
) -> Result<(), PackageError> {
    let own_data = dist_info.replace(".dist-info", ".data");
    let mut placed = HashSet::new();
    for name in names {
        let refused = |reason| {
            Err(PackageError::EntryName {
                entry: shorten(name),
                reason,
            })
        };
        let top = name.split('/').next().unwrap_or_default();
        let library_path = if !top.to_ascii_lowercase().ends_with(".data") {
            name
        } else if top != own_data {
            return refused(fault::DATA_FOLDER);
        } else {
            let inside = name.strip_prefix(top).and_then(|path| path.get(1..));
            match inside.and_then(|path| path.split_once('/')) {
                Some(("purelib" | "platlib", path)) => path,
                Some((scheme, _)) if SCHEMES.contains(&scheme) => continue,
                _ => return refused(fault::DATA_SCHEME),
            }
        };
        let library_top = library_path.split('/').next().unwrap_or_default();
        let lower = library_top.to_ascii_lowercase();
        let foreign = lower.ends_with(".dist-info") && (library_path != name || top != dist_info);
        if foreign || lower.ends_with(".egg-info") || lower.ends_with(".egg-link") {
            return refused(fault::FOREIGN_METADATA);
        }
        if lower == CORE_DISTRIBUTION && filename.project.as_str() != CORE_DISTRIBUTION {
            return refused(fault::CORE_FILES);
        }
        if !placed.insert(library_path.to_lowercase()) {
            return refused(fault::PLACED_TWICE);
        }
    }
    Ok(())
}
