//! Changing records: a visitor says what becomes of each value, everything else stays byte for
//! byte as it was.

use crate::frame::{FieldWriter, Flags, FrameWriter, encode_text};
use crate::frame_reader::{Fields, Frame, FrameError, Value};

/// What becomes of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// It stays; a list or map is looked into.
    None,
    /// It stays as it is, whatever is inside.
    Keep,
    /// The field goes; an item of a list becomes `null`, so that others keep their places.
    Remove,
    /// A string takes its place.
    Text(Vec<u8>),
    /// Any other value takes its place, as [`FieldWriter`] encodes one.
    Encoded(Vec<u8>),
}

/// The keys that lead to a value, from the top of the record; lists add none.
pub(crate) type Path<'a> = [&'a [u8]];

/// Says what becomes of values.
pub(crate) trait Visitor {
    /// Of the message, of each field, and of each value inside of those that this leaves alone.
    fn value(&self, path: &Path<'_>, value: &Value<'_>) -> Change;

    /// A key inside of a record may change, too; `None` leaves it.
    fn key(&self, _key: &[u8]) -> Option<Vec<u8>> {
        None
    }

    /// Whether there could be anything to change, told from a quick look at the whole record:
    /// `false` spares a visit to each of its values.
    fn could_change(&self, _frame: &Frame<'_>) -> bool {
        true
    }
}

/// Whether a visitor changes anything of a record.
///
/// # Errors
/// [`FrameError`] for a malformed frame.
pub(crate) fn changes(frame: &Frame<'_>, visitor: &impl Visitor) -> Result<bool, FrameError> {
    if !visitor.could_change(frame) {
        return Ok(false);
    }
    let mut path = Vec::with_capacity(4);
    let fields = if frame.flags().contains(Flags::FLAT) {
        frame.flat()
    } else {
        let captured = frame.captured()?;
        path.push(b"message".as_slice());
        if visitor.value(&path, &Value::Str(captured.message)) != Change::None {
            return Ok(true);
        }
        path.clear();
        captured.fields
    };
    for field in fields {
        let (key, value) = field?;
        if field_changes(visitor, &mut path, key, &value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn field_changes<'a>(
    visitor: &impl Visitor,
    path: &mut Vec<&'a [u8]>,
    key: &'a [u8],
    value: &Value<'a>,
) -> Result<bool, FrameError> {
    if visitor.key(key).is_some() {
        return Ok(true);
    }
    path.push(key);
    let changes = value_changes(visitor, path, value);
    path.pop();
    changes
}

fn value_changes<'a>(
    visitor: &impl Visitor,
    path: &mut Vec<&'a [u8]>,
    value: &Value<'a>,
) -> Result<bool, FrameError> {
    match visitor.value(path, value) {
        Change::None => {}
        Change::Keep => return Ok(false),
        _ => return Ok(true),
    }
    match value {
        Value::List(items) => {
            for item in items.clone() {
                if value_changes(visitor, path, &item?)? {
                    return Ok(true);
                }
            }
        }
        Value::Map(entries) => {
            for entry in entries.clone() {
                let (key, value) = entry?;
                if field_changes(visitor, path, key, &value)? {
                    return Ok(true);
                }
            }
        }
        _ => {}
    }
    Ok(false)
}

/// Appends the record as the visitor wants it.
///
/// # Errors
/// [`FrameError`] for a malformed frame; nothing was appended then.
pub(crate) fn rewrite(
    frame: &Frame<'_>,
    visitor: &impl Visitor,
    out: &mut Vec<u8>,
) -> Result<(), FrameError> {
    let mut path = Vec::with_capacity(4);
    write_frame(frame, out, |writer, fields, message| {
        if let Some(message) = message {
            path.push(b"message".as_slice());
            let text = match visitor.value(&path, &Value::Str(message)) {
                Change::None | Change::Keep => message.to_vec(),
                Change::Remove | Change::Encoded(_) => Vec::new(),
                Change::Text(text) => text,
            };
            path.clear();
            encode_text(writer, &text);
        }
        for field in fields {
            let (key, value) = field?;
            push_field(visitor, &mut path, key, &value, writer)?;
        }
        Ok(())
    })
}

/// Appends a frame with the header and logger of another; `body` writes the message, if it is
/// given one, and the fields.
pub(crate) fn write_frame<'a>(
    frame: &Frame<'a>,
    out: &mut Vec<u8>,
    body: impl FnOnce(&mut Vec<u8>, Fields<'a>, Option<&'a [u8]>) -> Result<(), FrameError>,
) -> Result<(), FrameError> {
    let start = out.len();
    out.extend_from_slice(frame.header());
    let result = if frame.flags().contains(Flags::FLAT) {
        body(out, frame.flat(), None)
    } else {
        frame.captured().and_then(|captured| {
            encode_text(out, captured.logger);
            body(out, captured.fields, Some(captured.message))
        })
    };
    let finished = result.and_then(|()| FrameWriter::close(out, start));
    if finished.is_err() {
        out.truncate(start);
    }
    finished
}

/// Whether the field was written.
fn push_field<'a>(
    visitor: &impl Visitor,
    path: &mut Vec<&'a [u8]>,
    key: &'a [u8],
    value: &Value<'a>,
    out: &mut Vec<u8>,
) -> Result<bool, FrameError> {
    path.push(key);
    let change = visitor.value(path, value);
    let written = change != Change::Remove;
    if written {
        encode_text(out, visitor.key(key).as_deref().unwrap_or(key));
        push_changed(visitor, path, value, change, out)?;
    }
    path.pop();
    Ok(written)
}

fn push_changed<'a>(
    visitor: &impl Visitor,
    path: &mut Vec<&'a [u8]>,
    value: &Value<'a>,
    change: Change,
    out: &mut Vec<u8>,
) -> Result<(), FrameError> {
    match change {
        Change::Remove => FieldWriter::new(out).null(),
        Change::Text(text) => FieldWriter::new(out).str(&text),
        Change::Encoded(encoded) => out.extend_from_slice(&encoded),
        Change::Keep => push_value(out, value)?,
        Change::None => match value {
            Value::List(items) => {
                let list = FieldWriter::new(out).begin_list();
                let mut count = 0;
                for item in items.clone() {
                    let item = item?;
                    let change = visitor.value(path, &item);
                    push_changed(visitor, path, &item, change, out)?;
                    count += 1;
                }
                FieldWriter::new(out).end(list, count);
            }
            Value::Map(entries) => {
                let map = FieldWriter::new(out).begin_map();
                let mut count = 0;
                for entry in entries.clone() {
                    let (key, value) = entry?;
                    count += u32::from(push_field(visitor, path, key, &value, out)?);
                }
                FieldWriter::new(out).end(map, count);
            }
            scalar => push_value(out, scalar)?,
        },
    }
    Ok(())
}

/// Appends a value as it is.
///
/// # Errors
/// [`FrameError`] when something inside is malformed.
pub(crate) fn push_value(out: &mut Vec<u8>, value: &Value<'_>) -> Result<(), FrameError> {
    let mut writer = FieldWriter::new(out);
    match value {
        Value::Null => writer.null(),
        Value::Bool(flag) => writer.bool(*flag),
        Value::Int(number) => writer.int(*number),
        Value::BigInt(digits) => writer.big_int(digits),
        Value::Float(number) => writer.float(*number),
        Value::Str(text) => writer.str(text),
        Value::List(items) => {
            let list = writer.begin_list();
            let mut count = 0;
            for item in items.clone() {
                push_value(out, &item?)?;
                count += 1;
            }
            FieldWriter::new(out).end(list, count);
        }
        Value::Map(entries) => {
            let map = writer.begin_map();
            let mut count = 0;
            for entry in entries.clone() {
                let (key, value) = entry?;
                encode_text(out, key);
                push_value(out, &value)?;
                count += 1;
            }
            FieldWriter::new(out).end(map, count);
        }
    }
    Ok(())
}

/// Appends the record with further fields at its end.
///
/// # Errors
/// [`FrameError`] when the frame gets longer than one can be; nothing was appended then.
pub(crate) fn append_fields(
    frame: &Frame<'_>,
    fields: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), FrameError> {
    let start = out.len();
    out.extend_from_slice(frame.bytes());
    out.extend_from_slice(fields);
    FrameWriter::close(out, start).inspect_err(|_| out.truncate(start))
}

/// The key and all bytes of each field; ends at the first malformed one.
pub(crate) fn spans(encoded: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut fields = Fields::new(encoded);
    let mut spans = Vec::new();
    let mut start = 0;
    while let Some(Ok((key, _))) = fields.next() {
        let end = encoded.len() - fields.bytes_left();
        spans.push((key, &encoded[start..end]));
        start = end;
    }
    spans
}
