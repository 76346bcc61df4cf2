//! Reports of the conformance kit, form `fapilog-conformance/1`.

use serde::{Deserialize, Serialize};

/// What the kit found out about one plugin.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConformanceReport {
    /// Name of its class or entry point.
    pub plugin: String,
    /// Its kind.
    pub kind: String,
    /// Version of the core.
    pub core: String,
    /// Whether no check failed.
    pub passed: bool,
    /// One for each number of the contract.
    pub results: Vec<CheckResult>,
}

/// What one check found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckResult {
    /// Number of the contract.
    pub number: String,
    /// Name of the check.
    pub name: String,
    /// `passed`, `failed` or `not-checked`.
    pub status: String,
    /// What the plugin did, or why it was not checked.
    #[serde(default)]
    pub reason: String,
    /// How long the check took.
    #[serde(default)]
    pub seconds: f64,
}

impl ConformanceReport {
    /// How many checks have a status.
    pub fn count(&self, status: &str) -> usize {
        self.with(status).count()
    }

    /// The checks with a status.
    pub fn with<'a>(&'a self, status: &'a str) -> impl Iterator<Item = &'a CheckResult> {
        self.results.iter().filter(move |one| one.status == status)
    }
}
