//! `key=value` pairs, one line a record.

use super::json::push_value;
use super::parts::{CHAIN, Parts, Raised, push_traceback};
use super::{EncodeError, Encoder};
use crate::frame_reader::{Frame, FrameError, Value};
use crate::timestamp::TimestampWriter;

/// Writes records as logfmt: `time`, `level` (in lower case), `logger`, `msg`, then the fields.
/// Maps become `outer.inner=…`, lists stand as quoted JSON, an exception as `error`,
/// `error_type` and `stack`. Characters that a key must not have become underscores.
#[derive(Debug, Default)]
pub(super) struct Logfmt {
    timestamp: TimestampWriter,
}

impl Encoder for Logfmt {
    fn encode(&mut self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        self.push(frame, out)
            .inspect_err(|_| out.truncate(start))
            .map_err(EncodeError::Malformed)
    }
}

impl Logfmt {
    fn push(&mut self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), FrameError> {
        let parts = Parts::of(frame, &mut self.timestamp)?;
        out.extend_from_slice(b"time=");
        push_text(out, parts.timestamp.as_bytes());
        out.extend_from_slice(b" level=");
        push_text(out, parts.level.to_lowercase().as_bytes());
        out.extend_from_slice(b" logger=");
        push_text(out, parts.logger);
        out.extend_from_slice(b" msg=");
        push_text(out, parts.message);
        for (key, value) in &parts.fields {
            push_pair(out, key, value)?;
        }
        if let Some(exception) = &parts.exception {
            let raised = Raised::of(exception);
            out.extend_from_slice(b" error_type=");
            push_text(out, raised.class);
            out.extend_from_slice(b" error=");
            push_text(out, raised.message);
            let mut stack = Vec::new();
            push_traceback(
                &mut stack,
                exception,
                b"",
                &|out, text| out.extend_from_slice(text),
                CHAIN,
            );
            out.extend_from_slice(b" stack=");
            push_text(out, stack.trim_ascii_end());
        }
        out.push(b'\n');
        Ok(())
    }
}

fn push_pair(out: &mut Vec<u8>, key: &[u8], value: &Value<'_>) -> Result<(), FrameError> {
    match value {
        Value::Map(entries) => {
            let mut empty = true;
            for entry in entries.clone() {
                let (inner, value) = entry?;
                push_pair(out, &[key, b".", inner].concat(), &value)?;
                empty = false;
            }
            if empty {
                push_key(out, key);
                out.extend_from_slice(b"{}");
            }
        }
        Value::Str(text) => {
            push_key(out, key);
            push_text(out, text);
        }
        other => {
            push_key(out, key);
            let mut json = Vec::new();
            push_value(&mut json, other.clone())?;
            push_text(
                out,
                json.strip_prefix(b"\"")
                    .and_then(|json| json.strip_suffix(b"\""))
                    .unwrap_or(&json),
            );
        }
    }
    Ok(())
}

fn push_key(out: &mut Vec<u8>, key: &[u8]) {
    out.push(b' ');
    if key.is_empty() {
        out.push(b'_');
    }
    for &byte in key {
        let fits = byte.is_ascii_alphanumeric() || b"_.-/@:".contains(&byte) || byte >= 0x80;
        out.push(if fits { byte } else { b'_' });
    }
    out.push(b'=');
}

fn push_text(out: &mut Vec<u8>, text: &[u8]) {
    let plain = !text.is_empty()
        && text
            .iter()
            .all(|&byte| byte > 0x20 && !matches!(byte, b'"' | b'=' | b'\\' | 0x7f));
    if plain {
        out.extend_from_slice(text);
    } else {
        super::escape::push_string(out, text);
    }
}
