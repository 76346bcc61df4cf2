//! What a judgement may be told.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::policy::{Level, Policy};

/// How a package is judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// The level that the caller asks about; the report has the verdict at each. At `enterprise` the
    /// confined judge refuses to work where it can't confine itself.
    pub level: Level,
    /// Which rules block.
    pub policy: Policy,
    /// Only security rules and those about dependencies.
    pub security_only: bool,
    /// Findings that the caller accepts, each with a reason: the table of a project's own
    /// `pyproject.toml`.
    #[serde(default)]
    pub allow: Vec<Allow>,
    /// Bounds of the confined judge.
    pub limits: Limits,
}

/// A finding that is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allow {
    /// The rule's id.
    pub rule: String,
    /// Why it is right so.
    pub reason: String,
    /// Only in this file, or in files below this folder when it ends with `/`.
    #[serde(default)]
    pub file: Option<String>,
}

/// Bounds of the confined judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Most memory in bytes, for address space.
    pub memory_bytes: u64,
    /// Most processor time in seconds.
    pub cpu_s: u64,
    /// Longest time in milliseconds until the report must be there.
    pub wall_ms: u64,
    /// Largest report in bytes.
    pub report_bytes: u64,
    /// Largest artifact in bytes.
    pub artifact_bytes: u64,
}

impl Limits {
    pub(crate) const fn wall(&self) -> Duration {
        Duration::from_millis(self.wall_ms)
    }
}

impl Default for Limits {
    /// 1 GiB of address space, of which the stack that is reserved takes a part, 30 s of processor
    /// time, 60 s in all, 16 MiB of report, 100 MiB of artifact: what the largest wheels of pure
    /// Python need, ten times over.
    fn default() -> Self {
        Self {
            memory_bytes: 1024 * 1024 * 1024,
            cpu_s: 30,
            wall_ms: 60_000,
            report_bytes: 16 * 1024 * 1024,
            artifact_bytes: 100 * 1024 * 1024,
        }
    }
}

impl Default for Options {
    /// Level `community`, the built-in policy, all rules.
    fn default() -> Self {
        Self {
            level: Level::Community,
            policy: Policy::default(),
            security_only: false,
            allow: Vec::new(),
            limits: Limits::default(),
        }
    }
}
