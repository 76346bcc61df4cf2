//! What `fapilog plugin search` takes.

use super::place::{EnvironmentArgs, MarketArgs};

/// Look for plugins at the marketplace
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin search splunk
  fapilog plugin search sink --kind sink --compatible
  fapilog plugin search elastic --format json

Exit codes: 0 found, 1 nothing found or it failed, 2 typed wrongly.")]
pub struct SearchArgs {
    /// What to look for; words may be misspelt or cut short
    #[arg(required = true)]
    pub words: Vec<String>,

    /// Only plugins of this kind
    #[arg(long, value_name = "KIND")]
    pub kind: Option<crate::kind::PluginKind>,

    /// Only what goes with the core and the Python of this environment
    #[arg(long)]
    pub compatible: bool,

    /// Most results
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub limit: u8,

    #[command(flatten)]
    pub market: MarketArgs,

    #[command(flatten)]
    pub environment: EnvironmentArgs,
}
