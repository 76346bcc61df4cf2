//! Secrets by the name of their field.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::frame_reader::Value;
use crate::rewrite::{Change, Path, Visitor, push_value};
use crate::stages::glob::{Glob, Paths};
use crate::stages::{BuildError, is_fixed, read_options};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    paths: Vec<String>,
    action: Action,
    mask: String,
    salt: String,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Action {
    Mask,
    Remove,
    Hash,
}

/// Masks, removes or hashes fields by their paths.
pub(super) struct Fields {
    paths: Paths,
    action: Action,
    mask: Vec<u8>,
    salt: Vec<u8>,
}

/// A path, and what it means where a `*` between keys stands for the items of a list, which add no
/// key: who writes `cards.*.number` must not find numbers in the log.
fn readings(path: &str) -> Vec<String> {
    let mut readings = vec![path.to_owned()];
    let mut from = 0;
    while let Some(at) = path.get(from..).and_then(|rest| rest.find(".*.")) {
        if readings.len() >= MOST_READINGS {
            break;
        }
        let star = path.len() - (from + at);
        let shorter: Vec<String> = readings
            .iter()
            .map(|reading| {
                let (head, tail) = reading.split_at(reading.len() - star);
                format!("{head}{}", tail.get(2..).unwrap_or_default())
            })
            .collect();
        readings.extend(shorter);
        from += at + 2;
    }
    readings
}

/// Most readings of one path: those of six stars.
const MOST_READINGS: usize = 64;

impl Fields {
    pub(super) fn build(options: &str) -> Result<Self, BuildError> {
        let options: Options = read_options("fields", options)?;
        let globs = options
            .paths
            .iter()
            .flat_map(|path| readings(path))
            .map(|path| Glob::parse(&path));
        Ok(Self {
            paths: Paths::new(globs.collect()),
            action: options.action,
            mask: options.mask.into_bytes(),
            salt: options.salt.into_bytes(),
        })
    }

    /// The first 128 bits of a keyed digest: the same value has the same text, and nothing leads
    /// back to it without the salt.
    fn digest(&self, value: &Value<'_>) -> Vec<u8> {
        let mut encoded = Vec::new();
        if push_value(&mut encoded, value).is_err() {
            return self.mask.clone();
        }
        let mut digest = Sha256::new();
        digest.update((self.salt.len() as u64).to_le_bytes());
        digest.update(&self.salt);
        digest.update(&encoded);
        let hex = digest.finalize()[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>();
        format!("sha256:{hex}").into_bytes()
    }
}

impl Visitor for Fields {
    fn value(&self, path: &Path<'_>, value: &Value<'_>) -> Change {
        if !self.paths.may_end_at(path) || is_fixed(path) || !self.paths.matches(path) {
            return Change::None;
        }
        match self.action {
            Action::Mask => Change::Text(self.mask.clone()),
            Action::Remove => Change::Remove,
            Action::Hash => Change::Text(self.digest(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_READINGS, readings};

    #[test]
    fn a_star_between_keys_may_be_the_items_of_a_list() {
        assert_eq!(readings("a.b"), ["a.b"]);
        assert_eq!(readings("a.*.b"), ["a.*.b", "a.b"]);
        assert_eq!(
            readings("a.*.b.*.c"),
            ["a.*.b.*.c", "a.b.*.c", "a.*.b.c", "a.b.c"]
        );
        assert_eq!(readings("a.*.*.c"), ["a.*.*.c", "a.*.c", "a.*.c", "a.c"]);
        assert_eq!(readings(&"a.*.".repeat(20)).len(), MOST_READINGS);
        assert_eq!(readings("*.b"), ["*.b"]);
    }
}
