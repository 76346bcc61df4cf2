//! The job that judges an upload: published or rejected, in one transaction with the end of the job.

use std::fs::File;
use std::path::Path;

use fapilog_package::archive::Limits;
use fapilog_package::filename::DistributionFilename;
use fapilog_package::sbom::Bill;
use fapilog_scan::report::Outcome;
use fapilog_scan::{Level, Report};

use crate::advisories;
use crate::clock;
use crate::error::MarketError;
use crate::intake::inspection::Inspected;
use crate::intake::reason::{self, Reason};
use crate::intake::sweep;
use crate::jobs::{self, JobError};
use crate::market::Market;
use crate::publish;
use crate::queries::jobs::JobRow;
use crate::queries::release_events::{self, ReleaseEventRow};
use crate::queries::uploads::{self, UploadRow, state};
use crate::random;
use crate::storage::{Location, StorageError};

/// How often a scan that ends without a report is tried before that is the file's fault: a judge can
/// be killed by what else goes on here.
const SCAN_ATTEMPTS: i64 = 2;

/// What the judge says of a file.
#[derive(Debug)]
pub struct Verdict {
    /// Which rules have judged.
    pub rules: String,
    /// Everything that was found inside, when the file may be published.
    pub inspected: Option<Inspected>,
    /// What the scan found, and the level that was asked of the file.
    pub scan: Option<(Level, Report)>,
    /// The bill of materials of a wheel: CycloneDX as JSON.
    pub sbom: Option<String>,
    /// Why not, when it may not.
    pub reasons: Vec<Reason>,
}

impl Verdict {
    fn rejected(rules: String, reasons: Vec<Reason>) -> Self {
        Self {
            rules,
            inspected: None,
            scan: None,
            sbom: None,
            reasons,
        }
    }

    /// Whether the scan broke off, so that another one may end.
    #[must_use]
    pub fn could_not_be_judged(&self) -> bool {
        self.scan
            .as_ref()
            .is_some_and(|(level, report)| report.outcome(*level) == Outcome::CouldNotBeJudged)
    }

    /// Everything that was found, as the upload's publisher reads it.
    fn told(&self) -> String {
        let scan = self.scan.as_ref().map(|(_, report)| report);
        serde_json::json!({"rules": self.rules, "findings": self.reasons, "scan": scan}).to_string()
    }
}

/// Judges the upload that a job names.
///
/// # Errors
///
/// What may work another time.
pub async fn run(market: &Market, job: &JobRow) -> Result<(), JobError> {
    let mut connection = market.database.acquire().await?;
    let row = uploads::find(&mut connection, &job.subject).await?;
    drop(connection);
    let Some(row) = row.filter(|row| row.state == state::QUARANTINED) else {
        return Ok(());
    };
    let location = Location {
        sha256: row.sha256.clone(),
        filename: row.filename.clone(),
    };
    let verdict = judge(market, &location).await?;
    if verdict.could_not_be_judged() && job.attempts < SCAN_ATTEMPTS {
        return Err(JobError::Again(
            "the scan ended without a report".to_owned(),
        ));
    }
    let published = write(market, job, &row, verdict).await?;
    if published == Some(false) {
        // The sweep does it when this process ends here.
        sweep::remove(market, &row).await?;
    }
    market.judged.notify_waiters();
    Ok(())
}

/// Judges a stored file.
///
/// # Errors
///
/// `internal` for what is the fault of the server and not of the file.
pub async fn judge(market: &Market, location: &Location) -> Result<Verdict, MarketError> {
    // Before anything else: what is judged while the rules change is judged again.
    let rules = market.scanner.rules();
    let file = match market.storage.fetch(location).await {
        Ok(file) => file,
        Err(StorageError::Missing) => {
            let lost = Reason {
                id: "upload-lost".to_owned(),
                message: format!("the bytes of `{}` were lost", location.filename),
                hint: "upload the file again".to_owned(),
            };
            return Ok(Verdict::rejected(rules, vec![lost]));
        }
        Err(error) => return Err(MarketError::internal(&error)),
    };
    let filename = DistributionFilename::parse(&location.filename)?;
    let market = market.clone();
    let work = tokio::task::spawn_blocking(move || examine(&market, &filename, file.path(), rules));
    work.await.map_err(|error| MarketError::internal(&error))?
}

fn examine(
    market: &Market,
    filename: &DistributionFilename,
    path: &Path,
    rules: String,
) -> Result<Verdict, MarketError> {
    let open = || File::open(path).map_err(|error| MarketError::internal(&error));
    let inspected = match Inspected::read(filename, open()?) {
        Ok(inspected) => inspected,
        Err(error) if error.status.is_server_error() => return Err(error),
        Err(error) => return Ok(Verdict::rejected(rules, vec![error.into()])),
    };
    let offers_plugins = inspected.offers_plugins(filename);
    let scanned = market.scanner.scan(path, offers_plugins);
    let scanned = scanned.map_err(|error| MarketError::internal(&error))?;
    let scan = market.scanner.level().zip(scanned);
    let reasons = match &scan {
        Some((level, report)) => reason::of_report(report, *level),
        None => Vec::new(),
    };
    Ok(Verdict {
        rules,
        inspected: reasons.is_empty().then_some(inspected),
        scan,
        sbom: bill_of_materials(filename, open()?)?,
        reasons,
    })
}

/// The bill of materials of a wheel; source archives have none.
fn bill_of_materials(
    filename: &DistributionFilename,
    mut file: File,
) -> Result<Option<String>, MarketError> {
    let DistributionFilename::Wheel(name) = filename else {
        return Ok(None);
    };
    let bill = Bill::of(&mut file, name, &Limits::default(), None)?;
    let text = String::from_utf8(bill.to_cyclonedx());
    text.map(Some)
        .map_err(|error| MarketError::internal(&error))
}

/// Writes a verdict and ends the job; tells whether the file was published, or `None` when another
/// worker was quicker.
async fn write(
    market: &Market,
    job: &JobRow,
    row: &UploadRow,
    mut verdict: Verdict,
) -> Result<Option<bool>, MarketError> {
    let mut transaction = market.database.begin().await?;
    if let Some(inspected) = &verdict.inspected {
        match publish::publish(&mut transaction, row, inspected, &verdict).await {
            Ok(()) => {
                let (project, version) = (&row.project, &row.version);
                advisories::notice(&mut transaction, &market.scanner, project, version).await?;
            }
            Err(error) if error.status.is_server_error() => return Err(error),
            // Something else was published while this one waited.
            Err(error) => {
                drop(transaction);
                transaction = market.database.begin().await?;
                verdict.inspected = None;
                verdict.reasons.push(error.into());
            }
        }
    }
    let published = verdict.inspected.is_some();
    let to = if published {
        state::PUBLISHED
    } else {
        state::REJECTED
    };
    let reasons = serde_json::to_string(&verdict.reasons);
    let reasons = reasons.map_err(|error| MarketError::internal(&error))?;
    let report = verdict.told();
    let now_us = clock::now_us();
    if !uploads::judge(&mut transaction, &row.id, to, &reasons, &report, now_us).await?
        || !jobs::finish(&mut transaction, job).await?
    {
        return Ok(None);
    }
    let event = ReleaseEventRow {
        id: random::id()?,
        project: row.project.clone(),
        version: row.version.clone(),
        filename: row.filename.clone(),
        event: to.to_owned(),
        reason: verdict
            .reasons
            .first()
            .map_or_else(String::new, |reason| reason.message.clone()),
        actor: row.uploaded_by.clone(),
        created_us: now_us,
    };
    release_events::insert(&mut transaction, &event).await?;
    transaction.commit().await?;
    tracing::info!(
        filename = row.filename,
        upload = row.id,
        verdict = to,
        "judged"
    );
    Ok(Some(published))
}
