//! What `fapilog plugin remove` takes.

use super::place::EnvironmentArgs;

/// Remove plugins from the environment
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin remove splunk
  fapilog plugin remove splunk elastic --dry-run

Exit codes: 0 removed, 1 not installed or it failed, 2 typed wrongly.")]
pub struct RemoveArgs {
    /// Plugins
    #[arg(required = true)]
    pub plugins: Vec<String>,

    /// Print the exact command and change nothing
    #[arg(long)]
    pub dry_run: bool,

    #[command(flatten)]
    pub environment: EnvironmentArgs,
}
