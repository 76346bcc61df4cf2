//! What `fapilog plugin outdated` takes.

use super::place::{EnvironmentArgs, MarketArgs};

/// List installed plugins that have newer versions, and those that were withdrawn
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin outdated
  fapilog plugin outdated --format json

Exit codes: 0 all are up to date, 1 some are not or it failed, 2 typed wrongly.")]
pub struct OutdatedArgs {
    #[command(flatten)]
    pub market: MarketArgs,

    #[command(flatten)]
    pub environment: EnvironmentArgs,
}
