//! `fapilog plugin check [PATH]`

use crate::args::CheckArgs;
use crate::commands::Outcome;
use crate::failure::Failure;
use crate::judgement;

/// Judges a package by all rules.
pub fn run(args: CheckArgs) -> Result<Outcome, Failure> {
    judgement::run(&args.judged, false)
}
