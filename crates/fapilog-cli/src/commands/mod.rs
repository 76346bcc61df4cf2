//! The path is what is typed: `fapilog plugin new` is `plugin/new.rs`.

pub mod completions;
pub mod doctor;
pub mod man;
pub mod plugin;
pub mod reference;

use std::process::ExitCode;

use crate::args::{Args, Command};
use crate::failure::Failure;

/// How a command that could be carried out ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All is well.
    Fine,
    /// Carried out, and something was found that needs attention.
    Findings,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Fine => Self::SUCCESS,
            Outcome::Findings => Self::FAILURE,
        }
    }
}

/// Carries out what was typed.
pub fn run(args: Args) -> Result<Outcome, Failure> {
    match args.command {
        Command::Plugin { command } => plugin::run(command),
        Command::Doctor(args) => doctor::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
        Command::Reference => reference::run(),
    }
}
