//! A pipeline: its stages in order, and its settings.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde::Deserialize;
use serde_json::Value;

use super::{BOLD, Table, cut, value_text};
use crate::failure::Failure;

/// Most characters of a setting's value.
const MOST_OF_VALUE: usize = 60;

/// What the tool tells.
#[derive(Debug, Deserialize)]
pub struct Pipeline {
    stages: Vec<Part>,
    sinks: Vec<Part>,
    settings: BTreeMap<String, Setting>,
}

/// One stage or sink.
#[derive(Debug, Deserialize)]
struct Part {
    name: String,
    kind: String,
    runs_in: String,
    from: String,
}

/// One setting.
#[derive(Debug, Deserialize)]
struct Setting {
    value: Value,
    from: String,
}

/// Shows it for people: settings that nobody set come last.
pub fn show(pipeline: &Pipeline) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    writeln!(
        out,
        "{BOLD}The pipeline{BOLD:#}, in the order in which records pass\n"
    )?;
    let mut parts = Table::new(&["", "stage", "kind", "runs in", "from"]);
    for (index, part) in pipeline.stages.iter().chain(&pipeline.sinks).enumerate() {
        parts.row([
            (index + 1).to_string(),
            part.name.clone(),
            part.kind.clone(),
            part.runs_in.clone(),
            part.from.clone(),
        ]);
    }
    parts.print(&mut out)?;
    writeln!(
        out,
        "\n{BOLD}Its settings{BOLD:#}, and where each came from\n"
    )?;
    let mut settings = Table::new(&["setting", "value", "from"]);
    let is_default = |setting: &Setting| setting.from == "default";
    for defaults in [false, true] {
        for (name, setting) in &pipeline.settings {
            if is_default(setting) == defaults {
                settings.row([
                    name.clone(),
                    shown(&setting.value),
                    cut(&setting.from, MOST_OF_VALUE),
                ]);
            }
        }
    }
    settings.print(&mut out)?;
    Ok(())
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => cut(text, MOST_OF_VALUE),
        other => value_text(other, MOST_OF_VALUE),
    }
}
