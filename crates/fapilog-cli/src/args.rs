//! Every argument of the command: its type, its default, its help. Nothing is done here.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::kind::PluginKind;

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

/// The first word after `fapilog`.
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

    /// Examine this environment and say how to repair what is wrong with it
    #[command(after_help = "\
Examples:
  fapilog doctor
  fapilog doctor --format json

The environment is the one whose `fapilog` was started, else the active virtual environment, else
the first Python on the PATH. FAPILOG_PYTHON names another interpreter.

Exit codes: 0 no problem (warnings may be), 1 a problem was found, 2 typed wrongly.")]
    Doctor(DoctorArgs),
}

/// The word after `fapilog plugin`.
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// Make a new plugin: a Python distribution with typed code, tests, lints and hooks
    #[command(after_help = "\
Examples:
  fapilog plugin new acme
  fapilog plugin new acme --kind sink
  fapilog plugin new acme --kind filter,redactor --dir ~/src --author \"Ada Lovelace <ada@example.com>\"

Makes the folder fapilog-acme, all of it or nothing.

Exit codes: 0 made, 1 could not be made, 2 typed wrongly.")]
    New(NewArgs),
}

/// What `fapilog plugin new` takes.
#[derive(Debug, clap::Args)]
pub struct NewArgs {
    /// Short name of the plugin; `acme`, `Acme` and `fapilog-acme` mean the same
    pub name: String,

    /// What the plugin does; may be given more than once or separated by commas
    #[arg(long = "kind", value_name = "KIND", value_delimiter = ',', default_values = ["processor", "sink"])]
    pub kinds: Vec<PluginKind>,

    /// Folder in which the plugin's folder is made
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,

    /// Author for the metadata: a name, or `Name <mail@address>` [default: the plugin's authors]
    #[arg(long, value_name = "AUTHOR")]
    pub author: Option<String>,
}

/// What `fapilog doctor` takes.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// How the findings are printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people
    Text,
    /// For programs: one JSON object
    Json,
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
