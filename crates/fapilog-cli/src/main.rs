#![doc = include_str!("../README.md")]

mod args;
mod client;
mod commands;
mod doctor;
mod draw;
mod failure;
mod harness;
mod kind;
mod language;
mod page;
mod prompt;
mod scaffold;
mod show;
mod testbed;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let args = args::Args::parse();
    match commands::run(args) {
        Ok(outcome) => outcome.into(),
        Err(failure) => failure.report(),
    }
}
