//! Only what is named may leave.

use serde::Deserialize;

use crate::frame_reader::Value;
use crate::rewrite::{Change, Path, Visitor};
use crate::stages::glob::Glob;
use crate::stages::{BuildError, is_fixed, read_options};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    paths: Vec<String>,
    mask: String,
}

/// Masks every value whose path is not allowed.
pub(super) struct AllowList {
    globs: Vec<Glob>,
    mask: Vec<u8>,
}

impl AllowList {
    pub(super) fn build(options: &str) -> Result<Self, BuildError> {
        let options: Options = read_options("allow_list", options)?;
        Ok(Self {
            globs: options.paths.iter().map(|path| Glob::parse(path)).collect(),
            mask: options.mask.into_bytes(),
        })
    }
}

impl Visitor for AllowList {
    fn value(&self, path: &Path<'_>, value: &Value<'_>) -> Change {
        if is_fixed(path) || self.globs.iter().any(|glob| glob.matches(path)) {
            // An allowed map or list is allowed with everything in it.
            return Change::Keep;
        }
        match value {
            Value::Map(_) | Value::List(_) => Change::None,
            _ => Change::Text(self.mask.clone()),
        }
    }
}
