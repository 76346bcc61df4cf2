//! The Elastic Common Schema, as JSON lines.

use super::escape::push_string;
use super::json::push_value;
use super::parts::{CHAIN, Parts, Raised, push_traceback};
use super::{EncodeError, Encoder};
use crate::frame_reader::{Frame, FrameError, Value};
use crate::timestamp::TimestampWriter;

/// Version of the schema that the keys are taken from.
const VERSION: &[u8] = b"8.17.0";

/// Fields of records that the schema has names for.
const NAMES: [(&[u8], &[u8]); 11] = [
    (b"trace_id", b"trace.id"),
    (b"span_id", b"span.id"),
    (b"request_id", b"http.request.id"),
    (b"host", b"host.name"),
    (b"pid", b"process.pid"),
    (b"process", b"process.name"),
    (b"thread", b"process.thread.name"),
    (b"thread_id", b"process.thread.id"),
    (b"container_id", b"container.id"),
    (b"user_id", b"user.id"),
    (b"service", b"service.name"),
];

/// Writes records in the Elastic Common Schema: `@timestamp`, `log.level` (in lower case),
/// `message`, `ecs.version`, `log.logger`; an exception as `error.type`, `error.message` and
/// `error.stack_trace`; some fields by the schema's names; keys with a dot as they are; all others
/// inside of `labels`.
#[derive(Debug, Default)]
pub(super) struct Ecs {
    timestamp: TimestampWriter,
}

impl Encoder for Ecs {
    fn encode(&mut self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        self.push(frame, out)
            .inspect_err(|_| out.truncate(start))
            .map_err(EncodeError::Malformed)
    }
}

impl Ecs {
    fn push(&mut self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), FrameError> {
        let parts = Parts::of(frame, &mut self.timestamp)?;
        out.extend_from_slice(b"{\"@timestamp\":");
        push_string(out, parts.timestamp.as_bytes());
        push_text(out, b"log.level", parts.level.to_lowercase().as_bytes());
        push_text(out, b"message", parts.message);
        push_text(out, b"ecs.version", VERSION);
        push_text(out, b"log.logger", parts.logger);
        let mut labels = Vec::new();
        for (key, value) in &parts.fields {
            // A field that has the schema's name already keeps it for itself.
            let free = |name: &[u8]| !parts.fields.iter().any(|(other, _)| *other == name);
            let known = NAMES
                .iter()
                .find(|(name, known)| name == key && free(known));
            match known.map(|(_, name)| *name) {
                Some(name) => push_field(out, name, value)?,
                None if key.contains(&b'.') => push_field(out, key, value)?,
                None => push_field(&mut labels, key, value)?,
            }
        }
        if let Some((_, fields)) = labels.split_first() {
            out.extend_from_slice(b",\"labels\":{");
            out.extend_from_slice(fields);
            out.push(b'}');
        }
        if let Some(exception) = &parts.exception {
            push_exception(out, exception);
        }
        out.extend_from_slice(b"}\n");
        Ok(())
    }
}

fn push_exception(out: &mut Vec<u8>, exception: &Value<'_>) {
    let raised = Raised::of(exception);
    push_text(out, b"error.type", raised.class);
    push_text(out, b"error.message", raised.message);
    let mut stack = Vec::new();
    let push = |out: &mut Vec<u8>, text: &[u8]| out.extend_from_slice(text);
    push_traceback(&mut stack, exception, b"", &push, CHAIN);
    push_text(out, b"error.stack_trace", stack.trim_ascii_end());
}

fn push_text(out: &mut Vec<u8>, key: &[u8], text: &[u8]) {
    out.push(b',');
    push_string(out, key);
    out.push(b':');
    push_string(out, text);
}

fn push_field(out: &mut Vec<u8>, key: &[u8], value: &Value<'_>) -> Result<(), FrameError> {
    out.push(b',');
    push_string(out, key);
    out.push(b':');
    push_value(out, value.clone())
}
