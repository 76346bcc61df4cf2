//! `fapilog plugin update [PLUGINS]`

use std::io::Write as _;

use super::install::{apply, choices};
use super::search::market_at;
use crate::args::{ReportFormat, UpdateArgs};
use crate::client::{Choice, ClientFailure, Environment, Market, Wanted, printable};
use crate::commands::Outcome;
use crate::failure::Failure;

/// Chooses the newest versions and installs those that are newer.
pub fn run(args: UpdateArgs) -> Result<Outcome, Failure> {
    let options = &args.change.environment;
    let environment = Environment::find(options.python.as_deref(), options.installer)?;
    environment.core()?;
    let market = market_at(args.change.market.market.as_deref())?;
    let wanted = wanted(&args.plugins, &environment, &market)?;
    let mut newer = choices(&wanted, &market, &environment, &args.change)?;
    newer.retain(|choice| installed(&environment, choice) != Some(choice.version.as_str()));
    let mut out = anstream::stdout();
    if newer.is_empty() {
        if options.format == ReportFormat::Json {
            writeln!(out, "{{\"choices\":[],\"changed\":[]}}")?;
        } else {
            writeln!(out, "All are up to date.")?;
        }
        return Ok(Outcome::Fine);
    }
    if options.format == ReportFormat::Text {
        for choice in &newer {
            let more = new_capabilities(&market, &environment, choice)?;
            if !more.is_empty() {
                writeln!(
                    out,
                    "{} {} also uses: {}",
                    choice.name,
                    choice.version,
                    printable(&more.join(", "))
                )?;
            }
        }
    }
    apply(&market, &environment, &newer, &args.change)
}

/// What was named, which must be installed; else every plugin that the marketplace knows.
fn wanted(
    named: &[String],
    environment: &Environment,
    market: &Market,
) -> Result<Vec<Wanted>, ClientFailure> {
    if named.is_empty() {
        let mut known = Vec::new();
        for one in environment.inventory.plugin_distributions() {
            // What came from a folder or from elsewhere is not the marketplace's to update.
            let Ok(wanted) = Wanted::parse(&one.name) else {
                continue;
            };
            if one.origin.is_none() && market.plugin(&one.name)?.is_some() {
                known.push(wanted);
            }
        }
        return Ok(known);
    }
    named
        .iter()
        .map(|given| {
            let wanted = Wanted::parse(given)?;
            match environment.inventory.find(&wanted.distribution) {
                Some(_) => Ok(wanted),
                None => Err(ClientFailure::NotInstalled {
                    name: wanted.distribution,
                }),
            }
        })
        .collect()
}

fn installed<'a>(environment: &'a Environment, choice: &Choice) -> Option<&'a str> {
    let found = environment.inventory.find(&choice.name);
    found.map(|one| one.version.as_str())
}

/// What the new version uses and the installed one does not.
fn new_capabilities(
    market: &Market,
    environment: &Environment,
    choice: &Choice,
) -> Result<Vec<String>, ClientFailure> {
    let Some(info) = market.plugin(&choice.name)? else {
        return Ok(Vec::new());
    };
    let old = info
        .versions
        .iter()
        .find(|one| Some(one.version.as_str()) == installed(environment, choice))
        .and_then(|one| one.scan.as_ref());
    let Some(old) = old else {
        return Ok(Vec::new());
    };
    let mut more = choice.capabilities.clone();
    more.retain(|one| !old.capabilities.contains(one));
    Ok(more)
}
