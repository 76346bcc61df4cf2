//! `fapilog plugin search WORDS`

use std::io::Write as _;

use fapilog_market_api::SearchHit;

use crate::args::{ReportFormat, SearchArgs};
use crate::client::{Address, Environment, Market, print_table, printable};
use crate::commands::Outcome;
use crate::failure::Failure;

/// Prints what the marketplace finds.
pub fn run(args: SearchArgs) -> Result<Outcome, Failure> {
    let market = market_at(args.market.market.as_deref())?;
    let mut query = vec![
        ("q", args.words.join(" ")),
        ("limit", args.limit.to_string()),
    ];
    if let Some(kind) = args.kind {
        query.push(("kind", kind.word().to_owned()));
    }
    if args.compatible {
        let options = &args.environment;
        let environment = Environment::find(options.python.as_deref(), options.installer)?;
        query.push(("core", series(environment.core()?)));
        query.push(("python", series(&environment.inventory.python)));
    }
    let page = market.search(&query)?;
    let mut out = anstream::stdout();
    if args.environment.format == ReportFormat::Json {
        writeln!(out, "{}", serde_json::to_string(&page).unwrap_or_default())?;
    } else {
        for (typed, taken) in &page.corrections {
            writeln!(
                out,
                "Nothing has `{}`; `{}` was taken.",
                printable(typed),
                printable(taken)
            )?;
        }
        let rows: Vec<[String; 4]> = page
            .results
            .iter()
            .map(|hit| {
                [
                    printable(&hit.name),
                    printable(&hit.version),
                    printable(&hit.kinds.join(",")),
                    printable(&what(hit)),
                ]
            })
            .collect();
        if rows.is_empty() {
            writeln!(out, "No plugin was found.")?;
        } else {
            print_table(&mut out, ["NAME", "VERSION", "KIND", "WHAT IT DOES"], &rows)?;
            let more = page.total.saturating_sub(rows.len() as u64);
            if more > 0 {
                writeln!(
                    out,
                    "{more} more; see them with --limit, or narrow it with --kind"
                )?;
            }
        }
    }
    Ok(if page.results.is_empty() {
        Outcome::Findings
    } else {
        Outcome::Fine
    })
}

/// What it does, after what else is to be known of it.
fn what(hit: &SearchHit) -> String {
    match hit.status.as_str() {
        "active" => hit.summary.clone(),
        status => format!("[{status}] {}", hit.summary),
    }
}

/// The first two numbers of a version.
fn series(version: &str) -> String {
    version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".")
}

/// The marketplace that was named or is set up.
pub fn market_at(given: Option<&str>) -> Result<Market, Failure> {
    let address = Address::find(given, |name| std::env::var(name).ok())?;
    Ok(Market::at(address)?)
}
