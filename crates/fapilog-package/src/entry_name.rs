//! Names of archive entries: which are allowed, and which would become one file.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;

use crate::error::PackageError;
use crate::fault::{self, Fault};
use crate::name::shorten;

/// Longest name in bytes.
const MAX_BYTES: usize = 1024;
/// Most folders above a file.
const MAX_LEVELS: usize = 64;

/// The names of one archive, by the form in which file systems may compare them.
#[derive(Debug, Default)]
pub(crate) struct EntryNames(HashMap<String, (bool, String)>);

impl EntryNames {
    /// Takes a name in; one that ends with `/` is a folder's.
    pub(crate) fn insert(&mut self, name: &str) -> Result<(), PackageError> {
        let shown = || shorten(name);
        if let Some(reason) = broken_rule(name) {
            let entry = shown();
            return Err(PackageError::EntryName { entry, reason });
        }
        let is_folder = name.ends_with('/');
        let known = (is_folder, plain(name).to_owned());
        match self.0.insert(folded(name), known) {
            None => Ok(()),
            Some((_, other)) => Err(PackageError::DuplicateEntry {
                entry: shown(),
                reason: if other == plain(name) {
                    fault::TWICE
                } else {
                    fault::COLLISION
                },
            }),
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
                if self.0.get(parent).is_some_and(|(is_folder, _)| !is_folder) {
                    return Err(PackageError::EntryName {
                        entry: shorten(name),
                        reason: fault::FILE_AS_FOLDER,
                    });
                }
            }
        }
        Ok(())
    }
}

/// A name without the slash that marks a folder.
fn plain(name: &str) -> &str {
    name.strip_suffix('/').unwrap_or(name)
}

/// The form by which names collide where file systems ignore case (NTFS, APFS) or normalise
/// Unicode (HFS+), and where Python normalises module names (NFKC).
fn folded(name: &str) -> String {
    let plain = plain(name);
    if plain.is_ascii() {
        return plain.to_ascii_lowercase();
    }
    // Upper case first: `ß` and `ss`, `ſ` and `s` meet there.
    let upper = plain.nfkc().collect::<String>().to_uppercase();
    upper.to_lowercase().nfkc().collect()
}

/// The rule that an entry name breaks, if any.
fn broken_rule(name: &str) -> Option<Fault> {
    let path = plain(name);
    let mut parts = path.split('/');
    if path.len() > MAX_BYTES {
        Some(fault::NAME_BYTES)
    } else if path.starts_with('/') {
        Some(fault::ABSOLUTE)
    } else if path.contains(':') {
        Some(fault::DRIVE)
    } else if path.contains('\\') {
        Some(fault::BACKSLASH)
    } else if path.chars().any(char::is_control) {
        Some(fault::CONTROL)
    } else if path.chars().any(is_deceptive) {
        Some(fault::INVISIBLE)
    } else if parts.clone().any(|part| part == "..") {
        Some(fault::TRAVERSAL)
    } else if parts
        .clone()
        .any(|part| matches!(part, "" | ".") || part.ends_with(['.', ' ']))
    {
        Some(fault::NAME_PART)
    } else if parts.nth(MAX_LEVELS).is_some() {
        Some(fault::DEPTH)
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
