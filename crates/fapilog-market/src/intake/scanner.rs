//! What uploads are judged by: the scan in its confined child process, with the operator's level,
//! policy and advisories.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::SystemTime;

use axum::http::StatusCode;
use fapilog_package::osv::OsvDatabase;
use fapilog_scan::confined::{self, ConfinedError};
use fapilog_scan::options::Limits;
use fapilog_scan::{Level, Options, Policy, Report, advisories, rules_version};
use sha2::{Digest as _, Sha256};

use crate::error::MarketError;

/// Largest report that is kept; the longest one of a real package has a tenth of that.
const MAX_REPORT_BYTES: u64 = 4 * 1024 * 1024;

/// What the operator asks of uploads.
#[derive(Debug, Clone)]
pub struct ScanSettings {
    /// The level that a file must pass; without one nothing is scanned.
    pub level: Option<Level>,
    /// Which rules block at which level.
    pub policy: Policy,
    /// An OSV export: one file, which may be replaced while the server runs.
    pub advisories: Option<PathBuf>,
    /// The program that is started to judge; this one unless given.
    pub program: Option<PathBuf>,
}

impl Default for ScanSettings {
    fn default() -> Self {
        Self {
            level: Some(Level::Community),
            policy: Policy::default(),
            advisories: None,
            program: None,
        }
    }
}

/// Which version of a file was read.
type Stamp = (Option<SystemTime>, u64);

/// Advisories as they were read last.
#[derive(Debug, Default)]
struct Advisories {
    stamp: Option<Stamp>,
    digest: String,
    database: Option<OsvDatabase>,
}

/// The judge of one server.
#[derive(Debug)]
pub struct Scanner {
    settings: ScanSettings,
    limits: Limits,
    policy_digest: String,
    advisories: RwLock<Arc<Advisories>>,
}

impl Scanner {
    /// Reads what the settings name.
    ///
    /// # Errors
    ///
    /// `advisories` when the export can't be read; `internal`.
    pub fn open(settings: ScanSettings, max_upload_bytes: u64) -> Result<Self, MarketError> {
        let policy = serde_json::to_vec(&settings.policy);
        let policy = policy.map_err(|error| MarketError::internal(&error))?;
        let advisories = match &settings.advisories {
            Some(path) => read_advisories(path)?,
            None => Advisories::default(),
        };
        let limits = Limits::default();
        Ok(Self {
            limits: Limits {
                artifact_bytes: limits.artifact_bytes.max(max_upload_bytes),
                report_bytes: MAX_REPORT_BYTES,
                ..limits
            },
            policy_digest: short_digest(&policy),
            advisories: RwLock::new(Arc::new(advisories)),
            settings,
        })
    }

    /// The level that files must pass.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        self.settings.level
    }

    /// Which rules judge. A file that other rules have judged is judged again.
    #[must_use]
    pub fn rules(&self) -> String {
        let structure = env!("CARGO_PKG_VERSION");
        match self.settings.level {
            None if self.settings.advisories.is_none() => format!("structure-{structure}"),
            // They touch what is published, scanned or not.
            None => format!(
                "structure-{structure} advisories-{}",
                self.advisories().digest
            ),
            Some(level) => format!(
                "structure-{structure} scan-{} level-{} policy-{} advisories-{}",
                rules_version(),
                level.word(),
                self.policy_digest,
                self.advisories().digest,
            ),
        }
    }

    /// Reads the advisories anew when their file has changed. One that can't be read leaves those
    /// that were read before.
    ///
    /// # Errors
    ///
    /// `advisories`.
    pub fn look_for_advisories(&self) -> Result<(), MarketError> {
        let Some(path) = &self.settings.advisories else {
            return Ok(());
        };
        let known = self.advisories().stamp;
        if known.is_some() && known == stamp(path).ok() {
            return Ok(());
        }
        let read = read_advisories(path)?;
        tracing::info!(digest = read.digest, "the advisories were read anew");
        if let Ok(mut own) = self.advisories.write() {
            *own = Arc::new(read);
        }
        Ok(())
    }

    /// Does something with the advisories, if there are any.
    pub fn with_advisories<T>(&self, work: impl FnOnce(&OsvDatabase) -> T) -> Option<T> {
        self.advisories().database.as_ref().map(work)
    }

    /// Judges a file; `None` when nothing is scanned. Blocks until there is a report, at most a
    /// minute. What offers no plugins is judged by the rules on security alone: `offers_plugins`
    /// says whether it does, where that is known.
    ///
    /// # Errors
    ///
    /// When the judge can't be started or confined.
    pub fn scan(
        &self,
        file: &Path,
        offers_plugins: Option<bool>,
    ) -> Result<Option<Report>, ConfinedError> {
        let Some(level) = self.settings.level else {
            return Ok(None);
        };
        let report = self.judge(file, level, offers_plugins == Some(false))?;
        let plugin = report.plugin.as_ref();
        // A source archive says only when it is read whether it has plugins.
        if offers_plugins.is_none() && plugin.is_some_and(|plugin| plugin.entry_points.is_empty()) {
            return self.judge(file, level, true).map(Some);
        }
        Ok(Some(report))
    }

    fn judge(
        &self,
        file: &Path,
        level: Level,
        security_only: bool,
    ) -> Result<Report, ConfinedError> {
        let options = Options {
            level,
            policy: self.settings.policy.clone(),
            security_only,
            limits: self.limits,
            ..Options::default()
        };
        let mut report = match &self.settings.program {
            Some(program) => confined::judge_with(program, file, &options)?,
            None => confined::judge(file, &options)?,
        };
        if let Some(database) = &self.advisories().database {
            advisories::add_findings(&mut report, file, database, &options).map_err(|source| {
                ConfinedError::Unreadable {
                    path: file.to_owned(),
                    source,
                }
            })?;
        }
        Ok(report)
    }

    fn advisories(&self) -> Arc<Advisories> {
        let read = self.advisories.read();
        read.map(|own| Arc::clone(&own)).unwrap_or_default()
    }
}

fn read_advisories(path: &Path) -> Result<Advisories, MarketError> {
    let wrong = |message: String| {
        MarketError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "advisories",
            message,
            "give the `all.zip` or one JSON file of an OSV export for PyPI with `--advisories`",
        )
    };
    let unreadable = |error: io::Error| wrong(format!("`{}`: {error}", path.display()));
    // Before the contents: what is written in between is seen the next time.
    let stamp = stamp(path).map_err(unreadable)?;
    let digest = digest_of(path).map_err(unreadable)?;
    let database = OsvDatabase::open(path).map_err(|error| wrong(error.to_string()))?;
    Ok(Advisories {
        stamp: Some(stamp),
        digest,
        database: Some(database),
    })
}

fn stamp(path: &Path) -> io::Result<Stamp> {
    let metadata = path.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    Ok((metadata.modified().ok(), metadata.len()))
}

fn digest_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = file.read(&mut buffer)?;
        match buffer.get(..count).filter(|read| !read.is_empty()) {
            Some(read) => hasher.update(read),
            None => return Ok(shortened(&hasher.finalize())),
        }
    }
}

fn short_digest(bytes: &[u8]) -> String {
    shortened(&Sha256::digest(bytes))
}

/// 64 bits tell one operator's files apart.
fn shortened(digest: &[u8]) -> String {
    hex::encode(digest).chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADVISORY: &str = r#"{"id": "PYSEC-1", "modified": "2026-01-01T00:00:00Z", "affected": [
        {"package": {"ecosystem": "PyPI", "name": "jinja2"}, "versions": ["2.10"]}]}"#;

    #[test]
    fn other_rules_have_another_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("osv.json");
        let rules = |settings| Scanner::open(settings, 1).unwrap().rules();
        let with = |level| ScanSettings {
            level,
            ..ScanSettings::default()
        };
        let mut all = vec![rules(with(None)), rules(ScanSettings::default())];
        all.push(rules(with(Some(Level::Verified))));
        let policy = "[levels.community]\nblock-from = \"warning\"\n"
            .parse()
            .unwrap();
        all.push(rules(ScanSettings {
            policy,
            ..ScanSettings::default()
        }));
        std::fs::write(&path, ADVISORY).unwrap();
        let scanner = Scanner::open(
            ScanSettings {
                advisories: Some(path.clone()),
                ..ScanSettings::default()
            },
            1,
        )
        .unwrap();
        all.push(scanner.rules());
        scanner.look_for_advisories().unwrap();
        assert_eq!(all.last(), Some(&scanner.rules()));
        std::fs::write(&path, ADVISORY.replace("PYSEC-1", "PYSEC-12")).unwrap();
        scanner.look_for_advisories().unwrap();
        all.push(scanner.rules());
        // What can't be read takes nothing away.
        std::fs::write(&path, "nonsense").unwrap();
        let error = scanner.look_for_advisories().unwrap_err();
        assert_eq!(error.id, "advisories");
        assert_eq!(all.last(), Some(&scanner.rules()));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 6, "{all:#?}");
    }

    #[test]
    fn advisories_that_are_not_there_are_told_at_the_start() {
        let settings = ScanSettings {
            advisories: Some(PathBuf::from("/nowhere/all.zip")),
            ..ScanSettings::default()
        };
        let error = Scanner::open(settings, 1).unwrap_err();
        assert!(error.message.contains("/nowhere/all.zip"), "{error:?}");
    }
}
