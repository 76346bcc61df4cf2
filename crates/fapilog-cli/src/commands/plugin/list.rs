//! `fapilog plugin list`

use std::io::Write as _;

use serde_json::json;

use crate::args::{ListArgs, ReportFormat};
use crate::client::{Environment, print_table, printable};
use crate::commands::Outcome;
use crate::failure::Failure;

/// Prints what is installed.
pub fn run(args: ListArgs) -> Result<Outcome, Failure> {
    let options = &args.environment;
    let environment = Environment::find(options.python.as_deref(), options.installer)?;
    let core = environment.core()?;
    let inventory = &environment.inventory;
    let mut out = anstream::stdout();
    if options.format == ReportFormat::Json {
        let plugins: Vec<_> = inventory
            .plugins
            .iter()
            .map(|one| {
                let version = inventory
                    .find(&one.distribution)
                    .map(|found| &found.version);
                json!({
                    "name": one.name, "distribution": one.distribution, "version": version,
                    "kinds": one.kinds, "status": one.status, "reason": one.reason,
                    "hint": one.hint,
                })
            })
            .collect();
        let report = json!({
            "core": core, "python": inventory.python, "problem": inventory.problem,
            "plugins": plugins,
        });
        writeln!(out, "{report}")?;
    } else if inventory.plugins.is_empty() {
        writeln!(out, "No plugin is installed.")?;
    } else {
        let rows: Vec<[String; 6]> = inventory
            .plugins
            .iter()
            .map(|one| {
                let version = inventory
                    .find(&one.distribution)
                    .map(|found| found.version.clone());
                [
                    one.name.clone(),
                    one.kinds.join(","),
                    one.distribution.clone(),
                    version.unwrap_or_default(),
                    one.status.clone(),
                    one.reason.clone().unwrap_or_default(),
                ]
                .map(|text| printable(&text))
            })
            .collect();
        let head = [
            "NAME",
            "KIND",
            "DISTRIBUTION",
            "VERSION",
            "STATUS",
            "REASON",
        ];
        print_table(&mut out, head, &rows)?;
    }
    Ok(if inventory.faults().is_empty() {
        Outcome::Fine
    } else {
        Outcome::Findings
    })
}
