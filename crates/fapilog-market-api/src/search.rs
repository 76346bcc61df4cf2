//! `GET /api/v1/search`.

use serde::{Deserialize, Serialize};

/// One page of results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchPage {
    /// The text as it was looked for.
    pub query: String,
    /// How many plugins were found in all.
    pub total: u64,
    /// The results, best first.
    pub results: Vec<SearchHit>,
    /// Give it back as `cursor` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// How many results each narrowing would leave.
    #[serde(default)]
    pub facets: Vec<FacetCounts>,
    /// Words that nothing has, each with what was taken instead.
    #[serde(default)]
    pub corrections: Vec<(String, String)>,
    /// Whether no plugin has all words, so that those with some of them are shown.
    #[serde(default)]
    pub partial: bool,
}

/// A plugin in a list of results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchHit {
    /// Normalised name of the distribution.
    pub name: String,
    /// Latest version.
    pub version: String,
    /// One line.
    pub summary: String,
    /// `filter`, `enricher`, `processor`, `redactor`, `sink`, `alerter`.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// SPDX expression or the old licence text.
    #[serde(default)]
    pub license: Option<String>,
    /// Project status (PEP 792): `active`, `archived` or `deprecated`.
    #[serde(default = "crate::plugin::active")]
    pub status: String,
    /// Cores that the latest version was made for, as specifiers.
    #[serde(default)]
    pub core_range: Option<String>,
    /// Pythons that the latest version was made for, as specifiers.
    #[serde(default)]
    pub requires_python: Option<String>,
    /// Downloads by people in the last 30 days.
    #[serde(default)]
    pub downloads_30d: u64,
    /// Bayesian mean of the ratings, 1 to 5; absent without any.
    #[serde(default)]
    pub rating: Option<f64>,
    /// Ratings that count.
    #[serde(default)]
    pub ratings: u64,
    /// When the newest file was published.
    pub updated: String,
}

/// The values of one facet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FacetCounts {
    /// The facet's name, which is the query parameter that narrows by it.
    pub name: String,
    /// Its values.
    pub values: Vec<FacetValue>,
}

/// A value of a facet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FacetValue {
    /// The value.
    pub value: String,
    /// Results that have it.
    pub count: u64,
}
