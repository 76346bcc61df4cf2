//! What the plugins of a version can be told, as the judge read it from the source.

use fapilog_scan::report::Configuration;
use serde::Deserialize;

use crate::error::MarketError;
use crate::market::Market;
use crate::queries::scans;

/// What is read of a report.
#[derive(Debug, Deserialize)]
struct Told {
    plugin: Option<ToldPlugin>,
}

#[derive(Debug, Deserialize)]
struct ToldPlugin {
    #[serde(default)]
    configuration: Vec<Configuration>,
}

/// The options of each plugin in a version's wheel, or in its source archive when it has none.
///
/// # Errors
///
/// `internal`.
pub async fn of_version(
    market: &Market,
    project: &str,
    version: &str,
) -> Result<Vec<Configuration>, MarketError> {
    let report = scans::report_of_version(&market.database, project, version).await?;
    let told = report.map(|text| serde_json::from_str::<Told>(&text));
    let told = told.transpose();
    let told = told.map_err(|error| MarketError::internal(&error))?;
    let plugin = told.and_then(|told| told.plugin);
    Ok(plugin
        .map(|plugin| plugin.configuration)
        .unwrap_or_default())
}
