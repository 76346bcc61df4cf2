//! One message in the form of RFC 5424.

use super::options::Body;
use crate::frame::Flags;
use crate::frame_reader::{Fields, Frame, Value};
use crate::level::Level;
use crate::timestamp::TimestampWriter;

/// Shortest limit of a message: no header alone is longer.
pub(in super::super) const SHORTEST_BYTES: usize = 480;

/// What all messages of a sink share.
pub(super) struct Template {
    facility: u8,
    /// ` host app process `, but for the process, which a fork changes.
    host_and_app: Vec<u8>,
    message_id: Option<Vec<u8>>,
    structured_id: Option<Vec<u8>>,
    body: Body,
    max_bytes: usize,
    timestamp: TimestampWriter,
    structured: Vec<u8>,
}

/// What a record says for a header.
#[derive(Default)]
struct Said<'a> {
    level: Option<Level>,
    logger: &'a [u8],
    message: &'a [u8],
    timestamp: Option<&'a [u8]>,
}

impl Template {
    pub(super) fn new(
        facility: u8,
        host_name: &str,
        app_name: &str,
        message_id: Option<&str>,
        structured_id: Option<&str>,
        body: Body,
        max_bytes: usize,
    ) -> Self {
        let mut host_and_app = vec![b' '];
        push_name(&mut host_and_app, host_name.as_bytes(), 255);
        host_and_app.push(b' ');
        push_name(&mut host_and_app, app_name.as_bytes(), 48);
        host_and_app.push(b' ');
        Self {
            facility,
            host_and_app,
            message_id: message_id.map(|id| id.as_bytes().to_vec()),
            structured_id: structured_id.map(|id| id.as_bytes().to_vec()),
            body,
            max_bytes: max_bytes.max(SHORTEST_BYTES),
            timestamp: TimestampWriter::default(),
            structured: Vec::new(),
        }
    }

    /// Appends a record; `line` is its text in the sink's format. Returns how many bytes did not
    /// fit: structured data goes first (as a whole), then the end of the text.
    pub(super) fn push(&mut self, out: &mut Vec<u8>, frame: &Frame<'_>, line: &[u8]) -> usize {
        let start = out.len();
        let said = read(frame);
        let level = said.level.unwrap_or_else(|| frame.level());
        out.push(b'<');
        push_number(
            out,
            u32::from(self.facility) * 8 + u32::from(severity(level)),
        );
        out.extend_from_slice(b">1 ");
        match said.timestamp.filter(|text| is_timestamp(text)) {
            Some(text) => out.extend_from_slice(text),
            None => out.extend_from_slice(self.timestamp.text(frame.micros())),
        }
        out.extend_from_slice(&self.host_and_app);
        push_number(out, std::process::id());
        out.push(b' ');
        push_name(out, self.message_id.as_deref().unwrap_or(said.logger), 32);
        out.push(b' ');
        let mut cut = self.push_structured(out, start, frame);
        out.push(b' ');
        let text = match self.body {
            Body::Line => line.strip_suffix(b"\n").unwrap_or(line),
            Body::Message => said.message,
        };
        cut += push_cut(
            out,
            text,
            (start + self.max_bytes).saturating_sub(out.len()),
        );
        cut
    }

    /// Appends the fields as structured data, or `-` when there are none or they have no room.
    fn push_structured(&mut self, out: &mut Vec<u8>, start: usize, frame: &Frame<'_>) -> usize {
        let Some(id) = &self.structured_id else {
            out.push(b'-');
            return 0;
        };
        self.structured.clear();
        self.structured.push(b'[');
        self.structured.extend_from_slice(id);
        let any = push_fields(&mut self.structured, frame);
        self.structured.push(b']');
        // A quarter stays for the text: a message without one helps nobody.
        let fits = out.len() - start + self.structured.len() <= self.max_bytes - self.max_bytes / 4;
        if any && fits {
            out.extend_from_slice(&self.structured);
            return 0;
        }
        out.push(b'-');
        if any { self.structured.len() } else { 0 }
    }
}

/// The severity of RFC 5424 section 6.2.1 for a level.
fn severity(level: Level) -> u8 {
    match level {
        level if level >= Level::CRITICAL => 2,
        level if level >= Level::ERROR => 3,
        level if level >= Level::WARNING => 4,
        level if level > Level::INFO => 5,
        level if level >= Level::INFO => 6,
        _ => 7,
    }
}

/// What a record says for a header, wherever it says so; nothing of a malformed one.
fn read<'a>(frame: &Frame<'a>) -> Said<'a> {
    if !frame.flags().contains(Flags::FLAT) {
        let captured = frame.captured().ok();
        return captured.map_or_else(Said::default, |captured| Said {
            logger: captured.logger,
            message: captured.message,
            ..Said::default()
        });
    }
    let mut said = Said::default();
    for (key, value) in frame.flat().map_while(Result::ok) {
        match (key, value) {
            (b"logger", Value::Str(text)) => said.logger = text,
            (b"message", Value::Str(text)) => said.message = text,
            (b"timestamp", Value::Str(text)) => said.timestamp = Some(text),
            (b"level", Value::Str(text)) => {
                said.level = std::str::from_utf8(text).ok().and_then(Level::from_name);
            }
            _ => {}
        }
    }
    said
}

/// Whether a text has the form of RFC 5424 section 6.2.3: plugins may have changed it.
fn is_timestamp(text: &[u8]) -> bool {
    let form = b"0000-00-00T00:00:00";
    let Some((seconds, rest)) = text.split_at_checked(form.len()) else {
        return false;
    };
    let like = |text: &[u8], form: &[u8]| {
        text.len() == form.len()
            && text.iter().zip(form).all(|(byte, &wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                wanted => *byte == wanted,
            })
    };
    let digits = rest.strip_prefix(b".").map_or(0, |rest| {
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    });
    let zone = if digits > 0 {
        rest.get(digits + 1..)
    } else {
        Some(rest)
    };
    like(seconds, form)
        && digits <= 6
        && zone.is_some_and(|zone| zone == b"Z" || like(zone, b"+00:00") || like(zone, b"-00:00"))
}

/// Appends a name of printable ASCII (RFC 5424 section 6), other characters as `_`; `-` for none.
fn push_name(out: &mut Vec<u8>, name: &[u8], longest: usize) {
    if name.is_empty() {
        out.push(b'-');
    }
    let printable = |&byte: &u8| {
        if (33..=126).contains(&byte) {
            byte
        } else {
            b'_'
        }
    };
    out.extend(name.iter().take(longest).map(printable));
}

fn push_number(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends the fields as parameters; whether there was one.
fn push_fields(out: &mut Vec<u8>, frame: &Frame<'_>) -> bool {
    const HEADER: [&[u8]; 4] = [b"timestamp", b"level", b"logger", b"message"];
    if frame.flags().contains(Flags::FLAT) {
        return push_parameters(out, frame.flat(), &HEADER);
    }
    frame
        .captured()
        .is_ok_and(|captured| push_parameters(out, captured.fields, &[]))
}

fn push_parameters(out: &mut Vec<u8>, fields: Fields<'_>, without: &[&[u8]]) -> bool {
    let mut any = false;
    for (key, value) in fields.map_while(Result::ok) {
        if without.contains(&key) {
            continue;
        }
        any = true;
        out.push(b' ');
        push_parameter_name(out, key);
        out.extend_from_slice(b"=\"");
        match value {
            Value::Str(text) => push_escaped(out, text),
            value => push_escaped(out, &crate::format::json_text(&value)),
        }
        out.push(b'"');
    }
    any
}

/// Appends the name of a parameter: printable ASCII but `=`, space, `]` and `"`, up to 32 bytes.
fn push_parameter_name(out: &mut Vec<u8>, key: &[u8]) {
    let start = out.len();
    push_name(out, key, 32);
    for byte in out.iter_mut().skip(start) {
        if matches!(byte, b'=' | b']' | b'"') {
            *byte = b'_';
        }
    }
}

/// Appends the value of a parameter, escaped as RFC 5424 section 6.3.3 says.
fn push_escaped(out: &mut Vec<u8>, text: &[u8]) {
    for &byte in text {
        if matches!(byte, b'"' | b'\\' | b']') {
            out.push(b'\\');
        }
        out.push(byte);
    }
}

/// Appends as much of a text as there is room for, with a mark when that is not all; returns how
/// many bytes were left out.
fn push_cut(out: &mut Vec<u8>, text: &[u8], room: usize) -> usize {
    if text.len() <= room {
        out.extend_from_slice(text);
        return 0;
    }
    // Room for the mark with the largest number it could hold.
    let mark_bytes = mark(text.len()).len();
    let mut end = room.saturating_sub(mark_bytes);
    while end > 0 && text.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) {
        end -= 1;
    }
    out.extend_from_slice(&text[..end]);
    out.extend_from_slice(mark(text.len() - end).as_bytes());
    text.len() - end
}

fn mark(bytes: usize) -> String {
    format!("…[{bytes} bytes cut]")
}

#[cfg(test)]
mod tests;
