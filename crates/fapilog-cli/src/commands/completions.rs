//! `fapilog completions SHELL`

use clap::CommandFactory as _;

use crate::args::{Args, CompletionsArgs};
use crate::commands::Outcome;
use crate::failure::Failure;

/// Prints the completions.
pub fn run(args: CompletionsArgs) -> Result<Outcome, Failure> {
    // Into memory first: the generator panics when a pipe is closed.
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "fapilog", &mut text);
    std::io::Write::write_all(&mut std::io::stdout(), &text)?;
    Ok(Outcome::Fine)
}
