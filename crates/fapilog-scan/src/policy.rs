//! Levels, and which rules block at each.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::report::{Family, Finding, Outcome, Severity, Verdict};
use crate::rules;

/// How much is asked of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It does no harm that can be seen, and it can be installed.
    Community,
    /// It is also well made: typed, documented, tested, with known maintainers.
    Verified,
    /// Nothing at all is left open, and the judge itself was confined.
    Enterprise,
}

impl Level {
    /// All levels, from the least to the most demanding.
    pub const ALL: [Self; 3] = [Self::Community, Self::Verified, Self::Enterprise];

    /// The level's word: `community`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Community => "community",
            Self::Verified => "verified",
            Self::Enterprise => "enterprise",
        }
    }
}

/// What happens to a rule's findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// They are not reported.
    Ignore,
    /// They are reported, and block nothing.
    Report,
    /// They block.
    Block,
}

/// What one level asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LevelPolicy {
    /// Findings from this severity on block, unless `rules` says otherwise.
    pub block_from: Severity,
    /// Security findings up to this severity may be suppressed by the package's author; those above
    /// block although suppressed.
    pub suppress_up_to: Severity,
    /// Rules with an action of their own, by id.
    #[serde(default)]
    pub rules: BTreeMap<String, Action>,
}

/// Which rules block at which level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    levels: BTreeMap<Level, LevelPolicy>,
}

/// A policy file as written: what it leaves out is as by default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    #[serde(default)]
    levels: BTreeMap<Level, LevelFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct LevelFile {
    block_from: Option<Severity>,
    suppress_up_to: Option<Severity>,
    #[serde(default)]
    rules: BTreeMap<String, Action>,
}

/// Why a policy file can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It is no TOML, or has unknown keys or values.
    #[error("the policy can't be read: {detail}")]
    Malformed {
        /// The parser's reason, with the line.
        detail: String,
    },
    /// It names a rule that does not exist.
    #[error("the policy names the rule `{given}` at level `{level}`, which does not exist")]
    UnknownRule {
        /// The id in the file.
        given: String,
        /// At which level.
        level: &'static str,
        /// The most similar rule.
        nearest: &'static str,
    },
}

impl PolicyError {
    /// Stable identifier.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "bad-policy",
            Self::UnknownRule { .. } => "unknown-rule",
        }
    }

    /// What to do about it, in one line.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Malformed { .. } => {
                "[levels.community] may hold block-from, suppress-up-to and a table rules"
                    .to_owned()
            }
            Self::UnknownRule { nearest, .. } => {
                format!("the rule with the most similar name is `{nearest}`")
            }
        }
    }
}

/// Quality rules that block from level `verified` on, though their findings are warnings.
const VERIFIED_QUALITY: [&str; 9] = [
    "changelog",
    "core-range",
    "distribution-name",
    "licence",
    "maintainers",
    "project-links",
    "readme-sections",
    "tests-present",
    "typing-marker",
];

impl Default for Policy {
    /// `community` blocks errors; `verified` also the warnings of the basic quality gates;
    /// `enterprise` every warning, and accepts no suppressed security finding.
    fn default() -> Self {
        let level = |block_from, suppress_up_to, rules| LevelPolicy {
            block_from,
            suppress_up_to,
            rules,
        };
        let quality = VERIFIED_QUALITY.map(|id| (id.to_owned(), Action::Block));
        let levels = BTreeMap::from([
            (
                Level::Community,
                level(Severity::Error, Severity::Warning, BTreeMap::new()),
            ),
            (
                Level::Verified,
                level(Severity::Error, Severity::Warning, BTreeMap::from(quality)),
            ),
            (
                Level::Enterprise,
                level(Severity::Warning, Severity::Note, BTreeMap::new()),
            ),
        ]);
        Self { levels }
    }
}

impl FromStr for Policy {
    type Err = PolicyError;

    /// Reads a policy file; levels and keys that it leaves out are as by default.
    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let file: PolicyFile = toml::from_str(text).map_err(|error| PolicyError::Malformed {
            detail: error.to_string().trim().replace('\n', " "),
        })?;
        let mut policy = Self::default();
        for (level, given) in file.levels {
            for id in given.rules.keys() {
                if rules::find(id).is_none() {
                    return Err(PolicyError::UnknownRule {
                        given: fapilog_package::name::shorten(id),
                        level: level.word(),
                        nearest: rules::nearest(id),
                    });
                }
            }
            if let Some(known) = policy.levels.get_mut(&level) {
                known.block_from = given.block_from.unwrap_or(known.block_from);
                known.suppress_up_to = given.suppress_up_to.unwrap_or(known.suppress_up_to);
                known.rules.extend(given.rules);
            }
        }
        Ok(policy)
    }
}

impl Policy {
    fn at(&self, level: Level) -> Option<&LevelPolicy> {
        self.levels.get(&level)
    }

    /// What happens to a finding at a level.
    #[must_use]
    pub fn action(&self, level: Level, finding: &Finding) -> Action {
        let Some(policy) = self.at(level) else {
            return Action::Block;
        };
        let by_severity = match finding.severity >= policy.block_from {
            true => Action::Block,
            false => Action::Report,
        };
        let action = policy.rules.get(&finding.rule).copied();
        let action = action.unwrap_or(by_severity);
        let may_suppress =
            finding.family == Family::Quality || finding.severity <= policy.suppress_up_to;
        match (action, &finding.suppressed) {
            (Action::Block, Some(_)) if may_suppress => Action::Report,
            _ => action,
        }
    }

    /// The verdict at a level.
    #[must_use]
    pub fn verdict(&self, level: Level, findings: &[Finding]) -> Verdict {
        let mut blocking: Vec<String> = findings
            .iter()
            .filter(|finding| self.action(level, finding) == Action::Block)
            .map(|finding| finding.rule.clone())
            .collect();
        blocking.sort();
        blocking.dedup();
        let outcome = if blocking.is_empty() {
            Outcome::Pass
        } else {
            Outcome::Fail
        };
        Verdict { outcome, blocking }
    }
}
