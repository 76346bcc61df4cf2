//! Bytes that should be record frames: read, rewritten, redacted and encoded in every format.
#![no_main]

use std::cell::RefCell;

use fapilog_engine::{
    Batch, Encoder, Flags, Frame, KNOWN_PATTERNS, Stage, Value, build_format, build_stage,
};
use libfuzzer_sys::fuzz_target;

struct Parts {
    formats: Vec<Box<dyn Encoder>>,
    stages: Vec<Box<dyn Stage>>,
}

thread_local! {
    static PARTS: RefCell<Parts> = RefCell::new(Parts::new());
}

impl Parts {
    fn new() -> Self {
        let options = |name| {
            if name == "pretty" {
                r#"{"color": true}"#
            } else {
                "{}"
            }
        };
        let format = |name| build_format(name, options(name)).unwrap();
        let known = format!(r#"{{"known": {KNOWN_PATTERNS:?}, "custom": [], "mask": "***"}}"#);
        let fields =
            r#"{"paths": ["a.*.b", "**.password"], "action": "mask", "mask": "***", "salt": ""}"#;
        let flatten = r#"{"separator": ".", "depth": 16}"#;
        let truncate = r#"{"max_bytes": 10, "paths": []}"#;
        Self {
            formats: ["json", "logfmt", "ecs", "pretty"].map(format).into(),
            stages: [
                ("redactor", "patterns", known.as_str()),
                ("redactor", "fields", fields),
                ("processor", "flatten", flatten),
                ("processor", "truncate", truncate),
            ]
            .map(|(kind, name, options)| build_stage(kind, name, options).unwrap())
            .into(),
        }
    }
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
}

/// Reads all of a value; whether its texts are UTF-8, as the writer promises.
fn walk(value: &Value<'_>) -> bool {
    match value {
        Value::List(items) => items
            .clone()
            .flatten()
            .fold(true, |ok, item| walk(&item) && ok),
        Value::Map(entries) => walk_all(entries.clone().flatten()),
        Value::Str(text) | Value::BigInt(text) => is_text(text),
        _ => true,
    }
}

fn walk_all<'a>(fields: impl Iterator<Item = (&'a [u8], Value<'a>)>) -> bool {
    fields.fold(true, |ok, (key, value)| walk(&value) && is_text(key) && ok)
}

/// Reads all of a frame; whether its texts are UTF-8.
fn has_texts(frame: &Frame<'_>) -> bool {
    if frame.flags().contains(Flags::FLAT) {
        return walk_all(frame.flat().flatten());
    }
    frame.captured().is_ok_and(|captured| {
        let fields = walk_all(captured.fields.flatten());
        fields && is_text(captured.logger) && is_text(captured.message)
    })
}

fuzz_target!(|bytes: &[u8]| {
    let Ok((frame, rest)) = Frame::split(bytes) else {
        return;
    };
    assert_eq!(frame.bytes().len() + rest.len(), bytes.len());
    let is_text = has_texts(&frame);
    PARTS.with_borrow_mut(|parts| {
        let mut text = Vec::new();
        for format in &mut parts.formats {
            text.clear();
            if format.encode(&frame, &mut text).is_ok() {
                assert_eq!(text.last(), Some(&b'\n'));
                assert!(
                    !is_text || std::str::from_utf8(&text).is_ok(),
                    "{}",
                    text.escape_ascii()
                );
            }
        }
        for stage in &mut parts.stages {
            let mut batch = Batch::default();
            batch.push(frame.bytes());
            stage.run(&mut batch);
            batch
                .frames()
                .flatten()
                .for_each(|frame| assert!(has_texts(&frame) || !is_text));
        }
    });
});
