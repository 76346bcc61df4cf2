//! The newest uploads on a project's page for those who look after it: how each was judged, and why.

use crate::clock;
use crate::error::MarketError;
use crate::intake::reason::Reason;
use crate::market::Market;
use crate::queries::uploads;

/// Uploads that are shown.
const SHOWN: i64 = 20;

/// An upload on the page.
#[derive(Debug)]
pub struct ShownUpload {
    /// The file.
    pub filename: String,
    /// `quarantined`, `published` or `rejected`.
    pub state: String,
    /// Day.
    pub date: String,
    /// Why it was rejected.
    pub reasons: Vec<Reason>,
}

/// The newest uploads.
///
/// # Errors
///
/// `internal`.
pub async fn newest(market: &Market, project: &str) -> Result<Vec<ShownUpload>, MarketError> {
    let rows = uploads::of_project(&market.database, project, SHOWN).await?;
    let shown = rows.into_iter().map(|row| ShownUpload {
        reasons: serde_json::from_str(&row.reasons).unwrap_or_default(),
        date: clock::date(row.uploaded_us),
        filename: row.filename,
        state: row.state,
    });
    Ok(shown.collect())
}
