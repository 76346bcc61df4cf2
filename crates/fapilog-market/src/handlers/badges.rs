//! `GET /badges/<name>/<what>.svg` and `.json`: what a plugin's own README shows of it.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use fapilog_package::name::ProjectName;

use crate::badge::{Badge, Tone};
use crate::catalogue::judgement::Judgement;
use crate::catalogue::live::cores;
use crate::database::Database;
use crate::error::MarketError;
use crate::handlers::page::{PathParts, revalidated};
use crate::market::Market;
use crate::plot::short;
use crate::queries::files;
use crate::queries::scans::{self, verdict};
use crate::queries::search::{self, DocumentRow};
use crate::search::cores::{PYTHONS, pythons};

/// What there are badges for.
pub const KINDS: [&str; 6] = ["version", "core", "python", "downloads", "rating", "scan"];

/// Sends a badge. One for a plugin that isn't here says so, with status 200: a picture that is an error
/// shows nothing at all.
///
/// # Errors
///
/// `not-found` for a badge of another kind; `internal`.
pub async fn get(
    State(market): State<Market>,
    PathParts((given, file)): PathParts<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, MarketError> {
    let unknown = || {
        MarketError::not_found(format!(
            "expected one of {}, with .svg or .json",
            KINDS.join(", ")
        ))
    };
    let (what, form) = file.rsplit_once('.').ok_or_else(unknown)?;
    let what = KINDS
        .into_iter()
        .find(|kind| *kind == what)
        .ok_or_else(unknown)?;
    let badge = badge(&market, &given, what).await?;
    match form {
        "svg" => Ok(revalidated(
            &headers,
            "image/svg+xml",
            badge.svg().into_bytes(),
        )),
        "json" => {
            let json = serde_json::to_vec(&badge.shield());
            let json = json.map_err(|error| MarketError::internal(&error))?;
            Ok(revalidated(&headers, "application/json", json))
        }
        _ => Err(unknown()),
    }
}

async fn badge(market: &Market, given: &str, what: &'static str) -> Result<Badge, MarketError> {
    let missing = Badge::new(what, "not found", Tone::Unknown);
    let Ok(name) = ProjectName::parse(given) else {
        return Ok(missing);
    };
    let rows = search::named(&market.database, &[name.to_string()]).await?;
    let Some(row) = rows.into_iter().next() else {
        return Ok(missing);
    };
    Ok(match what {
        "version" => Badge::new("version", &row.version, Tone::Plain),
        "downloads" => {
            let message = format!("{} a month", short(row.downloads));
            Badge::new("downloads", &message, Tone::Plain)
        }
        "rating" if row.ratings == 0 => Badge::new("rating", "none yet", Tone::Unknown),
        "rating" => {
            let mean = row.rating_milli as f64 / 1000.0;
            let tone = if mean >= 3.5 {
                Tone::Good
            } else {
                Tone::Warning
            };
            Badge::new("rating", &format!("{mean:.1} of 5"), tone)
        }
        "scan" => scan(&market.database, &row).await?,
        "python" => {
            let admitted = pythons(row.requires_python.as_deref());
            span("python", &PYTHONS, admitted, Tone::Plain)
        }
        _ => {
            let cores = cores(&market.database).await?;
            let labels: Vec<&str> = cores.labels().collect();
            let admitted = cores.admitted(row.core_range.as_deref());
            let tone = if cores.behind(admitted) == 0 {
                Tone::Good
            } else {
                Tone::Warning
            };
            span("fapilog", &labels, admitted, tone)
        }
    })
}

/// How the latest version was judged.
async fn scan(database: &Database, row: &DocumentRow) -> Result<Badge, MarketError> {
    let files = files::of_project(database, &row.name).await?;
    let scans = scans::of_project(database, &row.name).await?;
    let judged = Judgement::of_version(&row.version, &files, &scans);
    Ok(match judged {
        None => Badge::new("scan", "not judged", Tone::Unknown),
        Some(judged) => match judged.verdict.as_str() {
            verdict::PASSED => Badge::new("scan", "passed", Tone::Good),
            verdict::WARNINGS => {
                let message = format!("passed, {} to look at", judged.errors + judged.warnings);
                Badge::new("scan", &message, Tone::Plain)
            }
            _ => Badge::new("scan", "rejected", Tone::Bad),
        },
    })
}

/// The versions that are admitted: each run of them as `3.10 – 3.14`, so that a hole shows.
fn span(label: &'static str, labels: &[&str], admitted: u16, tone: Tone) -> Badge {
    let mut runs: Vec<(&str, &str)> = Vec::new();
    let mut open = false;
    for (at, name) in labels.iter().enumerate() {
        let fits = admitted >> at & 1 == 1;
        match (fits, open, runs.last_mut()) {
            (true, true, Some(run)) => run.1 = name,
            (true, ..) => runs.push((name, name)),
            (false, ..) => {}
        }
        open = fits;
    }
    let texts: Vec<String> = runs
        .into_iter()
        .map(|(first, last)| {
            if first == last {
                first.to_owned()
            } else {
                format!("{first} – {last}")
            }
        })
        .collect();
    if texts.is_empty() {
        return Badge::new(label, "none", Tone::Bad);
    }
    Badge::new(label, &texts.join(", "), tone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_between_versions_show() {
        let labels = ["3.0", "3.1", "3.2", "3.3"];
        let text = |admitted| span("fapilog", &labels, admitted, Tone::Good).message;
        assert_eq!(text(0b1111), "3.0 – 3.3");
        assert_eq!(text(0b1011), "3.0 – 3.1, 3.3");
        assert_eq!(text(0b0100), "3.2");
        assert_eq!(text(0), "none");
    }
}
