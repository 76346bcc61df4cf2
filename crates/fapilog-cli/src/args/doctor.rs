//! What `fapilog doctor` takes.

use super::ReportFormat;

/// Examine this environment and say how to repair what is wrong with it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog doctor
  fapilog doctor --format json

The environment is the one whose `fapilog` was started, else the active virtual environment, else
the first Python on the PATH. FAPILOG_PYTHON names another interpreter.

Exit codes: 0 no problem (warnings may be), 1 a problem was found, 2 typed wrongly.")]
pub struct DoctorArgs {
    /// How the findings are printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}
