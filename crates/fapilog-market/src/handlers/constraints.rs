//! `GET /constraints/<core>.txt`: every plugin at the newest version that goes with a core, as a file for
//! `pip install --constraint`, `uv pip install --constraint` and pip-tools.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr as _;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use fapilog_package::Version;
use fapilog_package::gate::CORE_DISTRIBUTION;

use crate::catalogue::compatibility::{Candidate, choose};
use crate::catalogue::live::cores;
use crate::error::MarketError;
use crate::handlers::page::{PathParts, revalidated};
use crate::market::Market;
use crate::queries::catalogue;

/// Sends the constraints for a series of the core (`3.0.txt`) or for one version of it (`3.0.2.txt`).
///
/// # Errors
///
/// `not-found`, `internal`.
pub async fn get(
    State(market): State<Market>,
    PathParts(file): PathParts<String>,
    headers: HeaderMap,
) -> Result<Response, MarketError> {
    let cores = cores(&market.database).await?;
    let labels: Vec<&str> = cores.labels().collect();
    let unknown = || {
        let known = labels.iter().map(|label| format!("`{label}.txt`"));
        let known = known.collect::<Vec<_>>().join(", ");
        MarketError::not_found(format!(
            "there are no constraints `{file}`; expected {known}, or the version of a core"
        ))
    };
    let text = file.strip_suffix(".txt").ok_or_else(unknown)?;
    let series = cores.newest().find(|(label, _)| *label == text);
    let core = match series {
        Some((_, version)) => version.clone(),
        None => Version::from_str(text).map_err(|_| unknown())?,
    };
    let mut plugins: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
    for row in catalogue::candidates(&market.database, None).await? {
        plugins
            .entry(row.project.clone())
            .or_default()
            .push(row.into());
    }
    let body = written(&market.public_url, &core, &plugins);
    Ok(revalidated(
        &headers,
        "text/plain; charset=utf-8",
        body.into_bytes(),
    ))
}

fn written(public_url: &str, core: &Version, plugins: &BTreeMap<String, Vec<Candidate>>) -> String {
    let mut text = format!(
        "# Plugins that go with {CORE_DISTRIBUTION} {core}, each at its newest version for it.\n\
         # From {public_url}/; use it with: pip install --constraint FILE ...\n\
         {CORE_DISTRIBUTION}=={core}\n"
    );
    for (name, candidates) in plugins {
        match choose(candidates, core, None) {
            (Some(chosen), _) => {
                let _ = writeln!(text, "{name}=={}", chosen.version);
            }
            (None, _) => {
                let _ = writeln!(text, "# {name}: no version for this core");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_plugin_is_held_at_its_newest_version_for_the_core() {
        let candidate = |version: &str, range: &str| Candidate {
            version: version.into(),
            core_range: Some(range.into()),
            ..Candidate::default()
        };
        let plugins = BTreeMap::from([
            ("fapilog-b".to_owned(), vec![candidate("2.0", ">=4")]),
            (
                "fapilog-a".to_owned(),
                vec![candidate("1.0", ">=3,<4"), candidate("1.1", ">=3,<4")],
            ),
        ]);
        let core = Version::from_str("3.0.0").unwrap();
        let text = written("http://m.test", &core, &plugins);
        let lines: Vec<_> = text.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "fapilog==3.0.0",
                "fapilog-a==1.1",
                "# fapilog-b: no version for this core"
            ]
        );
    }
}
