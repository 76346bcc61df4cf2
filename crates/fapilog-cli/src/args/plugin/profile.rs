//! What `fapilog plugin profile` takes.

use std::path::PathBuf;

use super::SubjectArgs;
use super::dev::rate;
use crate::args::ReportFormat;

/// Show where a plugin spends time and memory, and what to change first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin profile
  fapilog plugin profile --records 50000 --flame flame.svg
  fapilog plugin profile --rate 500 --plugin acme-sink

Exit codes: 0 nothing to advise, 1 there is advice or it could not be run, 2 typed wrongly.")]
pub struct ProfileArgs {
    #[command(flatten)]
    pub subject: SubjectArgs,

    /// Records of the load
    #[arg(long, value_name = "NUMBER", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(20..=10_000_000))]
    pub records: u64,

    /// Records a second [default: as many as go through]
    #[arg(long, value_name = "NUMBER", value_parser = rate)]
    pub rate: Option<f64>,

    /// Write a flame graph (SVG); with several plugins, one for each
    #[arg(long, value_name = "FILE")]
    pub flame: Option<PathBuf>,

    /// How it is shown
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}
