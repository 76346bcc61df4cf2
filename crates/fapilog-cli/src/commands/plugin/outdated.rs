//! `fapilog plugin outdated`

use std::io::Write as _;

use serde::Serialize;

use super::search::market_at;
use crate::args::{OutdatedArgs, ReportFormat};
use crate::client::{
    Allowances, ClientFailure, Distribution, Environment, Market, Wanted, choose, print_table,
    printable,
};
use crate::commands::Outcome;
use crate::failure::Failure;

/// An installed plugin that is not what it could be.
#[derive(Debug, Serialize)]
struct Outdated {
    name: String,
    installed: String,
    /// The version to update to.
    newest: Option<String>,
    /// What is wrong with the installed one, or why there is no newer one.
    notes: Vec<String>,
}

/// Prints what is behind.
pub fn run(args: OutdatedArgs) -> Result<Outcome, Failure> {
    let options = &args.environment;
    let environment = Environment::find(options.python.as_deref(), options.installer)?;
    environment.core()?;
    let market = market_at(args.market.market.as_deref())?;
    let mut found = Vec::new();
    for one in environment.inventory.plugin_distributions() {
        found.extend(examine(one, &environment, &market)?);
    }
    let mut out = anstream::stdout();
    if options.format == ReportFormat::Json {
        writeln!(out, "{}", serde_json::to_string(&found).unwrap_or_default())?;
    } else if found.is_empty() {
        writeln!(out, "All are up to date.")?;
    } else {
        let rows: Vec<[String; 4]> = found
            .iter()
            .map(|one| {
                let newest = one.newest.clone().unwrap_or_else(|| "-".to_owned());
                [
                    one.name.clone(),
                    one.installed.clone(),
                    newest,
                    one.notes.join("; "),
                ]
                .map(|text| printable(&text))
            })
            .collect();
        print_table(&mut out, ["NAME", "INSTALLED", "NEWEST", "NOTES"], &rows)?;
    }
    Ok(if found.is_empty() {
        Outcome::Fine
    } else {
        Outcome::Findings
    })
}

fn examine(
    one: &Distribution,
    environment: &Environment,
    market: &Market,
) -> Result<Option<Outdated>, ClientFailure> {
    let Ok(wanted) = Wanted::parse(&one.name) else {
        return Ok(None);
    };
    let Some(info) = market.plugin(&one.name)? else {
        return Ok(None);
    };
    let mut notes = Vec::new();
    if info.status != "active" {
        notes.push(format!("the plugin is {}", info.status));
    }
    let mine = info
        .versions
        .iter()
        .find(|known| known.version == one.version);
    if let Some(yank) = mine.and_then(|known| known.yanked.as_ref()) {
        let reason = yank.reason.as_deref().unwrap_or_default();
        notes.push(
            format!("{} is yanked {reason}", one.version)
                .trim()
                .to_owned(),
        );
    }
    for advisory in &info.advisories {
        if advisory.affected.contains(&one.version) {
            notes.push(format!("{}: {}", advisory.id, advisory.summary));
        }
    }
    // Whether to take what nobody judged is decided when it is installed.
    let allowed = Allowances {
        unscanned: true,
        ..Allowances::default()
    };
    let newest = match choose(&wanted, &info, &environment.inventory, allowed) {
        Ok(choice) => Some(choice.version).filter(|version| *version != one.version),
        Err(refusal) => {
            notes.push(refusal.to_string());
            None
        }
    };
    let is_fine = newest.is_none() && notes.is_empty();
    Ok((!is_fine).then(|| Outdated {
        name: one.name.clone(),
        installed: one.version.clone(),
        newest,
        notes,
    }))
}
