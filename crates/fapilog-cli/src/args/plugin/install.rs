//! What `fapilog plugin install` takes.

use std::path::PathBuf;

use super::place::{EnvironmentArgs, MarketArgs};

/// Install plugins with pip or uv, whichever the environment uses
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin install splunk
  fapilog plugin install 'splunk>=1,<2' elastic --dry-run
  fapilog plugin install splunk --constraint constraints.txt

Before anything is touched the newest version is chosen that goes with the core and the Python of the
environment, is not withdrawn or yanked, and was judged by the marketplace. The core stays as it is.
What would not load afterwards is taken back. Index, proxy and constraints are those that pip or uv
is set up with.

Exit codes: 0 installed, 1 refused or failed (nothing has changed, unless it says so), 2 typed wrongly.")]
pub struct InstallArgs {
    /// Plugins, with versions where it matters: `acme`, `acme==1.2`
    #[arg(required = true)]
    pub plugins: Vec<String>,

    #[command(flatten)]
    pub change: ChangeArgs,
}

/// What every change of an environment takes.
#[derive(Debug, Clone, clap::Args)]
pub struct ChangeArgs {
    /// Print the exact command and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Constraints file that pip or uv honours; may be given more than once
    #[arg(long, short = 'c', value_name = "FILE")]
    pub constraint: Vec<PathBuf>,

    /// Take versions that the marketplace has not judged
    #[arg(long)]
    pub allow_unscanned: bool,

    /// Take versions that are not final
    #[arg(long)]
    pub pre: bool,

    #[command(flatten)]
    pub market: MarketArgs,

    #[command(flatten)]
    pub environment: EnvironmentArgs,
}
