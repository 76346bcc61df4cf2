//! What a judgement says. The report's JSON form is specified in `docs/specs/scan-report.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::capability::Capabilities;
use crate::policy::{Level, Policy};

/// Version of the report's JSON form; a new number when a field changes its meaning or goes.
pub const FORMAT: u32 = 1;

/// How bad a finding is. The order is from harmless to harmful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Should be repaired, or explained.
    Warning,
    /// Must be repaired.
    Error,
}

impl Severity {
    /// The word in reports: `note`, `warning`, `error`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Whether the package is well made.
    Quality,
    /// Whether it does harm.
    Security,
    /// What it depends on.
    Dependencies,
}

impl Family {
    /// The word in reports: `quality`, `security`, `dependencies`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Quality => "quality",
            Self::Security => "security",
            Self::Dependencies => "dependencies",
        }
    }
}

/// One thing that a rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable id of the rule: `process-shell`.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What the rule is about.
    pub family: Family,
    /// What was found, in one sentence.
    pub message: String,
    /// Why it matters.
    pub reason: String,
    /// How to repair it.
    pub hint: String,
    /// Path within the package, with `/`; none for what concerns the whole package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Where in the file, for text files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Why the author says that it is right so. A suppressed finding blocks nothing, where the
    /// policy allows that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<String>,
}

/// A place in a text file. Lines and columns are counted from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column after the last character.
    pub end_column: u32,
    /// The text of the first line, shortened around the place; invisible characters are escaped.
    pub excerpt: String,
    /// Characters of the excerpt before the place.
    pub excerpt_start: u32,
    /// Characters of the excerpt that belong to the place.
    pub excerpt_length: u32,
}

/// Whether a rule that asks for something was satisfied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// The rule's id.
    pub rule: String,
    /// Whether it found nothing wrong.
    pub passed: bool,
}

/// Outcome at one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing blocks.
    Pass,
    /// Something blocks.
    Fail,
    /// The judge crashed, took too long, or could not confine itself. Never a pass.
    CouldNotBeJudged,
}

/// The verdict at one level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether the package passes.
    pub outcome: Outcome,
    /// Ids of the rules that block, sorted.
    pub blocking: Vec<String>,
}

/// What limits the judge worked under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Confinement {
    /// A process of its own, with limits on memory, time and open files.
    pub limits: bool,
    /// No access to the file system and to TCP (Landlock, all that was asked for).
    pub landlock: bool,
    /// Only system calls that computing needs (seccomp): no network, no programs, no files.
    pub seccomp: bool,
}

impl Confinement {
    /// Whether nothing that the judge reads could make it do harm.
    #[must_use]
    pub const fn is_full(self) -> bool {
        self.limits && self.landlock && self.seccomp
    }
}

/// The file that was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// File name: `fapilog_acme-1.0-py3-none-any.whl`.
    pub filename: String,
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
    /// Size in bytes.
    pub size_bytes: u64,
}

/// What the package says it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plugin {
    /// Distribution name, normalised: `fapilog-acme`.
    pub name: String,
    /// Version.
    pub version: String,
    /// Names at the entry points of `fapilog.plugins`.
    pub entry_points: Vec<String>,
    /// What the plugins can be told, as far as the source says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub configuration: Vec<Configuration>,
}

/// The configuration of one plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// The name at its entry point.
    pub plugin: String,
    /// Its options, in the order of the source; at most 64.
    pub options: Vec<ConfigurationOption>,
}

/// One option. Texts are on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigurationOption {
    /// Its name.
    pub name: String,
    /// Its type, as the source writes it; at most 200 characters.
    #[serde(rename = "type")]
    pub annotation: String,
    /// Its default, as the source writes it; none where a value must be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What it is for; at most 400 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A judgement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of this form: [`FORMAT`].
    pub format: u32,
    /// Version of the rules; the same rules over the same bytes give the same report.
    pub rules_version: String,
    /// What was judged.
    pub artifact: Artifact,
    /// What it says it is; none when the package could not be read.
    pub plugin: Option<Plugin>,
    /// Everything found, sorted by file, line and rule.
    pub findings: Vec<Finding>,
    /// What the code can do, and what it says it needs.
    pub capabilities: Capabilities,
    /// Score from 0 to 100 for how much this looks like an attack; see
    /// `docs/concepts/judging-plugins.md`.
    pub threat_score: u8,
    /// Every quality rule, passed or not, sorted.
    pub gates: Vec<Gate>,
    /// The verdict at each level.
    pub verdicts: BTreeMap<Level, Verdict>,
    /// What limits the judge worked under.
    pub confinement: Confinement,
}

impl Report {
    /// The outcome at a level; a level that the report doesn't know could not be judged.
    #[must_use]
    pub fn outcome(&self, level: Level) -> Outcome {
        let verdict = self.verdicts.get(&level);
        verdict.map_or(Outcome::CouldNotBeJudged, |verdict| verdict.outcome)
    }

    /// Sorts the findings, and says what they mean at each level.
    pub(crate) fn decide(&mut self, policy: &Policy) {
        self.findings.sort_by(|a, b| order(a).cmp(&order(b)));
        self.findings.dedup();
        for level in Level::ALL {
            self.verdicts
                .insert(level, policy.verdict(level, &self.findings));
        }
        self.confine(self.confinement);
    }

    /// States what limits were in force; without all of them nothing passes at `enterprise`.
    pub(crate) fn confine(&mut self, confinement: Confinement) {
        self.confinement = confinement;
        if let Some(verdict) = self.verdicts.get_mut(&Level::Enterprise)
            && !confinement.is_full()
        {
            verdict.outcome = Outcome::CouldNotBeJudged;
        }
    }

    /// A report about a file that the judge could not get through.
    #[must_use]
    pub fn not_judged(artifact: Artifact, detail: &str) -> Self {
        let mut report = Self {
            format: FORMAT,
            rules_version: crate::rules_version(),
            artifact,
            plugin: None,
            findings: vec![crate::rules::NOT_JUDGED.finding(detail.to_owned())],
            capabilities: Capabilities::default(),
            threat_score: 0,
            gates: Vec::new(),
            verdicts: BTreeMap::new(),
            confinement: Confinement::default(),
        };
        let verdict = Verdict {
            outcome: Outcome::CouldNotBeJudged,
            blocking: vec![crate::rules::NOT_JUDGED.id.to_owned()],
        };
        for level in Level::ALL {
            report.verdicts.insert(level, verdict.clone());
        }
        report
    }
}

fn order(finding: &Finding) -> (&str, u32, u32, &str, &str) {
    let place = finding.place.as_ref();
    (
        finding.file.as_deref().unwrap_or_default(),
        place.map_or(0, |place| place.line),
        place.map_or(0, |place| place.column),
        &finding.rule,
        &finding.message,
    )
}
