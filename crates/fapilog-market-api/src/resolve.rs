//! `GET /api/v1/resolve`: which versions go with a core and a Python.

use serde::{Deserialize, Serialize};

/// A version in its normal form (PEP 440).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "openapi",
    schema(
        pattern = r"^[0-9]{1,9}(\.[0-9]{1,9}){0,9}((a|b|rc)[0-9]{1,9})?(\.post[0-9]{1,9})?(\.dev[0-9]{1,9})?$",
    )
)]
pub struct VersionText(pub String);

/// Name of a distribution, in any spelling that PEP 503 takes for the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "openapi",
    schema(
        max_length = 128,
        pattern = r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$",
    )
)]
pub struct DistributionName(pub String);

/// For each plugin that was named the newest version that goes with the core and the Python.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Resolution {
    /// The version of the core.
    pub core: String,
    /// The version of Python, if one was given.
    #[serde(default)]
    pub python: Option<String>,
    /// In the order in which they were named.
    pub plugins: Vec<Resolved>,
}

/// The version of one plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Resolved {
    /// Normalised name.
    pub name: String,
    /// Whether the plugin is known here.
    pub known: bool,
    /// The newest final version that fits and isn't yanked; absent when none does.
    #[serde(default)]
    pub version: Option<String>,
    /// What to write after `pip install`, `name==version`; absent like the version.
    #[serde(default)]
    pub requirement: Option<String>,
    /// The newest version of all, whether it fits or not.
    #[serde(default)]
    pub latest_version: Option<String>,
    /// Why the newest version of all isn't the one that was chosen.
    #[serde(default)]
    pub reason: Option<String>,
}
