//! Names of archive entries: which are allowed, and which would become one file.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;

use crate::error::PackageError;
use crate::name::shorten;

/// Longest name in bytes.
const MAX_BYTES: usize = 1024;
/// Most folders above a file.
const MAX_LEVELS: usize = 64;

/// The names of one archive, by the form in which file systems may compare them.
#[derive(Debug, Default)]
pub(crate) struct EntryNames(HashMap<String, bool>);

impl EntryNames {
    /// Takes a name in; one that ends with `/` is a folder's.
    pub(crate) fn insert(&mut self, name: &str) -> Result<(), PackageError> {
        let shown = || shorten(name);
        if let Some(reason) = fault(name) {
            let entry = shown();
            return Err(PackageError::EntryName { entry, reason });
        }
        let is_folder = name.ends_with('/');
        match self.0.insert(folded(name), is_folder) {
            None => Ok(()),
            Some(_) => Err(PackageError::DuplicateEntry { entry: shown() }),
        }
    }

    /// How many names there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// What is a file must not be a folder at the same time: programs disagree about which wins.
    pub(crate) fn check_folders(&self) -> Result<(), PackageError> {
        for name in self.0.keys() {
            let parents = name
                .match_indices('/')
                .filter_map(|(end, _)| name.get(..end));
            for parent in parents {
                if self.0.get(parent) == Some(&false) {
                    return Err(PackageError::EntryName {
                        entry: shorten(name),
                        reason: "expected no file in the place of its folder",
                    });
                }
            }
        }
        Ok(())
    }
}

/// The form by which names collide where file systems ignore case (NTFS, APFS) or normalise
/// Unicode (HFS+), and where Python normalises module names (NFKC).
fn folded(name: &str) -> String {
    let plain = name.strip_suffix('/').unwrap_or(name);
    if plain.is_ascii() {
        return plain.to_ascii_lowercase();
    }
    // Upper case first: `ß` and `ss`, `ſ` and `s` meet there.
    let upper = plain.nfkc().collect::<String>().to_uppercase();
    upper.to_lowercase().nfkc().collect()
}

/// The rule that an entry name breaks, if any.
fn fault(name: &str) -> Option<&'static str> {
    let path = name.strip_suffix('/').unwrap_or(name);
    let mut parts = path.split('/');
    if path.len() > MAX_BYTES {
        Some("expected at most 1024 bytes")
    } else if path.starts_with('/') {
        Some("expected a relative path")
    } else if path.contains(['\\', ':']) {
        Some("expected no backslash and no colon")
    } else if path.chars().any(char::is_control) {
        Some("expected no control characters")
    } else if path.chars().any(is_deceptive) {
        Some("expected no invisible or direction-changing characters")
    } else if parts
        .clone()
        .any(|part| matches!(part, "" | "." | "..") || part.ends_with(['.', ' ']))
    {
        Some("expected no part that is empty or ends with a dot or a space")
    } else if parts.nth(MAX_LEVELS).is_some() {
        Some("expected at most 64 levels")
    } else {
        None
    }
}

/// Characters that are not seen or change the order in which others are: those with the Unicode
/// property `Default_Ignorable_Code_Point`, the bidirectional controls, and line separators.
fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}
