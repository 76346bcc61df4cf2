//! Records against a schema.

use std::collections::BTreeMap;

use regex::bytes::Regex;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::batch::Batch;
use crate::frame::FieldWriter;
use crate::frame_reader::{Frame, FrameError, Value};
use crate::rewrite::{Change, Path, Visitor, append_fields, rewrite};
use crate::stage::{Stage, StageReport};
use crate::stages::json::encode_json;
use crate::stages::{BuildError, compile_pattern, read_options};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    fields: BTreeMap<String, RuleOptions>,
    mode: Mode,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Strict,
    Lenient,
    Fix,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleOptions {
    #[serde(rename = "type")]
    kind: Option<Kind>,
    required: bool,
    choices: Vec<Json>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    pattern: Option<String>,
    default: Option<Json>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    List,
    Map,
}

/// What one field must be.
struct Rule {
    key: Vec<u8>,
    kind: Option<Kind>,
    required: bool,
    /// Encoded as values of frames are.
    choices: Vec<Vec<u8>>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    pattern: Option<Regex>,
    default: Option<Vec<u8>>,
}

/// Takes out, marks or mends records that do not fit a schema.
pub(super) struct Validate {
    rules: Vec<Rule>,
    mode: Mode,
}

impl Validate {
    pub(super) fn build(options: &str) -> Result<Self, BuildError> {
        let options: Options = read_options("validate", options)?;
        let rules = options
            .fields
            .into_iter()
            .map(|(key, rule)| rule.build(key));
        Ok(Self {
            rules: rules.collect::<Result<_, _>>()?,
            mode: options.mode,
        })
    }

    /// What is wrong with a record, one text each.
    fn faults(&self, frame: &Frame<'_>) -> Vec<String> {
        let faults = self.rules.iter().filter_map(|rule| {
            let key = String::from_utf8_lossy(&rule.key);
            match frame.field(&rule.key) {
                None if rule.required => Some(format!("{key}: missing")),
                None => None,
                Some(value) => Some(format!("{key}: {}", rule.fault(&value)?)),
            }
        });
        faults.collect()
    }

    fn write(&self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), FrameError> {
        if self.faults(frame).is_empty() {
            out.extend_from_slice(frame.bytes());
            return Ok(());
        }
        if self.mode == Mode::Lenient {
            return mark(frame, &self.faults(frame), out);
        }
        let mut fixed = Vec::new();
        rewrite(frame, &Fixing(&self.rules), &mut fixed)?;
        let (fixed, _) = Frame::split(&fixed)?;
        let mut added = Vec::new();
        for rule in &self.rules {
            if let Some(default) = &rule.default
                && fixed.field(&rule.key).is_none()
            {
                FieldWriter::new(&mut added).key(&rule.key);
                added.extend_from_slice(default);
            }
        }
        let mut complete = Vec::new();
        append_fields(&fixed, &added, &mut complete)?;
        let (complete, _) = Frame::split(&complete)?;
        match self.faults(&complete) {
            left if left.is_empty() => out.extend_from_slice(complete.bytes()),
            left => mark(&complete, &left, out)?,
        }
        Ok(())
    }
}

/// Appends the record with what is wrong with it.
fn mark(frame: &Frame<'_>, faults: &[String], out: &mut Vec<u8>) -> Result<(), FrameError> {
    let mut field = Vec::new();
    let mut writer = FieldWriter::new(&mut field);
    writer.key(b"validation_errors");
    let list = writer.begin_list();
    for fault in faults {
        writer.str(fault.as_bytes());
    }
    writer.end(list, u32::try_from(faults.len()).unwrap_or(u32::MAX));
    append_fields(frame, &field, out)
}

impl RuleOptions {
    fn build(self, key: String) -> Result<Rule, BuildError> {
        let encoded = |value: &Json| {
            let mut out = Vec::new();
            encode_json(&mut out, value);
            out
        };
        let pattern = self.pattern.map(|pattern| {
            compile_pattern(&pattern).map_err(|reason| BuildError::BadOptions {
                name: "validate".to_owned(),
                reason: format!("`{key}`: {reason}"),
            })
        });
        Ok(Rule {
            pattern: pattern.transpose()?,
            key: key.into_bytes(),
            kind: self.kind,
            required: self.required,
            choices: self.choices.iter().map(encoded).collect(),
            minimum: self.minimum,
            maximum: self.maximum,
            default: self.default.as_ref().map(encoded),
        })
    }
}

impl Rule {
    /// What is wrong with a value.
    fn fault(&self, value: &Value<'_>) -> Option<&'static str> {
        if self.kind.is_some_and(|kind| !kind.fits(value)) {
            return Some("wrong type");
        }
        if !self.choices.is_empty() {
            let mut encoded = Vec::new();
            let written = crate::rewrite::push_value(&mut encoded, value).is_ok();
            if !written || !self.choices.contains(&encoded) {
                return Some("not one of the choices");
            }
        }
        if let Some(number) = as_number(value) {
            if self.minimum.is_some_and(|minimum| number < minimum) {
                return Some("too small");
            }
            if self.maximum.is_some_and(|maximum| number > maximum) {
                return Some("too large");
            }
        }
        match (value, &self.pattern) {
            (Value::Str(text), Some(pattern)) if !pattern.is_match(text) => {
                Some("does not match the pattern")
            }
            _ => None,
        }
    }
}

impl Kind {
    fn fits(self, value: &Value<'_>) -> bool {
        match self {
            Self::Text => matches!(value, Value::Str(_)),
            Self::Integer => matches!(value, Value::Int(_) | Value::BigInt(_)),
            Self::Number => as_number(value).is_some(),
            Self::Boolean => matches!(value, Value::Bool(_)),
            Self::List => matches!(value, Value::List(_)),
            Self::Map => matches!(value, Value::Map(_)),
        }
    }

    /// A text as this kind, encoded, if it is one.
    fn converted(self, value: &Value<'_>) -> Option<Change> {
        let text = match value {
            Value::Str(text) => std::str::from_utf8(text).ok()?.trim(),
            Value::Int(number) if self == Self::Text => {
                return Some(Change::Text(number.to_string().into_bytes()));
            }
            Value::Bool(flag) if self == Self::Text => {
                return Some(Change::Text(flag.to_string().into_bytes()));
            }
            _ => return None,
        };
        let mut encoded = Vec::new();
        let mut writer = FieldWriter::new(&mut encoded);
        match self {
            Self::Integer => writer.int(text.parse().ok()?),
            Self::Number => writer.float(text.parse().ok()?),
            Self::Boolean => writer.bool(match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => true,
                "false" | "no" | "off" | "0" => false,
                _ => return None,
            }),
            Self::Text | Self::List | Self::Map => return None,
        }
        Some(Change::Encoded(encoded))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "bounds are compared, not counted"
)]
fn as_number(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::BigInt(digits) => std::str::from_utf8(digits).ok()?.parse().ok(),
        _ => None,
    }
}

/// Converts what can be converted, and puts defaults in the place of what fits in no other way.
struct Fixing<'a>(&'a [Rule]);

impl Visitor for Fixing<'_> {
    fn value(&self, path: &Path<'_>, value: &Value<'_>) -> Change {
        let [key] = path else {
            return Change::Keep;
        };
        let Some(rule) = self.0.iter().find(|rule| rule.key == *key) else {
            return Change::Keep;
        };
        if rule.fault(value).is_none() {
            return Change::Keep;
        }
        let default = rule.default.clone().map(Change::Encoded);
        let converted = rule.kind.and_then(|kind| kind.converted(value));
        converted.or(default).unwrap_or(Change::Keep)
    }
}

impl Stage for Validate {
    fn name(&self) -> &str {
        "validate"
    }

    fn run(&mut self, batch: &mut Batch) -> StageReport {
        if self.mode != Mode::Strict {
            return super::rewritten(batch, |frame, out| self.write(frame, out));
        }
        let mut fault = None;
        batch.retain(|frame| match self.faults(frame).pop() {
            None => true,
            found => {
                fault = found;
                false
            }
        });
        StageReport {
            lost: 0,
            problem: fault.map(|fault| format!("a record does not fit the schema: {fault}")),
        }
    }
}
