//! Every argument of the command: its type, its default, its help. Nothing is done here.
//!
//! A verb's file bears its name and holds its help too: help, manual pages, completions and the
//! reference are all made from these types.

mod completions;
mod doctor;
mod format;
mod man;
mod plugin;

use clap::{Parser, Subcommand};

pub use completions::CompletionsArgs;
pub use doctor::DoctorArgs;
pub use format::ReportFormat;
pub use man::ManArgs;
pub use plugin::{
    BenchArgs, BuildArgs, ChangeArgs, CheckArgs, DebugArgs, DevArgs, DocsArgs, ExplainArgs,
    InfoArgs, InstallArgs, InstallerName, JudgedArgs, JudgementFormat, ListArgs, NewArgs,
    OutdatedArgs, PluginCommand, ProfileArgs, PublishArgs, ReceiptsArgs, ReceiptsCommand,
    ReceiptsForgetArgs, ReceiptsOffArgs, ReceiptsOnArgs, ReceiptsShowArgs, RemoveArgs, ScanArgs,
    SearchArgs, SubjectArgs, TestArgs, UpdateArgs,
};

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
  fapilog plugin new acme
  fapilog plugin dev
  fapilog plugin check"
    )]
    Plugin {
        /// What to do with it.
        #[command(subcommand)]
        command: PluginCommand,
    },
    Doctor(DoctorArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
    /// Print the reference of all commands as Markdown
    #[command(hide = true)]
    Reference,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_argument_definitions_do_not_contradict_each_other() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_command_has_examples_and_says_its_exit_codes() {
        fn look_at(command: &clap::Command) {
            let leaf = command.get_subcommands().next().is_none();
            let text = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            let name = command.get_name();
            assert!(
                command.is_hide_set() || text.contains("Examples:\n  fapilog "),
                "{name}"
            );
            assert!(
                !leaf || command.is_hide_set() || text.contains("Exit codes: 0 "),
                "{name}"
            );
            command.get_subcommands().for_each(look_at);
        }
        look_at(&Args::command());
    }
}
