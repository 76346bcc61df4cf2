//! Records as the body of a request.

use std::io::Write;

use serde::Deserialize;

/// How records stand in a body.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Shape {
    /// `[…,…]`.
    Array,
    /// One a line.
    Ndjson,
}

/// How a body is made smaller.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    /// The value of `Content-Encoding`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The body, smaller.
    pub(super) fn compress(self, body: &[u8]) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Gzip => {
                let mut encoder =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(body)?;
                encoder.finish()
            }
            // Level 3 is the library's own choice: quick, and smaller than gzip's best.
            Self::Zstd => zstd::bulk::compress(body, 3),
        }
    }
}

impl Shape {
    /// A body of these lines; those without text are left out.
    pub(super) fn body<'a>(self, lines: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
        let mut body = Vec::new();
        if self == Self::Array {
            body.push(b'[');
        }
        let texts = lines
            .map(|line| line.strip_suffix(b"\n").unwrap_or(line))
            .filter(|text| !text.is_empty());
        for (index, text) in texts.enumerate() {
            if index > 0 && self == Self::Array {
                body.push(b',');
            }
            body.extend_from_slice(text);
            if self == Self::Ndjson {
                body.push(b'\n');
            }
        }
        if self == Self::Array {
            body.push(b']');
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::{Compression, Shape};
    use proptest::prelude::*;
    use std::io::Read;

    proptest! {
        #[test]
        fn every_record_stands_once_in_either_shape(numbers in proptest::collection::vec(any::<i64>(), 1..40)) {
            let lines: Vec<String> = numbers.iter().map(|n| format!("{{\"n\":{n}}}\n")).collect();
            let expected: Vec<_> = numbers.iter().map(|n| serde_json::json!({"n": n})).collect();
            let body = |shape: Shape| shape.body(lines.iter().map(String::as_bytes));
            let array: Vec<serde_json::Value> = serde_json::from_slice(&body(Shape::Array)).unwrap();
            prop_assert_eq!(&array, &expected);
            let ndjson = String::from_utf8(body(Shape::Ndjson)).unwrap();
            let read: Vec<serde_json::Value> =
                ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            prop_assert_eq!(&read, &expected);
        }

        #[test]
        fn a_compressed_body_comes_back(body in any::<Vec<u8>>()) {
            let gzip = Compression::Gzip.compress(&body).unwrap();
            let mut read = Vec::new();
            flate2::read::GzDecoder::new(&gzip[..]).read_to_end(&mut read).unwrap();
            prop_assert_eq!(&read, &body);
            let zstd = Compression::Zstd.compress(&body).unwrap();
            prop_assert_eq!(zstd::bulk::decompress(&zstd, body.len()).unwrap(), body);
        }
    }
}
