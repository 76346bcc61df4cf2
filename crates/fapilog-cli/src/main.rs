#![doc = include_str!("../README.md")]

mod args;
mod client;
mod commands;
mod doctor;
mod draw;
mod failure;
mod frontend;
mod harness;
mod installer;
mod judgement;
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
    // The confined judge is this program once more: it must not do anything else before.
    if let Some(code) = fapilog_scan::child::run_if_asked() {
        return code;
    }
    let args = args::Args::parse();
    match commands::run(args) {
        Ok(outcome) => outcome.into(),
        Err(failure) => failure.report(),
    }
}
