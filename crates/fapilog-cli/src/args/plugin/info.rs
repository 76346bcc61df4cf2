//! What `fapilog plugin info` takes.

use super::place::MarketArgs;
use crate::args::ReportFormat;

/// Show what the marketplace knows of a plugin
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin info splunk
  fapilog plugin info splunk --format json

Exit codes: 0 shown, 1 not there or it failed, 2 typed wrongly.")]
pub struct InfoArgs {
    /// Name of the plugin; `acme` and `fapilog-acme` mean the same
    pub name: String,

    #[command(flatten)]
    pub market: MarketArgs,

    /// How it is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}
