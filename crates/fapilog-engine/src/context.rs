//! What a logger adds to each of its records.

use std::collections::HashMap;

use crate::rewrite::spans;

/// Encoded fields, each key once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context(Vec<u8>);

impl Context {
    /// The fields in `encoded`, as written by [`crate::FieldWriter`]. A key that is there twice
    /// keeps the last value, where it last stood, so that binding a name again and again does not
    /// make a context grow.
    #[must_use]
    pub fn new(encoded: Vec<u8>) -> Self {
        let spans = spans(&encoded);
        let last: HashMap<&[u8], usize> = spans
            .iter()
            .enumerate()
            .map(|(index, (key, _))| (*key, index))
            .collect();
        if last.len() == spans.len() {
            return Self(encoded);
        }
        let mut kept = Vec::with_capacity(encoded.len());
        for (index, (key, field)) in spans.iter().enumerate() {
            if last.get(key) == Some(&index) {
                kept.extend_from_slice(field);
            }
        }
        Self(kept)
    }

    /// The same without fields of some names.
    #[must_use]
    pub fn without(&self, names: &[String]) -> Self {
        let kept = spans(&self.0)
            .into_iter()
            .filter(|(key, _)| !names.iter().any(|name| name.as_bytes() == *key));
        Self(kept.flat_map(|(_, field)| field).copied().collect())
    }

    /// Names of the fields, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        spans(&self.0)
            .into_iter()
            .map(|(key, _)| String::from_utf8_lossy(key).into_owned())
            .collect()
    }

    /// The fields, for [`crate::FrameWriter::encoded_fields`].
    #[must_use]
    pub fn encoded(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Context;
    use crate::frame::FieldWriter;
    use crate::frame_reader::{Fields, Value};
    use proptest::prelude::*;

    fn encoded(fields: &[(u8, i64)]) -> Vec<u8> {
        let mut buffer = Vec::new();
        let mut writer = FieldWriter::new(&mut buffer);
        for &(key, value) in fields {
            writer.key(&[b'a' + key]);
            let list = writer.begin_list();
            writer.int(value);
            writer.end(list, 1);
        }
        buffer
    }

    fn read(context: &Context) -> Vec<(u8, i64)> {
        let fields = Fields::new(context.encoded()).map(|field| {
            let (key, value) = field.unwrap();
            let Value::List(mut items) = value else {
                panic!("{value:?}");
            };
            let Some(Ok(Value::Int(number))) = items.next() else {
                panic!("not a number");
            };
            (key[0] - b'a', number)
        });
        fields.collect()
    }

    proptest! {
        #[test]
        fn each_key_stands_once_where_it_last_stood(
            fields in proptest::collection::vec((0_u8..6, any::<i64>()), 0..20),
        ) {
            let mut expected: Vec<(u8, i64)> = Vec::new();
            for &(key, value) in &fields {
                expected.retain(|(known, _)| *known != key);
                expected.push((key, value));
            }
            prop_assert_eq!(read(&Context::new(encoded(&fields))), expected);
        }
    }
}
