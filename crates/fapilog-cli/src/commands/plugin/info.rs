//! `fapilog plugin info NAME`

use std::io::{self, Write};

use anstyle::Style;
use fapilog_market_api::{PluginConfiguration, PluginInfo, PluginOption, VersionInfo};

use super::search::market_at;
use crate::args::{InfoArgs, ReportFormat};
use crate::client::{ClientFailure, Wanted, print_table, printable};
use crate::commands::Outcome;
use crate::failure::Failure;

/// Versions that are shown; all of them are in the JSON.
const VERSIONS: usize = 10;

/// Prints what the marketplace knows.
pub fn run(args: InfoArgs) -> Result<Outcome, Failure> {
    let wanted = Wanted::parse(&args.name)?;
    let market = market_at(args.market.market.as_deref())?;
    let info = market
        .plugin(&wanted.distribution)?
        .ok_or_else(|| ClientFailure::Unknown {
            name: wanted.distribution.clone(),
            address: market.address().to_string(),
        })?;
    let mut out = anstream::stdout();
    match args.format {
        ReportFormat::Json => {
            writeln!(out, "{}", serde_json::to_string(&info).unwrap_or_default())?;
        }
        ReportFormat::Text => show(&info, &mut out)?,
    }
    Ok(Outcome::Fine)
}

fn show(info: &PluginInfo, out: &mut impl Write) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(
        out,
        "{bold}{}{bold:#} {}: {}\n",
        info.name,
        info.latest_version,
        printable(&info.summary)
    )?;
    let mut facts: Vec<(&str, String)> = vec![("kinds", info.kinds.join(", "))];
    if info.status != "active" {
        let reason = info.status_reason.clone().unwrap_or_default();
        facts.push(("status", format!("{} {reason}", info.status)));
    }
    facts.push(("publisher", info.publisher.clone().unwrap_or_default()));
    if let Some(rating) = info.rating {
        facts.push((
            "rating",
            format!("{rating:.1} of 5 ({} ratings)", info.ratings),
        ));
    }
    facts.push(("downloads", format!("{} in 30 days", info.downloads_30d)));
    if let Some(latest) = info.versions.first() {
        facts.push(("licence", latest.license.clone().unwrap_or_default()));
        let scan = latest.scan.as_ref();
        facts.push((
            "uses",
            scan.map(|scan| scan.capabilities.join(", "))
                .unwrap_or_default(),
        ));
    }
    if let Some(extra) = &info.extra {
        facts.push(("extra", format!("pip install \"fapilog[{extra}]\"")));
    }
    for advisory in &info.advisories {
        let fixed = advisory.fixed_in.as_deref().unwrap_or("no version yet");
        facts.push((
            "advisory",
            format!("{}: {} (fixed in {fixed})", advisory.id, advisory.summary),
        ));
    }
    facts.push(("page", info.page.clone()));
    for (name, value) in facts.iter().filter(|(_, value)| !value.trim().is_empty()) {
        writeln!(out, "  {name:<10} {}", printable(value))?;
    }
    writeln!(out)?;
    for plugin in &info.configuration {
        show_options(plugin, out)?;
    }
    let rows: Vec<[String; 5]> = info.versions.iter().take(VERSIONS).map(row).collect();
    print_table(
        out,
        ["VERSION", "PUBLISHED", "FAPILOG", "PYTHON", "JUDGED"],
        &rows,
    )?;
    if info.versions.len() > VERSIONS {
        writeln!(out, "{} older versions", info.versions.len() - VERSIONS)?;
    }
    Ok(())
}

fn show_options(plugin: &PluginConfiguration, out: &mut impl Write) -> io::Result<()> {
    let row = |option: &PluginOption| {
        let default = option.default.as_deref().unwrap_or("required");
        let about = option.description.as_deref().unwrap_or_default();
        [&option.name, &option.annotation, default, about].map(printable)
    };
    let title = format!("OPTION OF {}", printable(&plugin.plugin));
    let rows: Vec<[String; 4]> = plugin.options.iter().map(row).collect();
    print_table(out, [&title, "TYPE", "DEFAULT", "WHAT IT IS FOR"], &rows)?;
    writeln!(out)
}

fn row(one: &VersionInfo) -> [String; 5] {
    let judged = match (&one.yanked, &one.scan) {
        (Some(yank), _) => format!("yanked {}", yank.reason.as_deref().unwrap_or_default()),
        (None, Some(scan)) => scan.verdict.clone(),
        (None, None) => "not judged".to_owned(),
    };
    let day = one.published.split('T').next().unwrap_or_default();
    [
        one.version.clone(),
        day.to_owned(),
        one.core_range.clone().unwrap_or_default(),
        one.requires_python.clone().unwrap_or_default(),
        judged,
    ]
    .map(|text| printable(text.trim()))
}
