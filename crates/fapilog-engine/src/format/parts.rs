//! A record taken apart, the same for both kinds of frames.

use crate::frame::Flags;
use crate::frame_reader::{Field, Frame, FrameError, Value};
use crate::timestamp::TimestampWriter;

/// What every record has, and the rest of it.
pub(super) struct Parts<'a> {
    pub(super) timestamp: String,
    pub(super) level: String,
    pub(super) logger: &'a [u8],
    pub(super) message: &'a [u8],
    pub(super) exception: Option<Value<'a>>,
    /// Every other field, each key once, with its last value where it last stood.
    pub(super) fields: Vec<Field<'a>>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(
        frame: &Frame<'a>,
        timestamps: &mut TimestampWriter,
    ) -> Result<Self, FrameError> {
        let mut parts = Self {
            timestamp: String::from_utf8_lossy(timestamps.text(frame.micros())).into_owned(),
            level: frame.level().to_string(),
            logger: b"",
            message: b"",
            exception: None,
            fields: Vec::new(),
        };
        let flat = frame.flags().contains(Flags::FLAT);
        for field in frame.top()? {
            let (key, value) = field?;
            match (key, value) {
                (b"logger", Value::Str(text)) => parts.logger = text,
                (b"message", Value::Str(text)) => parts.message = text,
                (b"timestamp", Value::Str(text)) if flat => {
                    parts.timestamp = String::from_utf8_lossy(text).into_owned();
                }
                (b"level", Value::Str(text)) if flat => {
                    parts.level = String::from_utf8_lossy(text).into_owned();
                }
                (b"exception", value @ Value::Map(_)) => parts.exception = Some(value),
                (key, value) => {
                    parts.fields.retain(|(other, _)| *other != key);
                    parts.fields.push((key, value));
                }
            }
        }
        Ok(parts)
    }
}

/// A structured exception, see the Python crate: what every format needs of it.
#[derive(Default)]
pub(super) struct Raised<'a> {
    pub(super) class: &'a [u8],
    pub(super) module: &'a [u8],
    pub(super) message: &'a [u8],
    /// File, line, function; or a text such as `[3 frames left out]` in place of the file.
    pub(super) frames: Vec<(&'a [u8], Option<i64>, &'a [u8])>,
    pub(super) notes: Vec<&'a [u8]>,
    pub(super) members: Vec<Value<'a>>,
    pub(super) cause: Option<Value<'a>>,
}

impl<'a> Raised<'a> {
    /// What can be read of a value; the rest stays empty.
    pub(super) fn of(value: &Value<'a>) -> Self {
        let mut raised = Self::default();
        let Value::Map(entries) = value else {
            return raised;
        };
        for (key, value) in entries.clone().flatten() {
            match (key, value) {
                (b"type", Value::Str(text)) => raised.class = text,
                (b"module", Value::Str(text)) => raised.module = text,
                (b"message", Value::Str(text)) => raised.message = text,
                (b"frames", Value::List(items)) => {
                    raised.frames = items.flatten().map(|item| place(&item)).collect();
                }
                (b"notes", Value::List(items)) => {
                    raised.notes = items.flatten().filter_map(text_of).collect();
                }
                (b"exceptions", Value::List(items)) => raised.members = items.flatten().collect(),
                (b"cause", value) => raised.cause = Some(value),
                _ => {}
            }
        }
        raised
    }
}

fn text_of(value: Value<'_>) -> Option<&[u8]> {
    match value {
        Value::Str(text) => Some(text),
        _ => None,
    }
}

fn place<'a>(value: &Value<'a>) -> (&'a [u8], Option<i64>, &'a [u8]) {
    let mut place: (&[u8], Option<i64>, &[u8]) = (b"", None, b"");
    match value {
        Value::Str(text) => place.0 = text,
        Value::Map(entries) => {
            for (key, value) in entries.clone().flatten() {
                match (key, value) {
                    (b"file", Value::Str(text)) => place.0 = text,
                    (b"line", Value::Int(line)) => place.1 = Some(line),
                    (b"function", Value::Str(text)) => place.2 = text,
                    _ => {}
                }
            }
        }
        _ => {}
    }
    place
}

/// Most exceptions of a chain that a format writes; the record has no more.
pub(super) const CHAIN: usize = 8;

/// Appends a traceback as Python shows one, each line behind `indent`, through `push`, which
/// appends text that came from outside.
pub(super) fn push_traceback(
    out: &mut Vec<u8>,
    value: &Value<'_>,
    indent: &[u8],
    push: &dyn Fn(&mut Vec<u8>, &[u8]),
    depth: usize,
) {
    let raised = Raised::of(value);
    if let Some(cause) = &raised.cause
        && depth > 0
    {
        push_traceback(out, cause, indent, push, depth - 1);
        out.extend_from_slice(indent);
        out.extend_from_slice(b"which led to\n");
    }
    for (file, line, function) in &raised.frames {
        out.extend_from_slice(indent);
        match line {
            Some(line) => {
                out.extend_from_slice(b"  File \"");
                push(out, file);
                out.extend_from_slice(format!("\", line {line}, in ").as_bytes());
                push(out, function);
            }
            None => {
                out.extend_from_slice(b"  ");
                push(out, file);
            }
        }
        out.push(b'\n');
    }
    out.extend_from_slice(indent);
    if !raised.module.is_empty() && raised.module != b"builtins" {
        push(out, raised.module);
        out.push(b'.');
    }
    push(out, raised.class);
    out.extend_from_slice(b": ");
    push(out, raised.message);
    out.push(b'\n');
    for note in &raised.notes {
        out.extend_from_slice(indent);
        push(out, note);
        out.push(b'\n');
    }
    if depth > 0 {
        let deeper = [indent, b"  | "].concat();
        for member in &raised.members {
            push_traceback(out, member, &deeper, push, depth - 1);
        }
    }
}
