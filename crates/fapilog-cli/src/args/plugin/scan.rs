//! What `fapilog plugin scan` takes.

use std::path::PathBuf;

use super::check::JudgedArgs;

/// Judge only whether a package does harm, or what a new version can do that an old one could not
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin scan downloads/fapilog_acme-1.0-py3-none-any.whl
  fapilog plugin scan downloads/*.whl --format json
  fapilog plugin scan --diff acme-1.0.whl acme-1.1.whl

The package is read in a child process without network and files; nothing of it is run.

Exit codes: 0 passes at the level (with --diff: nothing new), 1 does not pass, could not be judged, or
can do more than before, 2 typed wrongly.")]
pub struct ScanArgs {
    #[command(flatten)]
    pub judged: JudgedArgs,

    /// Compare two versions: new capabilities, hosts, programs and findings
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with = "paths")]
    pub diff: Vec<PathBuf>,
}
