//! What `fapilog plugin bench` takes.

use std::path::PathBuf;

use super::SubjectArgs;
use crate::args::ReportFormat;

/// Measure a plugin beside one that does nothing, and beside others
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin bench
  fapilog plugin bench --against fapilog-other
  fapilog plugin bench --report bench.json --plot bench.svg

All are measured in turns, in one process on one core. With --exact, valgrind counts instructions and
allocations (about a minute for each plugin).

Exit codes: 0 measured, 1 could not be measured, 2 typed wrongly.")]
pub struct BenchArgs {
    #[command(flatten)]
    pub subject: SubjectArgs,

    /// An installed plugin or distribution to measure too; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub against: Vec<String>,

    /// Rounds, each with all that are measured
    #[arg(long, value_name = "NUMBER", default_value_t = 15, value_parser = clap::value_parser!(u32).range(3..=1000))]
    pub rounds: u32,

    /// Records a round; fewer when a plugin takes more than a second for them
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..=1_000_000))]
    pub records: u64,

    /// Count instructions and allocations with valgrind
    #[arg(long)]
    pub exact: bool,

    /// Write the report for the marketplace (JSON); with several plugins, one for each
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Write a plot (SVG); with several plugins, one for each
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,

    /// How it is shown
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}
