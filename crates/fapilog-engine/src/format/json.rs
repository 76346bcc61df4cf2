//! JSON lines: one object a record, in UTF-8, ended by a line feed.

use super::escape::{push_escaped, push_string};
use super::{EncodeError, Encoder};
use crate::frame::Flags;
use crate::frame_reader::{Captured, Fields, Frame, FrameError, Value};
use crate::timestamp::TimestampWriter;

/// Writes frames as JSON lines.
///
/// Keys stand in the order `timestamp`, `level`, `logger`, `message`, then context and fields in
/// the order they were bound and passed; a flat frame keeps its own order. A key that is there
/// twice keeps the last value. JSON has no form for numbers that are not finite: they become the
/// strings `"NaN"`, `"Infinity"` and `"-Infinity"`.
#[derive(Debug, Default)]
pub struct JsonEncoder {
    timestamp: TimestampWriter,
}

impl JsonEncoder {
    fn push(&mut self, frame: &Frame<'_>, line: &mut Vec<u8>) -> Result<(), FrameError> {
        let before = line.len();
        let result = if frame.flags().contains(Flags::FLAT) {
            push_flat(line, frame.flat())
        } else {
            self.push_captured(line, frame)
        };
        if result.is_err() {
            line.truncate(before);
        }
        result
    }

    fn push_captured(&mut self, line: &mut Vec<u8>, frame: &Frame<'_>) -> Result<(), FrameError> {
        let Captured {
            logger,
            message,
            fields,
        } = frame.captured()?;
        line.extend_from_slice(b"{\"timestamp\":\"");
        self.timestamp.push(frame.micros(), line);
        line.extend_from_slice(b"\",\"level\":\"");
        match frame.level().name() {
            Some(name) => line.extend_from_slice(name.as_bytes()),
            None => push_escaped(line, frame.level().to_string().as_bytes()),
        }
        line.extend_from_slice(b"\",\"logger\":");
        push_string(line, logger);
        line.extend_from_slice(b",\"message\":");
        push_string(line, message);
        if frame.flags().contains(Flags::MAY_REPEAT) {
            push_last_fields(line, fields)?;
        } else {
            for field in fields {
                line.push(b',');
                push_field(line, field?)?;
            }
        }
        line.extend_from_slice(b"}\n");
        Ok(())
    }
}

impl Encoder for JsonEncoder {
    fn encode(&mut self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.push(frame, out).map_err(EncodeError::Malformed)
    }
}

fn push_flat(line: &mut Vec<u8>, fields: Fields<'_>) -> Result<(), FrameError> {
    line.push(b'{');
    push_separated(line, fields, push_field)?;
    line.extend_from_slice(b"}\n");
    Ok(())
}

/// Writes each key once, with its last value, where it last stood. Quadratic in the number of
/// fields, which is small, and only done where a bound context could be overridden.
fn push_last_fields(line: &mut Vec<u8>, fields: Fields<'_>) -> Result<(), FrameError> {
    let mut later = fields.clone();
    for field in fields {
        let (key, value) = field?;
        later.next();
        let overridden = later
            .clone()
            .any(|field| field.is_ok_and(|(other, _)| other == key));
        if !overridden {
            line.push(b',');
            push_field(line, (key, value))?;
        }
    }
    Ok(())
}

#[inline(always)]
fn push_field(line: &mut Vec<u8>, (key, value): (&[u8], Value<'_>)) -> Result<(), FrameError> {
    push_string(line, key);
    line.push(b':');
    push_value(line, value)
}

/// A value as JSON; empty when it is malformed.
pub(crate) fn json_text(value: &Value<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    if push_value(&mut text, value.clone()).is_err() {
        text.clear();
    }
    text
}

#[inline(always)]
pub(super) fn push_value(line: &mut Vec<u8>, value: Value<'_>) -> Result<(), FrameError> {
    match value {
        Value::Null => line.extend_from_slice(b"null"),
        Value::Bool(true) => line.extend_from_slice(b"true"),
        Value::Bool(false) => line.extend_from_slice(b"false"),
        Value::Int(number) => line.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
        Value::BigInt(digits) => line.extend_from_slice(digits),
        Value::Float(number) => push_float(line, number),
        Value::Str(text) => push_string(line, text),
        Value::List(items) => {
            line.push(b'[');
            push_separated(line, items, push_value)?;
            line.push(b']');
        }
        Value::Map(entries) => {
            line.push(b'{');
            push_separated(line, entries, push_field)?;
            line.push(b'}');
        }
    }
    Ok(())
}

fn push_separated<T>(
    line: &mut Vec<u8>,
    items: impl Iterator<Item = Result<T, FrameError>>,
    push: impl Fn(&mut Vec<u8>, T) -> Result<(), FrameError>,
) -> Result<(), FrameError> {
    for (index, item) in items.enumerate() {
        if index > 0 {
            line.push(b',');
        }
        push(line, item?)?;
    }
    Ok(())
}

fn push_float(line: &mut Vec<u8>, number: f64) {
    if number.is_finite() {
        line.extend_from_slice(zmij::Buffer::new().format_finite(number).as_bytes());
    } else if number.is_nan() {
        line.extend_from_slice(b"\"NaN\"");
    } else if number > 0.0 {
        line.extend_from_slice(b"\"Infinity\"");
    } else {
        line.extend_from_slice(b"\"-Infinity\"");
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoder, JsonEncoder};
    use crate::frame::{FieldWriter, Flags, FrameWriter, encode_text};
    use crate::frame_reader::Frame;
    use crate::level::Level;
    use proptest::prelude::*;
    use serde_json::json;

    fn encoded(flags: Flags, write: impl FnOnce(&mut FieldWriter<'_>)) -> String {
        let mut logger = Vec::new();
        encode_text(&mut logger, b"shop");
        let mut buffer = Vec::new();
        let mut frame = FrameWriter::captured(
            &mut buffer,
            Level::INFO,
            flags,
            1_000_001,
            &logger,
            b"hello",
        );
        write(&mut frame.fields());
        frame.finish().unwrap();
        line_of(&buffer)
    }

    fn line_of(frame: &[u8]) -> String {
        let (frame, rest) = Frame::split(frame).unwrap();
        assert!(rest.is_empty());
        let mut line = Vec::new();
        JsonEncoder::default().encode(&frame, &mut line).unwrap();
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn a_record_is_one_line_with_the_fixed_keys_first() {
        let line = encoded(Flags::NONE, |fields| {
            fields.key(b"user_id");
            fields.int(42);
        });
        assert_eq!(
            line,
            "{\"timestamp\":\"1970-01-01T00:00:01.000001Z\",\"level\":\"INFO\",\
             \"logger\":\"shop\",\"message\":\"hello\",\"user_id\":42}\n"
        );
    }

    #[test]
    fn every_kind_of_value_has_its_json_form() {
        let line = encoded(Flags::NONE, |fields| {
            fields.key(b"list");
            let list = fields.begin_list();
            fields.null();
            fields.bool(true);
            fields.bool(false);
            fields.int(i64::MIN);
            fields.big_int(b"-123456789012345678901234567890");
            fields.float(1.5);
            fields.float(f64::NAN);
            fields.float(f64::INFINITY);
            fields.float(f64::NEG_INFINITY);
            fields.end(list, 9);
            fields.key(b"map");
            let map = fields.begin_map();
            fields.raw_key(b"level");
            let inner = fields.begin_list();
            fields.end(inner, 0);
            fields.end(map, 1);
        });
        let fields = line.split_once("\"list\":").unwrap().1;
        assert_eq!(
            fields,
            "[null,true,false,-9223372036854775808,-123456789012345678901234567890,1.5,\
             \"NaN\",\"Infinity\",\"-Infinity\"],\"map\":{\"level\":[]}}\n"
        );
    }

    #[test]
    fn what_is_no_number_never_stands_as_one() {
        let line = encoded(Flags::NONE, |fields| {
            fields.key(b"n");
            fields.big_int(b"1,\"admin\":true");
        });
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["n"], json!("1,\"admin\":true"));
    }

    #[test]
    fn fields_cannot_replace_the_fixed_keys() {
        let line = encoded(Flags::NONE, |fields| {
            fields.key(b"level");
            fields.int(9);
            fields.key(b"timestamp");
            fields.null();
        });
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["level"], "INFO");
        assert_eq!(read["level_"], 9);
        assert_eq!(read["timestamp_"], json!(null));
    }

    #[test]
    fn of_a_repeated_key_the_last_value_counts() {
        let line = encoded(Flags::MAY_REPEAT, |fields| {
            for (key, value) in [(b"a", 1), (b"b", 2), (b"a", 3)] {
                fields.key(key);
                fields.int(value);
            }
        });
        assert!(line.ends_with("\"hello\",\"b\":2,\"a\":3}\n"), "{line}");
    }

    #[test]
    fn a_flat_frame_is_written_as_it_stands() {
        let mut buffer = Vec::new();
        let mut frame = FrameWriter::flat(&mut buffer, Level::INFO, 0);
        let mut fields = frame.fields();
        fields.raw_key(b"level");
        fields.str(b"odd");
        frame.finish().unwrap();
        assert_eq!(line_of(&buffer), "{\"level\":\"odd\"}\n");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_frame_or_an_error_and_leave_no_half_line(
            mut bytes in proptest::collection::vec(any::<u8>(), 16..200),
            flags in 0_u8..4,
        ) {
            let length = u32::try_from(bytes.len()).unwrap();
            bytes[..4].copy_from_slice(&length.to_le_bytes());
            bytes[5] = flags;
            let (frame, _) = Frame::split(&bytes).unwrap();
            let mut line = b"before".to_vec();
            if JsonEncoder::default().encode(&frame, &mut line).is_err() {
                prop_assert_eq!(line, b"before");
            }
        }

        #[test]
        fn finite_numbers_come_back_exactly(number in any::<f64>()) {
            prop_assume!(number.is_finite());
            let line = encoded(Flags::NONE, |fields| {
                fields.key(b"n");
                fields.float(number);
            });
            let text = line.split_once("\"n\":").unwrap().1.trim_end().trim_end_matches('}');
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), number.to_bits());
        }
    }
}
