//! `fapilog plugin …`

pub mod new;

use crate::args::PluginCommand;
use crate::commands::Outcome;
use crate::failure::Failure;

/// Carries out what was typed after `fapilog plugin`.
pub fn run(command: PluginCommand) -> Result<Outcome, Failure> {
    match command {
        PluginCommand::New(args) => new::run(args),
    }
}
