//! Errors (RFC 9457, `application/problem+json`).

use serde::{Deserialize, Serialize};

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `about:blank`: the status and [`Problem::id`] say what it is.
    #[serde(rename = "type", default = "blank")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What failed, with which value, and what was expected.
    pub detail: String,
    /// Stable identifier of the error.
    pub id: String,
    /// What to do about it.
    #[serde(default)]
    pub hint: String,
}

fn blank() -> String {
    "about:blank".to_owned()
}
