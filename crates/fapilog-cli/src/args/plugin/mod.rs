//! What is typed after `fapilog plugin`: a file for each verb.

mod new;

use clap::Subcommand;

pub use new::NewArgs;

/// The word after `fapilog plugin`. What a word means stands at the type of its arguments.
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    New(NewArgs),
}
