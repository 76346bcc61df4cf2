//! `GET /api/v1/plugins/{name}/reviews`.

use serde::{Deserialize, Serialize};

/// One page of reviews, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReviewPage {
    /// All ratings together.
    pub rating: RatingSummary,
    /// The reviews.
    pub reviews: Vec<Review>,
    /// Give it back as `cursor` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// All ratings of a plugin together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RatingSummary {
    /// Bayesian mean, 1 to 5; absent without any rating.
    #[serde(default)]
    pub mean: Option<f64>,
    /// Ratings that count: visible ones that weren't resolved.
    pub count: u64,
    /// How many of each, one star first.
    pub stars: [u64; 5],
}

/// A review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Review {
    /// Its id.
    pub id: String,
    /// Who wrote it.
    pub author: String,
    /// 1 to 5.
    pub stars: u8,
    /// The version that it is about.
    pub version: String,
    /// The version that the author's command said it installed, that of the review if there are
    /// several; absent without such a receipt.
    #[serde(default)]
    pub verified_install: Option<String>,
    /// What was written.
    #[serde(default)]
    pub text: String,
    /// Whether what it complains of was resolved; then it counts no longer.
    #[serde(default)]
    pub resolved: bool,
    /// How many found it helpful.
    #[serde(default)]
    pub helpful: u64,
    /// What the plugin's maintainers answered.
    #[serde(default)]
    pub reply: Option<String>,
    /// When it was written.
    pub written: String,
    /// When it was changed last, if it was.
    #[serde(default)]
    pub edited: Option<String>,
}
