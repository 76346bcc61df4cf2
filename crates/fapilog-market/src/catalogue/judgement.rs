//! How the files of a version were judged, taken together.

use std::collections::BTreeSet;

use fapilog_market_api::ScanSummary;
use fapilog_scan::capability::Capability;

use crate::queries::files::FileRow;
use crate::queries::scans::{ScanRow, verdict};

/// How all files of a version were judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The worst verdict of a file.
    pub verdict: String,
    /// What was asked of them.
    pub level: String,
    /// Findings that reject, in the file with the most of them.
    pub errors: u64,
    /// Findings that should be repaired or explained, likewise.
    pub warnings: u64,
    /// What is worth knowing, likewise.
    pub notes: u64,
    /// What any of the files uses.
    pub capabilities: BTreeSet<Capability>,
}

impl Judgement {
    /// Takes the judgements of a version's files together; nothing when one of them was not judged.
    #[must_use]
    pub fn of_version(version: &str, files: &[FileRow], scans: &[ScanRow]) -> Option<Self> {
        let own = files.iter().filter(|file| file.version == version);
        let scanned: Option<Vec<&ScanRow>> = own
            .map(|file| scans.iter().find(|scan| scan.filename == file.filename))
            .collect();
        let scanned = scanned?;
        let worst = scanned.iter().max_by_key(|scan| badness(scan))?;
        let most = |of: fn(&ScanRow) -> i64| {
            let count = scanned.iter().map(|scan| of(scan)).max().unwrap_or(0);
            u64::try_from(count).unwrap_or(0)
        };
        let words = scanned
            .iter()
            .flat_map(|scan| scan.capabilities.split_whitespace());
        Some(Self {
            verdict: worst.verdict.clone(),
            level: worst.level.clone(),
            errors: most(|scan| scan.errors),
            warnings: most(|scan| scan.warnings),
            notes: most(|scan| scan.notes),
            capabilities: words.filter_map(Capability::parse).collect(),
        })
    }

    /// What it can do that the version before could not: `now opens network connections`.
    #[must_use]
    pub fn gained(&self, before: &Self) -> Vec<String> {
        self.capabilities
            .difference(&before.capabilities)
            .map(|capability| format!("now {}", capability.sentence()))
            .collect()
    }

    /// What it uses, in words: `network`.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let words = self.capabilities.iter().map(|one| one.word().to_owned());
        words.collect()
    }

    /// As the API tells it.
    #[must_use]
    pub fn summary(&self, before: Option<&Self>) -> ScanSummary {
        ScanSummary {
            verdict: self.verdict.clone(),
            level: self.level.clone(),
            errors: self.errors,
            warnings: self.warnings,
            notes: self.notes,
            capabilities: self.words(),
            gained: before.map(|before| self.gained(before)).unwrap_or_default(),
        }
    }
}

fn badness(scan: &ScanRow) -> u8 {
    match scan.verdict.as_str() {
        verdict::PASSED => 0,
        verdict::WARNINGS => 1,
        _ => 2,
    }
}
