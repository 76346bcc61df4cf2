//! A plugin in a list, as pages show it.

use crate::clock;
use crate::market::Market;
use crate::plot::short;
use crate::queries::search::{self, DocumentRow};
use crate::search::snapshot::Hit;

/// A plugin in a list.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Normalised name.
    pub name: String,
    /// Latest version.
    pub version: String,
    /// One line.
    pub summary: String,
    /// `archived` or `deprecated`; nothing for what is looked after as usual.
    pub status: Option<String>,
    /// Kinds of the plugins inside.
    pub kinds: Vec<String>,
    /// Short licence.
    pub license: Option<String>,
    /// Specifiers for the core.
    pub core_range: String,
    /// Downloads of the last 30 days, for people.
    pub downloads: String,
    /// Whether there were any.
    pub is_downloaded: bool,
    /// Mean of the ratings, for people.
    pub rating: Option<String>,
    /// Ratings that count.
    pub ratings: i64,
    /// Day of the newest file.
    pub updated: String,
}

impl From<DocumentRow> for Entry {
    fn from(row: DocumentRow) -> Self {
        let license = crate::search::document::license_label(row.license.as_deref());
        Self {
            license: license.map(str::to_owned),
            kinds: row.kinds.split_whitespace().map(str::to_owned).collect(),
            core_range: row.core_range.unwrap_or_default(),
            downloads: short(row.downloads),
            is_downloaded: row.downloads > 0,
            rating: (row.ratings > 0).then(|| format!("{:.1}", row.rating_milli as f64 / 1000.0)),
            ratings: row.ratings,
            updated: clock::date(row.updated_us),
            status: Some(row.status).filter(|status| status != "active"),
            name: row.name,
            version: row.version,
            summary: row.summary,
        }
    }
}

/// The rows of results, in their order.
///
/// # Errors
///
/// What the database reports.
pub async fn rows(market: &Market, hits: &[Hit]) -> sqlx::Result<Vec<DocumentRow>> {
    let names: Vec<String> = hits.iter().map(|hit| hit.name.clone()).collect();
    let mut rows = search::named(&market.database, &names).await?;
    rows.sort_by_cached_key(|row| names.iter().position(|name| *name == row.name));
    Ok(rows)
}

/// The results as pages show them.
///
/// # Errors
///
/// What the database reports.
pub async fn entries(market: &Market, hits: &[Hit]) -> sqlx::Result<Vec<Entry>> {
    Ok(rows(market, hits)
        .await?
        .into_iter()
        .map(Entry::from)
        .collect())
}
