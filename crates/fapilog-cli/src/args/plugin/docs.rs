//! What `fapilog plugin docs` takes.

use std::path::PathBuf;

use crate::args::ReportFormat;

/// Write the plugin's page, and say what is missing in it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin docs
  fapilog plugin docs --check
  fapilog plugin docs --dir site

Writes plugin.md and plugin.html from the project's metadata, the configuration, the docstrings and
the examples of its README, which are run.

Exit codes: 0 complete, 1 something is missing or could not be written, 2 typed wrongly.")]
pub struct DocsArgs {
    /// Folder for the page
    #[arg(long, value_name = "DIR", default_value = "docs")]
    pub dir: PathBuf,

    /// Only say what is missing
    #[arg(long)]
    pub check: bool,

    /// How the findings are printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}
