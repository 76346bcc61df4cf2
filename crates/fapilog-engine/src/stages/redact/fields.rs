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

impl Fields {
    pub(super) fn build(options: &str) -> Result<Self, BuildError> {
        let options: Options = read_options("fields", options)?;
        let globs = options.paths.iter().map(|path| Glob::parse(path));
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
