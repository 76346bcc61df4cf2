//! How much a plugin is used and liked, as its page shows it.

use fapilog_package::name::ProjectName;

use crate::clock;
use crate::downloads::counter::DAY_US;
use crate::error::MarketError;
use crate::market::Market;
use crate::plot;
use crate::queries::downloads;
use crate::queries::search::DocumentRow;

/// Days that the plot of downloads shows.
const PLOTTED_DAYS: i64 = 60;

/// How much a plugin is used and liked.
#[derive(Debug, Default)]
pub struct Usage {
    /// Downloads by people in the last 30 days.
    pub downloads: String,
    /// Downloads by day, as SVG, or empty.
    pub plot: String,
    /// Who downloaded how often.
    pub downloaders: Vec<(&'static str, String)>,
    /// Mean of the ratings.
    pub rating: Option<String>,
    /// Ratings that count.
    pub ratings: i64,
}

impl Usage {
    /// What is known of a plugin.
    ///
    /// # Errors
    ///
    /// `internal`.
    pub async fn of(
        market: &Market,
        name: &ProjectName,
        known: Option<&DocumentRow>,
    ) -> Result<Self, MarketError> {
        let today = clock::now_us() / DAY_US;
        let first = today - PLOTTED_DAYS + 1;
        let days = downloads::by_day(&market.database, name.as_str(), first).await?;
        let rated = known.filter(|row| row.ratings > 0);
        Ok(Self {
            downloads: plot::short(known.map_or(0, |row| row.downloads)),
            plot: plotted(&days, today),
            downloaders: downloaders(market, name, first).await?,
            rating: rated.map(|row| format!("{:.1}", row.rating_milli as f64 / 1000.0)),
            ratings: rated.map_or(0, |row| row.ratings),
        })
    }
}

/// The last days, those without downloads too.
fn plotted(days: &[(i64, i64)], today: i64) -> String {
    if days.is_empty() {
        return String::new();
    }
    let first = today - PLOTTED_DAYS + 1;
    let on = |day: i64| {
        days.iter()
            .find(|(one, _)| *one == day)
            .map_or(0, |(_, times)| *times)
    };
    let values: Vec<i64> = (first..=today).map(on).collect();
    plot::of_days(
        &values,
        &clock::date(first * DAY_US),
        &clock::date(today * DAY_US),
    )
}

async fn downloaders(
    market: &Market,
    name: &ProjectName,
    first: i64,
) -> Result<Vec<(&'static str, String)>, MarketError> {
    let counts = downloads::by_downloader(&market.database, name.as_str(), first).await?;
    let titles = [
        ("person", "people"),
        ("ci", "build servers"),
        ("mirror", "mirrors"),
        ("other", "others"),
    ];
    let shown = titles.into_iter().filter_map(|(word, title)| {
        let (_, times) = counts.iter().find(|(one, _)| one == word)?;
        Some((title, plot::short(*times)))
    });
    Ok(shown.collect())
}
