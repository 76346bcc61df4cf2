//! Long texts.

use serde::Deserialize;

use crate::frame_reader::Value;
use crate::rewrite::{Change, Path, Visitor};
use crate::stages::glob::{Glob, Paths};
use crate::stages::{BuildError, is_fixed, read_options};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    max_bytes: usize,
    paths: Vec<String>,
}

/// Cuts texts that are longer than so many bytes; how much is missing is said at the end.
pub(super) struct Truncate {
    max_bytes: usize,
    /// `None`: every text.
    paths: Option<Paths>,
}

impl Truncate {
    pub(super) fn build(options: &str) -> Result<Self, BuildError> {
        let options: Options = read_options("truncate", options)?;
        let globs: Vec<Glob> = options.paths.iter().map(|path| Glob::parse(path)).collect();
        Ok(Self {
            max_bytes: options.max_bytes,
            paths: (!globs.is_empty()).then(|| Paths::new(globs)),
        })
    }
}

impl Visitor for Truncate {
    fn value(&self, path: &Path<'_>, value: &Value<'_>) -> Change {
        let Value::Str(text) = value else {
            return Change::None;
        };
        if text.len() <= self.max_bytes
            || is_fixed(path)
            || self
                .paths
                .as_ref()
                .is_some_and(|paths| !paths.matches(path))
        {
            return Change::None;
        }
        Change::Text(cut(text, self.max_bytes))
    }
}

/// The beginning of a text, at most so many bytes, and a marker behind it.
pub(super) fn cut(text: &[u8], max_bytes: usize) -> Vec<u8> {
    let mut end = max_bytes.min(text.len());
    // Not in the middle of a character: its later bytes begin with the bits 10.
    while end > 0 && text.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) {
        end -= 1;
    }
    let mut short = text[..end].to_vec();
    short.extend_from_slice(format!("…[{} bytes more]", text.len() - end).as_bytes());
    short
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn characters_stay_whole() {
        assert_eq!(cut("aéb".as_bytes(), 2), "a…[3 bytes more]".as_bytes());
        assert_eq!(cut("aéb".as_bytes(), 3), "aé…[1 bytes more]".as_bytes());
    }
}
