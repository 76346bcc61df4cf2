//! What a new version can do that the old one could not.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::capability::{Capability, Use};
use crate::report::{Report, Severity};

/// The difference between two judged versions of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// File name of the old version.
    pub old: String,
    /// File name of the new version.
    pub new: String,
    /// Capabilities that only the new version uses, each with a sentence: `now opens network
    /// connections`.
    pub gained: Vec<Gained>,
    /// Capabilities that only the old version used.
    pub lost: Vec<Capability>,
    /// Hosts, programs, variables and files that only the new version names, where the capability
    /// itself is not new.
    pub details: Vec<Use>,
    /// Rules that find something, as a warning or error, only in the new version.
    pub new_findings: Vec<String>,
}

/// A capability that is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gained {
    /// The capability.
    pub capability: Capability,
    /// `now opens network connections`.
    pub sentence: String,
    /// The places of its use.
    pub uses: Vec<Use>,
}

impl Difference {
    /// Compares two reports.
    #[must_use]
    pub fn between(old: &Report, new: &Report) -> Self {
        let (before, after) = (old.capabilities.kinds(), new.capabilities.kinds());
        let gained = after.difference(&before).map(|capability| Gained {
            capability: *capability,
            sentence: format!("now {}", capability.sentence()),
            uses: uses_of(new, *capability),
        });
        let known: BTreeSet<_> = old
            .capabilities
            .used
            .iter()
            .map(|used| (used.capability, &used.detail))
            .collect();
        let is_new_detail = |used: &&Use| {
            used.detail.is_some()
                && before.contains(&used.capability)
                && !known.contains(&(used.capability, &used.detail))
        };
        let mut details: Vec<Use> = Vec::new();
        for used in new.capabilities.used.iter().filter(is_new_detail) {
            let same =
                |other: &Use| (other.capability, &other.detail) == (used.capability, &used.detail);
            if !details.iter().any(same) {
                details.push(used.clone());
            }
        }
        let (old_rules, new_rules) = (rules_of(old), rules_of(new));
        Self {
            old: old.artifact.filename.clone(),
            new: new.artifact.filename.clone(),
            gained: gained.collect(),
            lost: before.difference(&after).copied().collect(),
            details,
            new_findings: new_rules.difference(&old_rules).cloned().collect(),
        }
    }

    /// Whether the new version can do more than the old one.
    #[must_use]
    pub fn is_more(&self) -> bool {
        !(self.gained.is_empty() && self.details.is_empty() && self.new_findings.is_empty())
    }
}

fn uses_of(report: &Report, capability: Capability) -> Vec<Use> {
    let uses = report.capabilities.used.iter();
    uses.filter(|used| used.capability == capability)
        .cloned()
        .collect()
}

fn rules_of(report: &Report) -> BTreeSet<String> {
    let counted = |finding: &&crate::report::Finding| finding.severity > Severity::Note;
    let findings = report.findings.iter().filter(counted);
    findings.map(|finding| finding.rule.clone()).collect()
}
