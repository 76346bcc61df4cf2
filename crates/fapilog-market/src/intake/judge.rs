//! The job that judges an upload: published or rejected, in one transaction with the end of the job.

use std::fs::File;
use std::path::Path;

use fapilog_package::filename::DistributionFilename;
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::error::MarketError;
use crate::intake::inspection::Inspected;
use crate::intake::sweep;
use crate::jobs::{self, JobError};
use crate::market::Market;
use crate::publish;
use crate::queries::jobs::JobRow;
use crate::queries::release_events::{self, ReleaseEventRow};
use crate::queries::uploads::{self, UploadRow, state};
use crate::random;
use crate::storage::{Location, StorageError};

/// Which rules judge. A file that other rules have judged is judged again.
#[must_use]
pub fn rules() -> String {
    format!("structure-{}", env!("CARGO_PKG_VERSION"))
}

/// Why a file was rejected, as its publisher reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable identifier.
    pub id: String,
    /// What is wrong, with which value, and what was expected.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl From<MarketError> for Reason {
    fn from(error: MarketError) -> Self {
        Self {
            id: error.id.to_owned(),
            message: error.message,
            hint: error.hint,
        }
    }
}

/// What the judge says of a file.
#[derive(Debug)]
pub struct Verdict {
    /// Everything that was found inside, when the file may be published.
    pub inspected: Option<Inspected>,
    /// Why not, when it may not.
    pub reasons: Vec<Reason>,
    /// Everything that was found.
    pub report: serde_json::Value,
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
    let file = match market.storage.fetch(location).await {
        Ok(file) => file,
        Err(StorageError::Missing) => {
            return Ok(rejected(vec![Reason {
                id: "upload-lost".to_owned(),
                message: format!("the bytes of `{}` were lost", location.filename),
                hint: "upload the file again".to_owned(),
            }]));
        }
        Err(error) => return Err(MarketError::internal(&error)),
    };
    let filename = DistributionFilename::parse(&location.filename)?;
    let work = tokio::task::spawn_blocking(move || inspect(&filename, file.path()));
    work.await.map_err(|error| MarketError::internal(&error))?
}

fn inspect(filename: &DistributionFilename, path: &Path) -> Result<Verdict, MarketError> {
    let file = File::open(path).map_err(|error| MarketError::internal(&error))?;
    match Inspected::read(filename, file) {
        Ok(inspected) => Ok(Verdict {
            inspected: Some(inspected),
            reasons: Vec::new(),
            report: serde_json::json!({"rules": rules(), "findings": []}),
        }),
        Err(error) if error.status.is_server_error() => Err(error),
        Err(error) => Ok(rejected(vec![error.into()])),
    }
}

fn rejected(reasons: Vec<Reason>) -> Verdict {
    Verdict {
        inspected: None,
        report: serde_json::json!({"rules": rules(), "findings": reasons}),
        reasons,
    }
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
        match publish::publish(&mut transaction, row, inspected, &rules()).await {
            Ok(()) => {}
            Err(error) if error.status.is_server_error() => return Err(error),
            // Something else was published while this one waited.
            Err(error) => {
                drop(transaction);
                transaction = market.database.begin().await?;
                verdict = rejected(vec![error.into()]);
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
    let report = verdict.report.to_string();
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
