//! `fapilog plugin install PLUGINS`

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::search::market_at;
use crate::args::{ChangeArgs, InstallArgs, ReportFormat};
use crate::client::{
    Allowances, Change, Choice, ClientFailure, Difference, Environment, Market, Wanted, choose,
    printable, send_receipts,
};
use crate::commands::Outcome;
use crate::failure::Failure;
use crate::installer::Installer;

/// Chooses versions and installs them.
pub fn run(args: InstallArgs) -> Result<Outcome, Failure> {
    let wanted: Result<Vec<Wanted>, _> =
        args.plugins.iter().map(|one| Wanted::parse(one)).collect();
    let wanted = wanted?;
    let options = &args.change.environment;
    let environment = Environment::find(options.python.as_deref(), options.installer)?;
    environment.core()?;
    let market = market_at(args.change.market.market.as_deref())?;
    let choices = choices(&wanted, &market, &environment, &args.change)?;
    apply(&market, &environment, &choices, &args.change)
}

/// The version of each plugin; an error before anything is touched.
pub fn choices(
    wanted: &[Wanted],
    market: &Market,
    environment: &Environment,
    args: &ChangeArgs,
) -> Result<Vec<Choice>, ClientFailure> {
    let allowed = Allowances {
        unscanned: args.allow_unscanned,
        prereleases: args.pre,
    };
    wanted
        .iter()
        .map(|one| {
            let info = market.plugin(&one.distribution)?;
            let info = info.ok_or_else(|| ClientFailure::Unknown {
                name: one.distribution.clone(),
                address: market.address().to_string(),
            })?;
            choose(one, &info, &environment.inventory, allowed)
        })
        .collect()
}

/// Installs what was chosen, or prints how.
pub fn apply(
    market: &Market,
    environment: &Environment,
    choices: &[Choice],
    args: &ChangeArgs,
) -> Result<Outcome, Failure> {
    let mut words: Vec<String> = choices.iter().map(Choice::requirement).collect();
    // Named as it is, so that no requirement of a plugin exchanges the core.
    if let Some(core) = environment.inventory.find("fapilog")
        && core.origin.is_none()
    {
        words.push(format!("fapilog=={}", core.version));
    }
    for file in &args.constraint {
        words.extend(["--constraint".to_owned(), file.display().to_string()]);
    }
    if args.pre {
        words.push(match environment.installer {
            Installer::Pip => "--pre".to_owned(),
            Installer::Uv(_) => "--prerelease=allow".to_owned(),
        });
    }
    let change = Change::Install(words);
    let command = change.command(environment);
    let done = if args.dry_run {
        None
    } else {
        let needed: Vec<String> = choices.iter().map(|one| one.name.clone()).collect();
        Some(change.carry_out(environment, &needed)?)
    };
    let report = Report {
        command,
        dry_run: args.dry_run,
        choices,
        changed: done.as_ref().map_or(&[], |done| &done.changed),
    };
    let mut out = anstream::stdout();
    match args.environment.format {
        ReportFormat::Json => {
            writeln!(
                out,
                "{}",
                serde_json::to_string(&report).unwrap_or_default()
            )?;
        }
        ReportFormat::Text => report.show(&mut out)?,
    }
    if let Some(done) = &done {
        let mut notes = anstream::stderr();
        for line in send_receipts(market, choices, done) {
            // What is installed is installed, whether or not somebody can read this.
            let _ = writeln!(notes, "note: {}", printable(&line));
        }
    }
    Ok(Outcome::Fine)
}

/// What was done.
#[derive(Debug, Serialize)]
struct Report<'a> {
    command: String,
    dry_run: bool,
    choices: &'a [Choice],
    changed: &'a [Difference],
}

impl Report<'_> {
    fn show(&self, out: &mut impl Write) -> io::Result<()> {
        let yellow = Style::new().fg_color(Some(AnsiColor::Yellow.into()));
        for choice in self.choices {
            if let (Some(newer), Some(because)) = (&choice.passed_over, &choice.because) {
                writeln!(
                    out,
                    "{} {} is taken, not {}: {}",
                    choice.name,
                    choice.version,
                    printable(newer),
                    printable(because)
                )?;
            }
            for warning in &choice.warnings {
                writeln!(out, "{yellow}warning{yellow:#}: {}", printable(warning))?;
            }
        }
        if self.dry_run {
            return writeln!(out, "{}", self.command);
        }
        show_changes(self.changed, out)
    }
}

/// Prints what differs now.
pub fn show_changes(changed: &[Difference], out: &mut impl Write) -> io::Result<()> {
    if changed.is_empty() {
        return writeln!(out, "Nothing had to be changed.");
    }
    for one in changed {
        match (&one.before, &one.after) {
            (None, Some(after)) => writeln!(out, "installed {} {after}", one.name)?,
            (Some(before), Some(after)) => {
                writeln!(out, "changed   {} {before} -> {after}", one.name)?
            }
            (Some(before), None) => writeln!(out, "removed   {} {before}", one.name)?,
            (None, None) => {}
        }
    }
    Ok(())
}
