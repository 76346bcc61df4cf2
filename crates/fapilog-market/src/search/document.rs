//! What the catalogue knows of a plugin when it is searched.

/// The kinds of plugins; the bits of [`Document::kinds`] stand in this order.
pub const KINDS: [&str; 6] = [
    "filter",
    "enricher",
    "processor",
    "redactor",
    "sink",
    "alerter",
];

/// Most different words of a description that are indexed; the first ones tell what a plugin is for.
pub const MAX_TEXT_WORDS: usize = 160;

/// Most bytes of a description that are looked at.
pub const MAX_TEXT_BYTES: usize = 8 * 1024;

/// A plugin as it is indexed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// Normalised name.
    pub name: String,
    /// One line.
    pub summary: String,
    /// Keywords and names of entry points, in any form.
    pub keywords: String,
    /// Beginning of the description.
    pub text: String,
    /// SPDX expression or the old licence text.
    pub license: Option<String>,
    /// Kinds of the plugins inside, separated by spaces.
    pub kinds: String,
    /// Specifiers for the core.
    pub core_range: Option<String>,
    /// Specifiers for Python.
    pub requires_python: Option<String>,
    /// Capabilities that the latest release uses, separated by spaces.
    pub capabilities: String,
    /// Level of the publisher, or empty.
    pub publisher_level: String,
    /// Downloads by people in the last 30 days.
    pub downloads: i64,
    /// Bayesian mean of the ratings, 1 to 5.
    pub rating: f64,
    /// Ratings that count.
    pub ratings: i64,
    /// How much of what a healthy release has is there, 0 to 100.
    pub health: i64,
    /// When the newest file was published, in microseconds since 1970.
    pub updated_us: i64,
}

/// The part of a licence that a facet shows: the SPDX expression when it is short enough to be one.
#[must_use]
pub fn license_label(license: Option<&str>) -> Option<&str> {
    let license = license?.trim();
    let short = !license.is_empty() && license.len() <= 40 && !license.contains('\n');
    short.then_some(license)
}

/// The kinds that a text of keywords names, in the order of [`KINDS`].
#[must_use]
pub fn kinds_named(keywords: &str) -> Vec<&'static str> {
    let words: std::collections::HashSet<_> = crate::search::words::of(keywords).collect();
    KINDS
        .into_iter()
        .filter(|kind| words.contains(*kind))
        .collect()
}
