//! For people: one aligned line a record, exceptions below.

use serde::Deserialize;

use super::json::push_value;
use super::parts::{CHAIN, Parts, push_traceback};
use super::{EncodeError, Encoder};
use crate::frame_reader::{Frame, FrameError, Value};
use crate::timestamp::TimestampWriter;

/// Messages are filled up to this width, so that fields stand below each other.
const MESSAGE_WIDTH: usize = 28;

/// Levels are filled up to this width.
const LEVEL_WIDTH: usize = 8;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    color: bool,
}

/// Writes records for a terminal. Nothing in a record can steer the terminal: control characters,
/// those of Unicode's C1 block and of writing direction included, are written as escapes.
#[derive(Debug)]
pub(super) struct Pretty {
    color: bool,
    timestamp: TimestampWriter,
}

impl Pretty {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            color: options.color,
            timestamp: TimestampWriter::default(),
        }
    }

    fn paint(&self, out: &mut Vec<u8>, style: &str, write: impl FnOnce(&mut Vec<u8>)) {
        if self.color {
            out.extend_from_slice(format!("\x1b[{style}m").as_bytes());
            write(out);
            out.extend_from_slice(b"\x1b[0m");
        } else {
            write(out);
        }
    }

    fn push(&mut self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), FrameError> {
        let parts = Parts::of(frame, &mut self.timestamp)?;
        // Date, time and milliseconds are enough for people.
        let time = parts.timestamp.get(..23).unwrap_or(&parts.timestamp);
        self.paint(out, DIM, |out| push_safe(out, time.as_bytes()));
        out.push(b' ');
        let style = style_of(frame.level().number());
        self.paint(out, style, |out| {
            push_filled(out, parts.level.as_bytes(), LEVEL_WIDTH);
        });
        out.push(b' ');
        self.paint(out, DIM, |out| push_safe(out, parts.logger));
        out.push(b' ');
        self.paint(out, BOLD, |out| {
            if parts.fields.is_empty() {
                push_safe(out, parts.message);
            } else {
                push_filled(out, parts.message, MESSAGE_WIDTH);
            }
        });
        for (key, value) in &parts.fields {
            out.push(b' ');
            self.paint(out, KEY, |out| push_safe(out, key));
            out.push(b'=');
            push_field_value(out, value)?;
        }
        out.push(b'\n');
        if let Some(exception) = &parts.exception {
            let style = style_of(40);
            self.paint(out, style, |out| {
                push_traceback(out, exception, b"    ", &push_safe, CHAIN);
            });
        }
        Ok(())
    }
}

const DIM: &str = "2";
const BOLD: &str = "1";
const KEY: &str = "36";

fn style_of(level: u8) -> &'static str {
    match level {
        0..10 => "2",
        10..20 => "34",
        20..30 => "32",
        30..40 => "33",
        40..50 => "31",
        _ => "1;31",
    }
}

impl Encoder for Pretty {
    fn encode(&mut self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        self.push(frame, out)
            .inspect_err(|_| out.truncate(start))
            .map_err(EncodeError::Malformed)
    }
}

fn push_field_value(out: &mut Vec<u8>, value: &Value<'_>) -> Result<(), FrameError> {
    if let Value::Str(text) = value
        && is_plain(text)
    {
        push_safe(out, text);
        return Ok(());
    }
    let mut json = Vec::new();
    push_value(&mut json, value.clone())?;
    push_safe(out, &json);
    Ok(())
}

/// Whether a text needs no quotes.
fn is_plain(text: &[u8]) -> bool {
    !text.is_empty()
        && text
            .iter()
            .all(|byte| !matches!(byte, b' ' | b'"' | b'=' | b'\'' | b'\\') && *byte > 0x20)
}

/// Appends a text so that it cannot steer a terminal.
fn push_safe(out: &mut Vec<u8>, text: &[u8]) {
    if text.iter().all(|byte| (0x20..0x7f).contains(byte)) {
        return out.extend_from_slice(text);
    }
    for char in String::from_utf8_lossy(text).chars() {
        match char {
            '\n' => out.extend_from_slice(b"\\n"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\r' => out.extend_from_slice(b"\\r"),
            char if char.is_control() || steers_direction(char) => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(char)).as_bytes());
            }
            char => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// Marks and overrides of writing direction, and line breaks of Unicode.
fn steers_direction(char: char) -> bool {
    matches!(char, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn push_filled(out: &mut Vec<u8>, text: &[u8], width: usize) {
    push_safe(out, text);
    let length = String::from_utf8_lossy(text).chars().count();
    out.extend(std::iter::repeat_n(b' ', width.saturating_sub(length)));
}
