//! What `fapilog man` takes.

use std::path::PathBuf;

/// Print the manual page, or write one for each command
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog man | man -l -
  fapilog man --dir ~/.local/share/man/man1

Exit codes: 0 done, 1 could not be written, 2 typed wrongly.")]
pub struct ManArgs {
    /// Folder for one page of each command; it is made if it is missing
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}
