//! What `fapilog plugin explain` takes.

use std::path::PathBuf;

use super::SubjectArgs;
use crate::args::ReportFormat;

/// Show the pipeline in its order, and where each setting came from
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin explain
  fapilog plugin explain --config fapilog.toml --preset production

Nothing is opened or started.

Exit codes: 0 shown, 1 the settings cannot be used, 2 typed wrongly.")]
pub struct ExplainArgs {
    #[command(flatten)]
    pub subject: SubjectArgs,

    /// Explain the pipeline of this `fapilog.toml` or `pyproject.toml`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["plugin", "options"])]
    pub config: Option<PathBuf>,

    /// Settings to begin with, such as `production`
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,

    /// How it is shown
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}
