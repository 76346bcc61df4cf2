//! What `fapilog plugin debug` takes.

use std::path::PathBuf;

use super::SubjectArgs;
use crate::args::ReportFormat;

/// Show what each stage does with each record
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin debug records.jsonl
  tail -n 3 app.jsonl | fapilog plugin debug --config fapilog.toml
  fapilog plugin debug --socket /run/user/1000/shop.sock

Records are JSON objects, one a line; a line that is none is taken for a message. The pipeline is that
of the project's plugins, or of --config; its sinks get nothing unless --sinks is given. A running
application is looked at through the socket that its setting `debug_socket` names.

Exit codes: 0 nothing failed, 1 a stage failed or records could not be traced, 2 typed wrongly.")]
pub struct DebugArgs {
    /// File of records [default: standard input]
    #[arg(value_name = "FILE", conflicts_with = "socket")]
    pub input: Option<PathBuf>,

    #[command(flatten)]
    pub subject: SubjectArgs,

    /// Trace the pipeline of this `fapilog.toml` or `pyproject.toml`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["plugin", "options", "socket"])]
    pub config: Option<PathBuf>,

    /// Hand the records to the configuration's sinks and alerters too
    #[arg(long, requires = "config")]
    pub sinks: bool,

    /// Look at a running application through its debug socket
    #[arg(long, value_name = "PATH", conflicts_with_all = ["plugin", "options"])]
    pub socket: Option<PathBuf>,

    /// End after so many records of a running application
    #[arg(long, value_name = "NUMBER", requires = "socket")]
    pub records: Option<u64>,

    /// How it is shown
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}
