//! Where a plugin spends time and memory.

use std::io::Write as _;
use std::path::Path;

use serde::Deserialize;

use super::{BOLD, DIM, GREEN, Table, YELLOW, bytes, cut, micros, printable, thousands};
use crate::draw::flame::Stack;
use crate::failure::Failure;
use crate::harness::{Place, Progress};

/// Functions that are shown.
const MOST_FUNCTIONS: usize = 12;
/// Most characters of a function's name.
const MOST_OF_NAME: usize = 44;

/// What the tool tells.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// How far it has come.
    Progress(Progress),
    /// One plugin's profile.
    Profile(Box<Profile>),
}

/// One plugin under load.
#[derive(Debug, Deserialize)]
pub struct Profile {
    /// Its name.
    pub plugin: String,
    kind: String,
    load: Load,
    stages: Vec<Stage>,
    /// How often its stack was looked at.
    pub samples: u64,
    functions: Vec<Function>,
    /// What was seen, for the flame graph.
    pub stacks: Vec<Stack>,
    /// What to change first.
    pub advice: Vec<Advice>,
    /// What could not be seen, and how it can.
    #[serde(default)]
    pub note: String,
}

/// The load that it was under.
#[derive(Debug, Deserialize)]
struct Load {
    records: u64,
    rate: f64,
    seconds: f64,
    records_per_second: f64,
}

/// Its time as a stage.
#[derive(Debug, Deserialize)]
struct Stage {
    stage: String,
    errors: u64,
    share: f64,
    mean_us: f64,
    p50_us: f64,
    p99_us: f64,
}

/// Its time in one function.
#[derive(Debug, Deserialize)]
struct Function {
    function: String,
    file: String,
    line: u64,
    own: f64,
    total: f64,
    calls_per_record: f64,
    kept_bytes_per_call: f64,
}

/// A pattern that makes it slow.
#[derive(Debug, Deserialize)]
pub struct Advice {
    id: String,
    what: String,
    instead: String,
    per_record: f64,
    place: Place,
}

/// Shows it for people.
pub fn show(profile: &Profile) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    let load = &profile.load;
    let rate = if load.rate > 0.0 {
        format!("{} records/s asked for", load.rate)
    } else {
        "as fast as they go through".to_owned()
    };
    writeln!(
        out,
        "{BOLD}{}{BOLD:#} ({}) under {} records, {rate}: {:.2} s, {} records/s\n",
        printable(&profile.plugin),
        profile.kind,
        thousands(load.records),
        load.seconds,
        thousands(whole(load.records_per_second)),
    )?;
    let mut stages = Table::new(&["stage", "of all time", "mean", "p50", "p99", "errors"]);
    for stage in &profile.stages {
        stages.row([
            stage.stage.clone(),
            percent(stage.share),
            micros(stage.mean_us),
            micros(stage.p50_us),
            micros(stage.p99_us),
            thousands(stage.errors),
        ]);
    }
    stages.print(&mut out)?;
    writeln!(out)?;
    if !profile.note.is_empty() {
        return Ok(writeln!(out, "{DIM}{}{DIM:#}", printable(&profile.note))?);
    }
    functions(profile).print(&mut out)?;
    writeln!(out)?;
    show_advice(&mut out, &profile.advice)?;
    Ok(())
}

fn functions(profile: &Profile) -> Table {
    let mut table = Table::new(&[
        "function",
        "at",
        "own",
        "total",
        "calls/record",
        "kept/call",
    ]);
    for function in profile.functions.iter().take(MOST_FUNCTIONS) {
        let file = Path::new(&function.file);
        let file = file.file_name().unwrap_or_default().to_string_lossy();
        table.row([
            cut(&function.function, MOST_OF_NAME),
            format!("{file}:{}", function.line),
            percent(function.own),
            percent(function.total),
            format!("{:.2}", function.calls_per_record),
            bytes(function.kept_bytes_per_call),
        ]);
    }
    table
}

fn show_advice(out: &mut impl std::io::Write, advice: &[Advice]) -> std::io::Result<()> {
    if advice.is_empty() {
        return writeln!(out, "{GREEN}no known slow pattern was seen{GREEN:#}\n");
    }
    for one in advice {
        writeln!(
            out,
            "{YELLOW}{}{YELLOW:#}: {} {DIM}({:.2} times a record){DIM:#}",
            one.id, one.what, one.per_record
        )?;
        super::trace::show_place(out, &one.place, "  ")?;
        writeln!(out, "  instead: {}\n", one.instead)?;
    }
    Ok(())
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// The number without its fraction.
fn whole(number: f64) -> u64 {
    format!("{number:.0}").parse().unwrap_or_default()
}
