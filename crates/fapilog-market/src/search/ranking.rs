//! The order of results. `docs/concepts/ranking.md` explains the formula; its test keeps the judged
//! queries of `tests/market/judged/` above a mark.

use crate::search::cores::Cores;
use crate::search::document::Document;

/// Weight of a word in the name; the other fields are held against it.
pub const NAME_WEIGHT: f32 = 10.0;
/// Weight of a word among keywords and names of entry points.
pub const KEYWORD_WEIGHT: f32 = 6.0;
/// Weight of a word in the summary.
pub const SUMMARY_WEIGHT: f32 = 4.0;
/// Weight of a word in the description, for ever more occurrences.
pub const TEXT_WEIGHT: f32 = 1.2;

/// How much a full match of the name is worth beside a match of its words.
pub const EXACT_NAME_FACTOR: f32 = 4.0;

/// What each series of the core costs that the newest admitted one is behind the newest.
const BEHIND_FACTOR: f64 = 0.6;
/// Below this a plugin for old cores doesn't sink.
const BEHIND_FLOOR: f64 = 0.2;
/// Days after which a release counts half as fresh.
const FRESH_HALF_LIFE_DAYS: f64 = 540.0;
/// Downloads a month above which popularity says no more.
const MOST_DOWNLOADS: f64 = 1_000_000.0;

const US_PER_DAY: f64 = 86_400e6;

/// What a plugin is worth before any query: compatibility × freshness × health × popularity × rating.
/// Between about 0.08 and 2.1; 1 is a compatible, fresh, healthy plugin that nobody has rated.
#[must_use]
pub fn standing(document: &Document, cores: &Cores, now_us: i64) -> f32 {
    let behind = cores.behind(cores.admitted(document.core_range.as_deref()));
    let compatibility = BEHIND_FACTOR
        .powi(i32::try_from(behind).unwrap_or(i32::MAX))
        .max(BEHIND_FLOOR);
    let age_days = (now_us.saturating_sub(document.updated_us)).max(0) as f64 / US_PER_DAY;
    let freshness = 0.7 + 0.3 * 0.5_f64.powf(age_days / FRESH_HALF_LIFE_DAYS);
    let health = 0.6 + 0.4 * (document.health.clamp(0, 100) as f64 / 100.0);
    let downloads = (document.downloads.max(0) as f64).min(MOST_DOWNLOADS);
    let popularity = 1.0 + 0.15 * (1.0 + downloads).log10();
    let rating = match document.ratings {
        0 => 1.0,
        _ => 0.8 + 0.25 * ((document.rating.clamp(1.0, 5.0) - 1.0) / 4.0),
    };
    (compatibility * freshness * health * popularity * rating) as f32
}

/// How much a word says: the rarer, the more (the inverse document frequency of BM25).
#[must_use]
pub fn rarity(documents: usize, with_word: usize) -> f32 {
    let (all, with) = (documents as f32, with_word as f32);
    (1.0 + (all - with + 0.5).max(0.0) / (with + 0.5)).ln()
}

/// What a word gets for how often it stands in the description: ever less for each time more.
#[must_use]
pub fn saturated(occurrences: u32) -> f32 {
    let times = occurrences as f32;
    times / (times + 1.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_US: i64 = 1_800_000_000_000_000;

    fn plain() -> Document {
        Document {
            core_range: Some(">=3.0,<4.0".into()),
            health: 100,
            updated_us: NOW_US,
            ..Document::default()
        }
    }

    fn standing_of(change: impl FnOnce(&mut Document)) -> f32 {
        let mut document = plain();
        change(&mut document);
        standing(&document, &Cores::new(["3.0.0", "3.1.0", "3.2.0"]), NOW_US)
    }

    #[test]
    fn one_is_a_compatible_fresh_healthy_plugin() {
        assert!((standing_of(|_| {}) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn each_fact_moves_the_standing_its_way_and_within_bounds() {
        assert!(standing_of(|d| d.core_range = Some(">=3.0,<3.2".into())) < 0.61);
        assert!(standing_of(|d| d.core_range = None) > 0.19);
        assert!(standing_of(|d| d.updated_us = 0) > 0.69);
        assert!(standing_of(|d| d.health = 0) < 0.61);
        assert!(standing_of(|d| d.downloads = 1_000) > 1.4);
        assert!(standing_of(|d| d.downloads = i64::MAX) < 1.91);
        assert!(standing_of(|d| (d.rating, d.ratings) = (5.0, 3)) > 1.04);
        assert!(standing_of(|d| (d.rating, d.ratings) = (1.0, 3)) < 0.81);
    }

    #[test]
    fn downloads_count_by_their_order_of_magnitude() {
        let (ten, hundred, thousand) = (
            standing_of(|d| d.downloads = 9),
            standing_of(|d| d.downloads = 99),
            standing_of(|d| d.downloads = 999),
        );
        assert!((hundred - ten - (thousand - hundred)).abs() < 1e-5);
    }

    #[test]
    fn rare_words_say_more() {
        assert!(rarity(1000, 1) > rarity(1000, 100) && rarity(1000, 1000) > 0.0);
        assert!(saturated(1) < saturated(2) && saturated(1000) < 1.0);
    }
}
