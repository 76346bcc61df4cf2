//! Records on their way through a pipeline.

use std::io::Write as _;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{BOLD, DIM, GREEN, RED, YELLOW, micros, printable, value_text};
use crate::failure::Failure;
use crate::harness::Place;

/// Most characters of one value.
const MOST_OF_VALUE: usize = 100;

/// What the tool tells.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// One record.
    Trace(Box<Trace>),
    /// Records of a running application that were not told, since they came too fast.
    Missed {
        /// How many.
        records: u64,
    },
    /// All are told.
    End {
        /// How many there were.
        records: u64,
    },
}

/// One record on its way.
#[derive(Debug, Deserialize)]
pub struct Trace {
    /// Its number in the input.
    #[serde(default)]
    number: Option<u64>,
    /// Why it was not traced.
    #[serde(default)]
    skipped: Option<String>,
    /// The record as it came in.
    #[serde(default)]
    record: Map<String, Value>,
    /// What each stage did.
    #[serde(default)]
    steps: Vec<Step>,
}

/// What one stage did.
#[derive(Debug, Deserialize)]
struct Step {
    stage: String,
    kind: String,
    outcome: String,
    changes: Vec<Change>,
    us: f64,
    error: Option<StageError>,
}

/// What a stage raised.
#[derive(Debug, Deserialize)]
struct StageError {
    message: String,
    place: Option<Place>,
}

/// One field that a stage changed.
#[derive(Debug, Deserialize)]
pub struct Change {
    /// The field, with dots between names.
    pub path: String,
    /// What it was; nothing for a new one.
    pub before: Option<Value>,
    /// What it is; nothing for one that went.
    pub after: Option<Value>,
}

/// Shows records, and remembers what they had to say.
pub struct Traces {
    print: bool,
    findings: u64,
}

impl Traces {
    /// Prints for people, or only counts.
    pub fn new(print: bool) -> Self {
        Self { print, findings: 0 }
    }

    /// Whether a stage failed or a record could not be traced.
    pub fn found_something(&self) -> bool {
        self.findings > 0
    }

    /// Shows one event.
    pub fn show(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Trace(trace) => self.show_trace(&trace),
            Event::Missed { records } if self.print => {
                let mut out = anstream::stdout();
                writeln!(
                    out,
                    "{YELLOW}{records} records came too fast to be shown{YELLOW:#}\n"
                )?;
                Ok(())
            }
            Event::End { records: 0 } if self.print => {
                writeln!(anstream::stdout(), "no records")?;
                Ok(())
            }
            Event::Missed { .. } | Event::End { .. } => Ok(()),
        }
    }

    fn show_trace(&mut self, trace: &Trace) -> Result<(), Failure> {
        let failed = trace.steps.iter().filter(|step| step.error.is_some());
        self.findings += failed.count() as u64 + u64::from(trace.skipped.is_some());
        if !self.print {
            return Ok(());
        }
        let mut out = anstream::stdout().lock();
        let number = trace
            .number
            .map_or_else(String::new, |number| format!("#{number} "));
        if let Some(reason) = &trace.skipped {
            let reason = printable(reason);
            writeln!(
                out,
                "{BOLD}{number}{BOLD:#}{YELLOW}not traced{YELLOW:#}: {reason}\n"
            )?;
            return Ok(());
        }
        let text = |name: &str| trace.record.get(name).and_then(Value::as_str).unwrap_or("");
        writeln!(
            out,
            "{BOLD}{number}{} {}{BOLD:#} {DIM}{}{DIM:#}",
            printable(text("level")),
            value_text(&Value::from(text("message")), MOST_OF_VALUE),
            printable(text("logger"))
        )?;
        let width = trace.steps.iter().map(|step| step.stage.chars().count());
        let width = width.max().unwrap_or_default();
        for step in &trace.steps {
            show_step(&mut out, step, width)?;
        }
        writeln!(out)?;
        Ok(())
    }
}

fn show_step(out: &mut impl std::io::Write, step: &Step, width: usize) -> std::io::Result<()> {
    let style = match step.outcome.as_str() {
        "changed" | "written" | "alerted" => GREEN,
        "unchanged" => DIM,
        "taken out" => YELLOW,
        _ => RED,
    };
    writeln!(
        out,
        "  {:width$}  {:9}  {style}{}{style:#}  {DIM}{}{DIM:#}",
        printable(&step.stage),
        step.kind,
        step.outcome,
        micros(step.us)
    )?;
    for change in &step.changes {
        show_change(out, change, "      ", MOST_OF_VALUE)?;
    }
    if let Some(error) = &step.error {
        writeln!(out, "      {RED}{}{RED:#}", printable(&error.message))?;
        if let Some(place) = &error.place {
            show_place(out, place, "      ")?;
        }
    }
    Ok(())
}

/// One changed field: `- before` and `+ after`.
pub fn show_change(
    out: &mut impl std::io::Write,
    change: &Change,
    indent: &str,
    most: usize,
) -> std::io::Result<()> {
    let path = printable(&change.path);
    if let Some(before) = &change.before {
        let before = value_text(before, most);
        writeln!(out, "{indent}{RED}- {path}: {before}{RED:#}")?;
    }
    if let Some(after) = &change.after {
        let after = value_text(after, most);
        writeln!(out, "{indent}{GREEN}+ {path}: {after}{GREEN:#}")?;
    }
    Ok(())
}

/// A line of source: where it is, and what it says.
pub fn show_place(
    out: &mut impl std::io::Write,
    place: &Place,
    indent: &str,
) -> std::io::Result<()> {
    writeln!(
        out,
        "{indent}{DIM}{}:{}{DIM:#}\n{indent}  {}",
        printable(&place.file),
        place.line,
        printable(&place.source)
    )
}
