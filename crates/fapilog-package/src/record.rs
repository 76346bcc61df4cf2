//! RECORD: the list of a wheel's files with their hashes and sizes.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::PackageError;
use crate::fault;
use crate::name::shorten;

/// Largest RECORD in bytes.
pub const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// What RECORD says about one file; both absent for RECORD itself and its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Promise {
    pub sha256: Option<[u8; 32]>,
    pub size: Option<u64>,
}

/// Parses RECORD into promises by path.
pub(crate) fn parse(text: &str) -> Result<HashMap<String, Promise>, PackageError> {
    let mut promises = HashMap::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let wrong = |detail| PackageError::Record {
            path: shorten(line),
            detail,
        };
        let [path, hash, size] = split(line).ok_or_else(|| wrong(fault::RECORD_LINE))?;
        let sha256 = match hash.split_once('=') {
            None if hash.is_empty() => None,
            Some(("sha256", digest)) => Some(
                URL_SAFE_NO_PAD
                    .decode(digest)
                    .ok()
                    .and_then(|bytes| bytes.try_into().ok())
                    .ok_or_else(|| wrong(fault::RECORD_BASE64))?,
            ),
            _ => return Err(wrong(fault::RECORD_ALGORITHM)),
        };
        let size = match size.as_str() {
            "" => None,
            digits => Some(digits.parse().map_err(|_| wrong(fault::RECORD_SIZE_TEXT))?),
        };
        if promises.insert(path, Promise { sha256, size }).is_some() {
            return Err(wrong(fault::RECORD_TWICE));
        }
    }
    Ok(promises)
}

/// Splits a CSV line into three fields. A field is quoted whole or not at all, with `""` for a
/// quote: programs disagree about quotes elsewhere.
fn split(line: &str) -> Option<[String; 3]> {
    let mut fields = Vec::new();
    let mut rest = Some(line);
    while let Some(line) = rest {
        let field;
        (field, rest) = match line.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => match line.split_once(',') {
                Some((field, rest)) => (unquoted(field)?, Some(rest)),
                None => (unquoted(line)?, None),
            },
        };
        fields.push(field);
    }
    fields.try_into().ok()
}

fn unquoted(field: &str) -> Option<String> {
    (!field.contains('"')).then(|| field.to_owned())
}

/// The field after its opening quote, and what follows the comma behind it.
fn quoted_field(text: &str) -> Option<(String, Option<&str>)> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"')?;
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None if after.is_empty() => return Some((field, None)),
            None => return Some((field, Some(after.strip_prefix(',')?))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_paths_are_read() {
        let promises = parse("\"a,\"\"b\"\".py\",,3\nRECORD,,\n").unwrap();
        assert_eq!(
            promises["a,\"b\".py"],
            Promise {
                sha256: None,
                size: Some(3)
            }
        );
    }

    #[test]
    fn broken_lines_are_refused() {
        for text in [
            "a.py",
            "a.py,md5=abc,1",
            "a.py,sha256=abc,1",
            "a.py,,x",
            "a,,\na,,",
            "\"a,,",
            "a\"b\",,",
            "\"a\"b,,",
            "a,,,",
        ] {
            assert_eq!(parse(text).unwrap_err().id(), "record-format", "{text}");
        }
    }
}
