#![doc = include_str!("../README.md")]

mod args;
mod commands;
mod doctor;
mod failure;
mod kind;
mod scaffold;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let args = args::Args::parse();
    match commands::run(args) {
        Ok(outcome) => outcome.into(),
        Err(failure) => failure.report(),
    }
}
