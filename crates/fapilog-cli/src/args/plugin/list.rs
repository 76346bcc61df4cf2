//! What `fapilog plugin list` takes.

use super::place::EnvironmentArgs;

/// List the plugins of the environment, and whether each would load
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin list
  fapilog plugin list --format json

Exit codes: 0 all would load, 1 one would not or it failed, 2 typed wrongly.")]
pub struct ListArgs {
    #[command(flatten)]
    pub environment: EnvironmentArgs,
}
