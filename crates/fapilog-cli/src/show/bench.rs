//! A plugin's figures beside those of others.

use std::io::Write as _;

use serde::Deserialize;

use super::{BOLD, DIM, Table, bytes, nanos, printable, thousands};
use crate::failure::Failure;
use crate::harness::Progress;

/// What the tool tells.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// How far it has come.
    Progress(Progress),
    /// One plugin's report.
    Report(Box<Measured>),
}

/// A report, and the bytes that are published and signed.
#[derive(Debug, Deserialize)]
pub struct Measured {
    /// The figures.
    pub report: Report,
    /// The report as canonical JSON.
    pub canonical: String,
}

/// The report; `docs/specs/bench-report.md` says what each field means.
#[derive(Debug, Deserialize)]
pub struct Report {
    /// What was measured.
    pub subject: Subject,
    environment: Environment,
    settings: Settings,
    /// The baseline, the plugin, and others.
    pub contestants: Vec<Contestant>,
}

/// What was measured.
#[derive(Debug, Deserialize)]
pub struct Subject {
    /// The plugin's name.
    pub plugin: String,
    /// Its kind.
    pub kind: String,
    version: String,
}

/// Where it was measured.
#[derive(Debug, Deserialize)]
struct Environment {
    python: String,
    fapilog: String,
    processor: String,
}

/// How it was measured.
#[derive(Debug, Deserialize)]
struct Settings {
    records: u64,
    rounds: u64,
}

/// A median with its confidence interval.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Interval {
    /// The median.
    pub median: i64,
    /// The lower end.
    pub low: i64,
    /// The upper end.
    pub high: i64,
}

/// One of those that were measured.
#[derive(Debug, Deserialize)]
pub struct Contestant {
    /// `baseline`, `subject` or `other`.
    pub role: String,
    /// Its name.
    pub plugin: String,
    /// Nanoseconds for a record through the whole pipeline.
    pub ns_per_record: Interval,
    records_per_second: u64,
    overhead_ns: Option<Interval>,
    instructions_per_record: Option<Interval>,
    call_ns: Option<Call>,
    memory: Option<Memory>,
    exact: Option<Exact>,
}

/// Times of single calls.
#[derive(Debug, Deserialize)]
struct Call {
    p50: u64,
    p99: u64,
}

/// Memory of single calls.
#[derive(Debug, Deserialize)]
struct Memory {
    peak_bytes_per_call: u64,
    kept_bytes_per_1000_calls: u64,
}

/// What valgrind counted.
#[derive(Debug, Deserialize)]
struct Exact {
    instructions_per_call: i64,
    allocations_per_call: i64,
}

/// Shows it for people.
pub fn show(report: &Report) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    writeln!(
        out,
        "{BOLD}{} {}{BOLD:#} ({}), {} rounds of {} records\n{DIM}fapilog {}, Python {}, {}{DIM:#}\n",
        printable(&report.subject.plugin),
        printable(&report.subject.version),
        report.subject.kind,
        report.settings.rounds,
        thousands(report.settings.records),
        report.environment.fapilog,
        report.environment.python,
        printable(&report.environment.processor),
    )?;
    let mut times = Table::new(&[
        "",
        "a record",
        "95 % interval",
        "records/s",
        "adds",
        "95 % interval",
    ]);
    let mut calls = Table::new(&[
        "a call",
        "p50",
        "p99",
        "peak memory",
        "kept/1000",
        "instructions",
        "allocations",
    ]);
    for contestant in &report.contestants {
        times.row(times_of(contestant));
        calls.row(calls_of(contestant));
    }
    times.print(&mut out)?;
    writeln!(out)?;
    calls.print(&mut out)?;
    writeln!(out)?;
    Ok(())
}

fn times_of(contestant: &Contestant) -> [String; 6] {
    let time = contestant.ns_per_record;
    let adds = contestant.overhead_ns;
    [
        contestant.plugin.clone(),
        nanos(time.median as f64),
        span(time),
        thousands(contestant.records_per_second),
        adds.map_or_else(|| "–".to_owned(), |adds| nanos(adds.median as f64)),
        adds.map_or_else(|| "–".to_owned(), span),
    ]
}

fn calls_of(contestant: &Contestant) -> [String; 7] {
    let none = || "–".to_owned();
    let call = contestant.call_ns.as_ref();
    let memory = contestant.memory.as_ref();
    let exact = contestant.exact.as_ref();
    let instructions = exact
        .map(|exact| exact.instructions_per_call)
        .or(contestant.instructions_per_record.map(|count| count.median));
    let count = |number: i64| u64::try_from(number).map_or_else(|_| number.to_string(), thousands);
    [
        contestant.plugin.clone(),
        call.map_or_else(none, |call| nanos(call.p50 as f64)),
        call.map_or_else(none, |call| nanos(call.p99 as f64)),
        memory.map_or_else(none, |memory| bytes(memory.peak_bytes_per_call as f64)),
        memory.map_or_else(none, |memory| {
            bytes(memory.kept_bytes_per_1000_calls as f64)
        }),
        instructions.map_or_else(none, count),
        exact.map_or_else(none, |exact| count(exact.allocations_per_call)),
    ]
}

fn span(interval: Interval) -> String {
    format!(
        "{} to {}",
        nanos(interval.low as f64),
        nanos(interval.high as f64)
    )
}
