//! `GET /api/v1/resolve`: which versions go with a core and a Python.

use std::str::FromStr as _;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use fapilog_market_api::{DistributionName, Problem, Resolution, Resolved, VersionText};
use fapilog_package::Version;
use fapilog_package::name::{ProjectName, shorten};
use url::form_urlencoded;

use crate::catalogue::compatibility::{Candidate, choose, why_not};
use crate::error::MarketError;
use crate::handlers::api::{answer, problem::ApiError};
use crate::market::Market;
use crate::queries::catalogue;

/// Most plugins in one request; more can be asked for in another one.
const MAX_NAMES: usize = 200;

/// Chooses for each plugin the newest final version that goes with a core and a Python.
///
/// # Errors
///
/// `bad-version`, `bad-names`, `internal`.
#[utoipa::path(
    get,
    path = "/api/v1/resolve",
    tag = "catalogue",
    params(
        ("core" = VersionText, Query, description = "Version of the core, for example `3.0.2`"),
        ("python" = Option<VersionText>, Query, description = "Version of Python, for example `3.12.1`"),
        ("name" = Vec<DistributionName>, Query, min_items = 1, max_items = 200, description = "Name of a plugin; repeatable, up to 200"),
    ),
    responses(
        (status = 200, description = "What was chosen", body = Resolution),
        (status = 400, description = "`bad-version`, `bad-names`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(
    State(market): State<Market>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let asked = Asked::parse(query.as_deref().unwrap_or_default())?;
    let mut plugins = Vec::new();
    for name in &asked.names {
        let rows = catalogue::candidates(&market.database, Some(name)).await?;
        let candidates: Vec<Candidate> = rows.into_iter().map(Candidate::from).collect();
        plugins.push(resolved(name, &candidates, &asked));
    }
    let resolution = Resolution {
        core: asked.core.to_string(),
        python: asked.python.as_ref().map(ToString::to_string),
        plugins,
    };
    answer(&headers, &resolution)
}

struct Asked {
    core: Version,
    python: Option<Version>,
    names: Vec<String>,
}

impl Asked {
    fn parse(query: &str) -> Result<Self, MarketError> {
        let (mut core, mut python, mut names) = (None, None, Vec::new());
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match key.as_ref() {
                "core" => core = Some(version("core", &value)?),
                "python" => python = Some(version("python", &value)?),
                "name" => names.push(name(&value)?),
                _ => {}
            }
        }
        if names.is_empty() || names.len() > MAX_NAMES {
            return Err(bad_names(format!("{} names were given", names.len())));
        }
        let core = core.ok_or_else(|| bad_version("core", "nothing"))?;
        Ok(Self {
            core,
            python,
            names,
        })
    }
}

fn name(value: &str) -> Result<String, MarketError> {
    let parsed = ProjectName::parse(value);
    parsed
        .map(|name| name.to_string())
        .map_err(|_| bad_names(format!("`{}` is no name", shorten(value))))
}

fn bad_names(what: String) -> MarketError {
    MarketError::bad_request(
        "bad-names",
        format!("{what}; expected 1 to {MAX_NAMES} names of distributions"),
        "name each plugin once, for example `name=fapilog-splunk&name=fapilog-kafka`",
    )
}

fn version(parameter: &str, value: &str) -> Result<Version, MarketError> {
    Version::from_str(value).map_err(|_| bad_version(parameter, value))
}

fn bad_version(parameter: &str, value: &str) -> MarketError {
    MarketError::bad_request(
        "bad-version",
        format!(
            "`{parameter}` is `{}`, expected a version like `3.0.0`",
            shorten(value)
        ),
        "give the version as `pip list` shows it",
    )
}

fn resolved(name: &str, candidates: &[Candidate], asked: &Asked) -> Resolved {
    let python = asked.python.as_ref();
    let (chosen, latest) = choose(candidates, &asked.core, python);
    let version = chosen.map(|one| one.version.clone());
    let is_latest = chosen.is_some() && chosen == latest;
    let why = latest
        .filter(|_| !is_latest)
        .and_then(|one| why_not(one, &asked.core, python));
    Resolved {
        name: name.to_owned(),
        known: !candidates.is_empty(),
        requirement: version.as_ref().map(|version| format!("{name}=={version}")),
        version,
        latest_version: latest.map(|one| one.version.clone()),
        reason: why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_checked() {
        for (query, id) in [
            ("", "bad-names"),
            ("name=fapilog-a", "bad-version"),
            ("core=x&name=fapilog-a", "bad-version"),
            ("core=3.0&name=%00", "bad-names"),
        ] {
            let error = Asked::parse(query).err().unwrap();
            assert_eq!(error.id, id, "{query}");
        }
        let asked = Asked::parse("core=3.0&python=3.12.1&name=Fapilog_A&name=fapilog-b").unwrap();
        assert_eq!(asked.names, ["fapilog-a", "fapilog-b"]);
    }
}
