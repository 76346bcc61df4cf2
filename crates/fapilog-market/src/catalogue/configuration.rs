//! What the plugins of a version can be told, as the judge read it from the source.

use fapilog_scan::report::Configuration;

use crate::error::MarketError;
use crate::market::Market;
use crate::queries::scans;

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
    match scans::configuration(&market.database, project, version).await? {
        Some(text) => serde_json::from_str(&text).map_err(|error| MarketError::internal(&error)),
        None => Ok(Vec::new()),
    }
}
