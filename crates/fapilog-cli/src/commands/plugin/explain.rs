//! `fapilog plugin explain`

use std::path::Path;

use serde::Serialize;

use super::Request;
use crate::args::{ExplainArgs, ReportFormat};
use crate::commands::Outcome;
use crate::failure::Failure;
use crate::harness;
use crate::show::explain::{Pipeline, show};

/// What the tool is asked for.
#[derive(Serialize)]
struct Others<'a> {
    config: Option<&'a Path>,
    preset: Option<&'a str>,
}

/// Shows the pipeline.
pub fn run(args: ExplainArgs) -> Result<Outcome, Failure> {
    let others = Others {
        config: args.config.as_deref(),
        preset: args.preset.as_deref(),
    };
    let request = Request::new("explain", Some(&args.subject), others);
    harness::ask(&request, args.format, |pipeline: Pipeline| {
        match args.format {
            ReportFormat::Text => show(&pipeline),
            ReportFormat::Json => Ok(()),
        }
    })?;
    Ok(Outcome::Fine)
}
