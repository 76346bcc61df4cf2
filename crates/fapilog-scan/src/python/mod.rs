//! Python source: parsed, its names resolved, simple constants computed, and what it does written
//! down as facts.

mod call;
mod evaluate;
pub(crate) mod fact;
mod fold;
mod guard;
mod nesting;
mod scope;
pub(crate) mod settings;
pub(crate) mod sources;
pub(crate) mod value;
mod walk;

pub(crate) use fact::Facts;

/// Largest source file in bytes that is parsed; the largest module of the standard library has 1 MB.
pub(crate) const MAX_SOURCE_BYTES: usize = 4 * 1024 * 1024;

/// Why a source file could not be looked into.
#[derive(Debug)]
pub(crate) struct Unparsable {
    pub detail: String,
    /// Where, as an offset in bytes.
    pub offset: usize,
}

/// Parses a module and tells what it does; `package` is its dotted package.
pub(crate) fn analyse(source: &str, package: &str) -> Result<Facts, Unparsable> {
    if source.len() > MAX_SOURCE_BYTES {
        return Err(Unparsable {
            detail: format!("it is larger than {MAX_SOURCE_BYTES} bytes"),
            offset: 0,
        });
    }
    if nesting::depth(source) > nesting::MAX_DEPTH {
        return Err(Unparsable {
            detail: "it nests more deeply than any code that a person writes".to_owned(),
            offset: 0,
        });
    }
    let parsed = ruff_python_parser::parse_module(source).map_err(|error| Unparsable {
        offset: error.location.start().to_usize(),
        detail: error.error.to_string(),
    })?;
    Ok(walk::walk(parsed.syntax(), source, package))
}
