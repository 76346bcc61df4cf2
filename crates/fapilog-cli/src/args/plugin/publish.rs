//! What `fapilog plugin publish` takes.

use std::path::PathBuf;

use crate::args::ReportFormat;

/// Publish built files at an index that speaks the standard upload interface
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin publish --index https://market.example.com/legacy/
  fapilog plugin publish dist/fapilog_acme-1.0-py3-none-any.whl --dry-run

The token is that of FAPILOG_PUBLISH_TOKEN; else, in a job of a CI service that may ask for a statement
about itself (or has one in FAPILOG_ID_TOKEN), one by trusted publishing; else what `keyring get ADDRESS
__token__` prints. It never stands in a command line. Every file is read first as the marketplace would; nothing is sent when one of them
is wrong. The same file again is fine.

Exit codes: 0 published, 1 refused or failed, 2 typed wrongly.")]
pub struct PublishArgs {
    /// Files [default: all of dist/]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Upload address of the index [default: FAPILOG_PUBLISH_URL, else `/legacy/` of FAPILOG_MARKET]
    #[arg(long, value_name = "URL")]
    pub index: Option<String>,

    /// Read and show the files, send nothing
    #[arg(long)]
    pub dry_run: bool,

    /// How the outcome is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}
