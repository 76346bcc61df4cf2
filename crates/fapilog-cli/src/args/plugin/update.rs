//! What `fapilog plugin update` takes.

use super::install::ChangeArgs;

/// Update plugins to the newest versions that go with the core
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin update
  fapilog plugin update splunk --dry-run

What a new version uses beyond the old one is said before it is installed. Rules and roll-back are those
of `fapilog plugin install`.

Exit codes: 0 all are up to date now, 1 refused or failed, 2 typed wrongly.")]
pub struct UpdateArgs {
    /// Plugins; all that are installed when none is named
    pub plugins: Vec<String>,

    #[command(flatten)]
    pub change: ChangeArgs,
}
