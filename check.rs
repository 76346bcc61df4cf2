//! Whether a frame that a plugin made can be let in: what the engine itself writes is right by
//! construction, what comes from outside is read to its end first.

use fapilog_abi::frame::{MAX_RECORD_BYTES, RESERVED_KEYS};

use crate::frame::Flags;
use crate::frame_reader::{Fields, Frame, FrameError, Value};

/// Up to so many keys are compared each with each; more are sorted.
const FEW_KEYS: usize = 24;

/// Reads a whole frame.
///
/// # Errors
/// [`FrameError`]: what is wrong with it.
pub(super) fn check_frame(frame: &Frame<'_>) -> Result<(), FrameError> {
    check_head(frame)?;
    if frame.flags().contains(Flags::FLAT) {
        return check_fields(frame.flat(), frame.flags(), &[]);
    }
    let captured = frame.captured()?;
    check_text(captured.logger)?;
    check_text(captured.message)?;
    check_fields(captured.fields, frame.flags(), &RESERVED_KEYS)
}

fn check_head(frame: &Frame<'_>) -> Result<(), FrameError> {
    let known = Flags::FLAT.0 | Flags::MAY_REPEAT.0;
    if frame.flags().0 & !known != 0 {
        return Err(FrameError("it has unknown flags"));
    }
    if frame.header()[6..8] != [0, 0] {
        return Err(FrameError("bytes 6 and 7 are not zero"));
    }
    if frame.bytes().len() > MAX_RECORD_BYTES {
        return Err(FrameError("it is larger than 4 MiB"));
    }
    Ok(())
}

fn check_fields(fields: Fields<'_>, flags: Flags, refused: &[&str]) -> Result<(), FrameError> {
    let mut keys: Vec<&[u8]> = Vec::with_capacity(FEW_KEYS);
    for field in fields {
        let (key, value) = field?;
        check_text(key)?;
        check_value(&value)?;
        if refused.iter().any(|reserved| reserved.as_bytes() == key) {
            return Err(FrameError("a captured frame has a field with a reserved key"));
        }
        keys.push(key);
    }
    if !flags.contains(Flags::MAY_REPEAT) && has_twins(&mut keys) {
        return Err(FrameError("a key appears twice, and no flag says so"));
    }
    Ok(())
}

fn has_twins(keys: &mut [&[u8]]) -> bool {
    if keys.len() > FEW_KEYS {
        keys.sort_unstable();
        return keys.windows(2).any(|pair| pair[0] == pair[1]);
    }
    (1..keys.len()).any(|at| keys[..at].contains(&keys[at]))
}

fn check_value(value: &Value<'_>) -> Result<(), FrameError> {
    match value {
        Value::Str(text) => check_text(text),
        Value::BigInt(digits) => check_digits(digits),
        Value::List(items) => items
            .clone()
            .try_for_each(|item| item.and_then(|item| check_value(&item))),
        Value::Map(entries) => entries.clone().try_for_each(|entry| {
            let (key, value) = entry?;
            check_text(key)?;
            check_value(&value)
        }),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => Ok(()),
    }
}

fn check_text(text: &[u8]) -> Result<(), FrameError> {
    if text.is_ascii() || std::str::from_utf8(text).is_ok() {
        return Ok(());
    }
    Err(FrameError("a text is not UTF-8"))
}

/// Digits are written as they are, unquoted: anything else would be text of another's choice in
/// the line.
fn check_digits(digits: &[u8]) -> Result<(), FrameError> {
    let unsigned = digits.strip_prefix(b"-").unwrap_or(digits);
    if !unsigned.is_empty() && unsigned.iter().all(u8::is_ascii_digit) {
        return Ok(());
    }
    Err(FrameError("a big integer is not made of digits"))
}

#[cfg(test)]
mod tests {
    use super::check_frame;
    use crate::frame::{FieldWriter, FrameWriter, Tag, encode_text};
    use crate::frame_reader::Frame;
    use crate::level::Level;

    fn verdict(write: impl FnOnce(&mut Vec<u8>)) -> Result<(), &'static str> {
        let (mut bytes, mut fields) = (Vec::new(), Vec::new());
        write(&mut fields);
        let mut writer = FrameWriter::flat(&mut bytes, Level::INFO, 0);
        writer.encoded_fields(&fields);
        writer.finish().unwrap();
        let checked = check_frame(&Frame::split(&bytes).unwrap().0);
        checked.map_err(|error| error.0)
    }

    #[test]
    fn what_the_engine_writes_is_let_in() {
        let checked = verdict(|bytes| {
            let mut fields = FieldWriter::new(bytes);
            fields.raw_key("schlüssel".as_bytes());
            let list = fields.begin_list();
            fields.big_int(b"-123456789012345678901234567890");
            fields.null();
            fields.end(list, 2);
        });
        assert_eq!(checked, Ok(()));
    }

    #[test]
    fn text_that_is_not_utf8_is_refused_wherever_it_stands() {
        let key = verdict(|bytes| {
            FieldWriter::new(bytes).raw_key(b"\xff");
            FieldWriter::new(bytes).null();
        });
        assert_eq!(key, Err("a text is not UTF-8"));
        let inside = verdict(|bytes| {
            let mut fields = FieldWriter::new(bytes);
            fields.raw_key(b"a");
            let list = fields.begin_list();
            fields.str(b"\xc3");
            fields.end(list, 1);
        });
        assert_eq!(inside, Err("a text is not UTF-8"));
    }

    #[test]
    fn a_number_that_is_none_cannot_write_into_the_line() {
        let checked = verdict(|bytes| {
            FieldWriter::new(bytes).raw_key(b"a");
            bytes.push(Tag::BigInt as u8);
            encode_text(bytes, b"1,\"admin\":true");
        });
        assert_eq!(checked, Err("a big integer is not made of digits"));
    }

    #[test]
    fn a_list_that_lies_about_its_count_is_refused() {
        let checked = verdict(|bytes| {
            let mut fields = FieldWriter::new(bytes);
            fields.raw_key(b"a");
            let list = fields.begin_list();
            fields.null();
            fields.end(list, u32::MAX);
        });
        assert_eq!(checked, Err("a value is cut off"));
    }

    #[test]
    fn twins_are_found_among_few_and_among_many() {
        for count in [2, 100] {
            let checked = verdict(|bytes| {
                for number in 0..count {
                    let key = format!("key{}", number % (count - 1));
                    FieldWriter::new(bytes).raw_key(key.as_bytes());
                    FieldWriter::new(bytes).null();
                }
            });
            assert_eq!(checked, Err("a key appears twice, and no flag says so"));
        }
    }
}
