//! Every argument of the command: its type, its default, its help. Nothing is done here.
//!
//! A verb's file bears its name and holds its help too: help, man page, completions and the
//! reference are all made from these types.

mod doctor;
mod format;
mod plugin;

use clap::{Parser, Subcommand};

pub use doctor::DoctorArgs;
pub use format::ReportFormat;
pub use plugin::{NewArgs, PluginCommand};

/// The fapilog command: for people who write and run plugins.
#[derive(Debug, Parser)]
#[command(
    name = "fapilog",
    bin_name = "fapilog",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_help = "\
Examples:
  fapilog plugin new acme      make the plugin distribution fapilog-acme here
  fapilog doctor               examine this environment and the plugins in it

Every command explains itself: fapilog plugin new --help"
)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The first word after `fapilog`. What a word means stands at the type of its arguments.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Work on a plugin
    #[command(
        disable_help_subcommand = true,
        arg_required_else_help = true,
        after_help = "\
Examples:
  fapilog plugin new acme"
    )]
    Plugin {
        /// What to do with it.
        #[command(subcommand)]
        command: PluginCommand,
    },
    Doctor(DoctorArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_argument_definitions_do_not_contradict_each_other() {
        Args::command().debug_assert();
    }
}
