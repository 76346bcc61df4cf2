//! What a rule is, and what it writes down.

use ruff_text_size::TextRange;

use crate::lines::printable;
use crate::module::Module;
use crate::package::{File, Package};
use crate::report::{Family, Finding, Place, Severity};

/// Most findings that one rule reports for one package.
const MOST_FINDINGS: usize = 50;
/// Longest message in characters; names in it come from the package.
const MAX_MESSAGE_CHARS: usize = 400;

/// A rule: its text, and the function that applies it.
#[derive(Debug)]
pub struct Rule {
    /// Stable id: `process-shell`. Never given to another rule.
    pub id: &'static str,
    /// What it is about.
    pub family: Family,
    /// How bad a finding usually is.
    pub severity: Severity,
    /// What it asks or looks for, in a few words.
    pub title: &'static str,
    /// Why it matters.
    pub reason: &'static str,
    /// How to repair it.
    pub hint: &'static str,
    pub(crate) threat: Option<Threat>,
    pub(crate) check: Check,
}

/// Part of an attack that a finding may be; see `threat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Threat {
    pub stage: Stage,
    /// How seldom honest code does this, 0 to 10.
    pub specificity: u8,
}

/// Stages of an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Runs without being asked: at import or installation.
    Trigger,
    /// Hides what it does.
    Hide,
    /// Gets at secrets.
    Collect,
    /// Sends them out.
    Send,
    /// Runs foreign code.
    Execute,
    /// Stays on the machine.
    Persist,
}

/// To what a rule is applied.
pub(crate) enum Check {
    /// Each Python file.
    Module(fn(&Module<'_>, &mut Found<'_>)),
    /// The whole package, after all its files.
    Package(fn(&Package, &mut Found<'_>)),
    /// The bytes of each file.
    File(fn(&File<'_>, &mut Found<'_>)),
    /// The judge itself finds it.
    Judge,
}

impl std::fmt::Debug for Check {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Module(_) => "Module",
            Self::Package(_) => "Package",
            Self::File(_) => "File",
            Self::Judge => "Judge",
        })
    }
}

impl Rule {
    /// A finding about the whole package.
    pub(crate) fn finding(&self, message: String) -> Finding {
        let message: String = message.chars().take(MAX_MESSAGE_CHARS).collect();
        Finding {
            rule: self.id.to_owned(),
            severity: self.severity,
            family: self.family,
            message: printable(&message),
            reason: self.reason.to_owned(),
            hint: self.hint.to_owned(),
            file: None,
            place: None,
            suppressed: None,
        }
    }
}

/// Where a rule writes down what it found.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    rule: &'a Rule,
    findings: &'a mut Vec<Finding>,
    /// Findings of this rule so far, over all files.
    count: &'a mut usize,
    /// Set when the rule has nothing to say about this kind of package.
    pub(crate) not_applicable: bool,
}

impl<'a> Found<'a> {
    pub(crate) fn new(
        rule: &'a Rule,
        findings: &'a mut Vec<Finding>,
        count: &'a mut usize,
    ) -> Self {
        Self {
            rule,
            findings,
            count,
            not_applicable: false,
        }
    }

    fn push(&mut self, finding: Finding) {
        *self.count += 1;
        if *self.count <= MOST_FINDINGS {
            self.findings.push(finding);
        } else if *self.count == MOST_FINDINGS + 1 {
            let message =
                format!("more than {MOST_FINDINGS} findings of this rule; the rest is not listed");
            self.findings.push(self.rule.finding(message));
        }
    }

    /// Something about the whole package.
    pub(crate) fn package(&mut self, message: impl Into<String>) {
        self.package_as(self.rule.severity, message);
    }

    /// Something about the whole package, of another severity than usual.
    pub(crate) fn package_as(&mut self, severity: Severity, message: impl Into<String>) {
        let finding = Finding {
            severity,
            ..self.rule.finding(message.into())
        };
        self.push(finding);
    }

    /// Something about a file as a whole.
    pub(crate) fn file(&mut self, path: &str, message: impl Into<String>) {
        self.file_as(self.rule.severity, path, message);
    }

    /// Something about a file as a whole, of another severity than usual.
    pub(crate) fn file_as(&mut self, severity: Severity, path: &str, message: impl Into<String>) {
        let finding = Finding {
            severity,
            file: Some(path.to_owned()),
            ..self.rule.finding(message.into())
        };
        self.push(finding);
    }

    /// Something at a place that is known already.
    pub(crate) fn place(&mut self, path: &str, place: &Place, message: impl Into<String>) {
        self.place_as(self.rule.severity, path, place, message);
    }

    /// Something at a place that is known already, of another severity than usual.
    pub(crate) fn place_as(
        &mut self,
        severity: Severity,
        path: &str,
        place: &Place,
        message: impl Into<String>,
    ) {
        let finding = Finding {
            severity,
            file: Some(path.to_owned()),
            place: Some(place.clone()),
            ..self.rule.finding(message.into())
        };
        self.push(finding);
    }

    /// Something in the source of a module.
    pub(crate) fn at(&mut self, module: &Module<'_>, range: TextRange, message: impl Into<String>) {
        self.at_as(self.rule.severity, module, range, message);
    }

    /// Something in the source of a module, of another severity than usual.
    pub(crate) fn at_as(
        &mut self,
        severity: Severity,
        module: &Module<'_>,
        range: TextRange,
        message: impl Into<String>,
    ) {
        let finding = Finding {
            severity,
            file: Some(module.path.to_owned()),
            place: Some(module.place(range)),
            ..self.rule.finding(message.into())
        };
        self.push(finding);
    }
}
