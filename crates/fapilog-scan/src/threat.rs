//! How much a package looks like an attack.
//!
//! One dangerous call says little: honest plugins start programs and open connections. Attacks join
//! several stages, and use means that honest code has no use for. The score counts findings only in
//! files that can reach outside of the process, and weighs how bad the worst of them is (30), how
//! seldom honest code does it (30), how many stages there are (20), and whether they are hidden (20).

use std::collections::{BTreeMap, BTreeSet};

use crate::capability::Capabilities;
use crate::report::{Finding, Severity};
use crate::rule::{Stage, Threat};
use crate::rules;

/// Scores from here on are an error.
pub(crate) const ATTACK: u8 = 60;

/// Stages that make a chain complete.
const WHOLE_CHAIN: usize = 4;

fn threat_of(finding: &Finding) -> Option<Threat> {
    rules::find(&finding.rule).and_then(|rule| rule.threat)
}

/// The highest score of any file.
pub(crate) fn score(findings: &[Finding], capabilities: &Capabilities) -> u8 {
    let mut files: BTreeMap<&str, Vec<(&Finding, Threat)>> = BTreeMap::new();
    for finding in findings {
        if let (Some(threat), Some(file)) = (threat_of(finding), &finding.file) {
            files.entry(file).or_default().push((finding, threat));
        }
    }
    let scores = files.iter().map(|(file, threats)| {
        let reaches_out = capabilities.used.iter().any(|used| used.file == *file)
            || threats
                .iter()
                .any(|(_, threat)| threat.stage == Stage::Execute);
        score_of(threats, reaches_out)
    });
    scores.max().unwrap_or(0)
}

fn score_of(threats: &[(&Finding, Threat)], reaches_out: bool) -> u8 {
    if !reaches_out {
        return 0;
    }
    let worst = threats.iter().map(|(finding, _)| finding.severity).max();
    let severity: usize = match worst {
        Some(Severity::Error) => 30,
        Some(Severity::Warning) => 15,
        _ => 0,
    };
    let specific = threats.iter().map(|(_, threat)| threat.specificity).max();
    let specificity = usize::from(specific.unwrap_or(0)) * 3;
    let stages: BTreeSet<Stage> = threats.iter().map(|(_, threat)| threat.stage).collect();
    let chain = match stages.len() {
        0 | 1 => 0,
        count => count.min(WHOLE_CHAIN) * 20 / WHOLE_CHAIN,
    };
    // What is hidden counts together with what it would hide.
    let hidden = match stages.contains(&Stage::Hide) && stages.len() > 1 {
        true => 20,
        false => 0,
    };
    u8::try_from(severity + specificity + chain + hidden)
        .unwrap_or(100)
        .min(100)
}

/// What is said about a score that is high.
pub(crate) fn message(score: u8, findings: &[Finding]) -> Option<String> {
    if score < ATTACK {
        return None;
    }
    let mut rules: Vec<&str> = findings
        .iter()
        .filter(|finding| threat_of(finding).is_some())
        .map(|finding| finding.rule.as_str())
        .collect();
    rules.sort_unstable();
    rules.dedup();
    Some(format!(
        "the code looks like an attack (score {score} of 100): {}",
        rules.join(", ")
    ))
}
