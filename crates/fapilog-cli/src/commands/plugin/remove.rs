//! `fapilog plugin remove PLUGINS`

use std::io::Write as _;

use serde_json::json;

use super::install::show_changes;
use crate::args::{RemoveArgs, ReportFormat};
use crate::client::{Change, ClientFailure, Environment, Wanted};
use crate::commands::Outcome;
use crate::failure::Failure;

/// Removes distributions of plugins.
pub fn run(args: RemoveArgs) -> Result<Outcome, Failure> {
    let wanted: Result<Vec<Wanted>, _> =
        args.plugins.iter().map(|one| Wanted::parse(one)).collect();
    let options = &args.environment;
    let environment = Environment::find(options.python.as_deref(), options.installer)?;
    let mut names = Vec::new();
    for one in wanted? {
        if environment.inventory.find(&one.distribution).is_none() {
            return Err(ClientFailure::NotInstalled {
                name: one.distribution,
            }
            .into());
        }
        names.push(one.distribution);
    }
    let change = Change::Remove(names);
    let command = change.command(&environment);
    let mut out = anstream::stdout();
    let changed = if args.dry_run {
        Vec::new()
    } else {
        change.carry_out(&environment, &[])?.changed
    };
    match options.format {
        ReportFormat::Json => {
            let report = json!({"command": command, "dry_run": args.dry_run, "changed": changed});
            writeln!(out, "{report}")?;
        }
        ReportFormat::Text if args.dry_run => writeln!(out, "{command}")?,
        ReportFormat::Text => show_changes(&changed, &mut out)?,
    }
    Ok(Outcome::Fine)
}
