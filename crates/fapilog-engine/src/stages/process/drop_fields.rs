//! Fields that nobody needs.

use serde::Deserialize;

use crate::frame_reader::Value;
use crate::rewrite::{Change, Path, Visitor};
use crate::stages::glob::{Glob, Paths};
use crate::stages::{BuildError, read_options};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    paths: Vec<String>,
}

/// Takes fields out by their paths; never those that every record has.
pub(super) struct DropFields(Paths);

impl DropFields {
    pub(super) fn build(options: &str) -> Result<Self, BuildError> {
        let options: Options = read_options("drop_fields", options)?;
        let globs = options.paths.iter().map(|path| Glob::parse(path));
        Ok(Self(Paths::new(globs.collect())))
    }
}

impl Visitor for DropFields {
    fn value(&self, path: &Path<'_>, _: &Value<'_>) -> Change {
        let reserved = matches!(path, [b"timestamp" | b"level" | b"logger" | b"message"]);
        if self.0.may_end_at(path) && !reserved && self.0.matches(path) {
            return Change::Remove;
        }
        Change::None
    }
}
