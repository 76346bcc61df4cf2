//! A received file, until it is safely in quarantine with a job that judges it.

use std::time::Duration;

use fapilog_package::filename::DistributionFilename;
use fapilog_package::name::ProjectName;
use tempfile::NamedTempFile;
use tokio::time::{Instant, timeout};

use crate::clock;
use crate::error::MarketError;
use crate::form::Form;
use crate::index::ProjectStatus;
use crate::intake::inspection::Inspected;
use crate::intake::reason::Reason;
use crate::intake::{Accepted, attestations};
use crate::jobs::{self, JobKind};
use crate::market::Market;
use crate::publish::check_spelling;
use crate::queries::tokens::TokenRow;
use crate::queries::uploads::{self, UploadRow, state};
use crate::queries::{files, projects, releases};
use crate::random;
use crate::rights;
use crate::storage::Location;

/// How often a verdict of another process is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Reasons of a rejection that fit into the line that upload clients show.
const TOLD_AT_ONCE: usize = 5;

/// How often an upload tries to wait for its verdict while others of the same name get theirs: each
/// time, another one was judged in between.
const QUARANTINE_ATTEMPTS: usize = 8;

/// A file that was received whole and lies in a temporary place.
#[derive(Debug)]
pub struct Received {
    /// The name that the client gave.
    pub filename: String,
    /// The contents.
    pub file: NamedTempFile,
    /// Digest of the contents in lower-case hexadecimal.
    pub sha256: String,
    /// Size of the contents.
    pub size_bytes: u64,
}

/// Takes a received file in, and waits a little for its verdict.
///
/// # Errors
///
/// [`MarketError`] that tells the uploader what is wrong; then nothing of the file is published.
pub async fn submit(
    market: &Market,
    token: &TokenRow,
    form: Form,
    received: Received,
) -> Result<Accepted, MarketError> {
    let filename = form.check(&received)?;
    let mut connection = market.database.acquire().await?;
    rights::check_upload(&mut connection, token, filename.project()).await?;
    drop(connection);
    // A file that is here already needs no second look at its contents.
    let upload = match known(market, &received).await? {
        Some(Known::Published) => return Ok(Accepted::Already),
        Some(Known::Waits(id)) => id,
        None => {
            check_open(market, &filename).await?;
            let row = upload_row(
                token,
                &filename,
                &received,
                attestations::check(form.attestations)?,
            )?;
            let claim = (token.clone(), filename.project().clone());
            let (inspected, received) = inspect(filename, received).await?;
            let market = market.clone();
            // A task of its own: a client that hangs up now must not stop this half-way.
            let kept =
                tokio::spawn(async move { keep(market, row, claim, received, inspected).await });
            kept.await
                .map_err(|error| MarketError::internal(&error))??
        }
    };
    wait_for_verdict(market, upload).await
}

enum Known {
    Published,
    Waits(String),
}

/// The same file again is fine; other contents under a name that is taken are not.
async fn known(market: &Market, received: &Received) -> Result<Option<Known>, MarketError> {
    if let Some(row) = files::find(&*market.database, &received.filename).await? {
        if row.sha256 != received.sha256 {
            return Err(name_is_taken(&row.filename));
        }
        if row.state == files::state::LISTED {
            return Ok(Some(Known::Published));
        }
        let reason = row.state_reason.unwrap_or_default();
        return Err(MarketError::bad_request(
            "file-withheld",
            format!("`{}` was {}: {reason}", row.filename, row.state),
            "raise the version and upload again, or ask the marketplace's operator",
        ));
    }
    let mut connection = market.database.acquire().await?;
    match uploads::waiting(&mut connection, &received.filename).await? {
        Some(row) if row.sha256 == received.sha256 => Ok(Some(Known::Waits(row.id))),
        Some(row) => Err(name_is_taken(&row.filename)),
        None => Ok(None),
    }
}

fn name_is_taken(filename: &str) -> MarketError {
    MarketError::bad_request(
        "file-exists",
        format!("File already exists: `{filename}` with other contents"),
        "published files never change; raise the version and upload again",
    )
}

/// A project or release may be closed to new files.
async fn check_open(market: &Market, filename: &DistributionFilename) -> Result<(), MarketError> {
    let name = filename.project();
    let Some(project) = projects::find(&*market.database, name.as_str()).await? else {
        return Ok(());
    };
    let status = ProjectStatus::parse(&project.status);
    if matches!(status, ProjectStatus::Archived | ProjectStatus::Quarantined) {
        return Err(MarketError::bad_request(
            "project-closed",
            format!("the project `{name}` is {status} and takes no uploads"),
            "ask the marketplace's operator to make it active again",
        ));
    }
    let version = filename.version().to_string();
    let mut connection = market.database.acquire().await?;
    let heads = releases::heads(&mut connection, name.as_str()).await?;
    check_spelling(&version, &heads)?;
    drop(connection);
    let release = releases::find(&market.database, name.as_str(), &version).await?;
    let age_us = release.map_or(0, |release| clock::now_us() - release.created_us);
    let open_us = i64::try_from(market.config.release_open.as_micros()).unwrap_or(i64::MAX);
    if age_us > open_us {
        return Err(MarketError::bad_request(
            "release-closed",
            format!(
                "the release `{version}` of `{name}` was published more than {} days ago and takes \
                 no new files",
                market.config.release_open.as_secs() / 86_400
            ),
            "raise the version and upload all files again",
        ));
    }
    Ok(())
}

fn upload_row(
    token: &TokenRow,
    filename: &DistributionFilename,
    received: &Received,
    attestations: Option<String>,
) -> Result<UploadRow, MarketError> {
    Ok(UploadRow {
        id: random::id()?,
        filename: received.filename.clone(),
        project: filename.project().to_string(),
        version: filename.version().to_string(),
        filetype: filename.filetype().to_owned(),
        sha256: received.sha256.clone(),
        size_bytes: i64::try_from(received.size_bytes).unwrap_or(i64::MAX),
        attestations,
        state: state::RECEIVING.to_owned(),
        stored: 1,
        reasons: "[]".to_owned(),
        report: "{}".to_owned(),
        uploaded_us: clock::now_us(),
        uploaded_by: token.id.clone(),
        judged_us: None,
    })
}

/// Reads the archive away from the threads that serve requests.
async fn inspect(
    filename: DistributionFilename,
    received: Received,
) -> Result<(Inspected, Received), MarketError> {
    let work = tokio::task::spawn_blocking(move || {
        let file = received
            .file
            .reopen()
            .map_err(|error| MarketError::internal(&error))?;
        let inspected = Inspected::read(&filename, file)?;
        Ok((inspected, received))
    });
    work.await.map_err(|error| MarketError::internal(&error))?
}

/// Notes the upload, puts its bytes into the storage, and lets it wait for its verdict: in this
/// order, so that no bytes are ever there that no row tells of. Returns the id of the upload that
/// waits, which is another one's when the same file came twice.
async fn keep(
    market: Market,
    row: UploadRow,
    claim: (TokenRow, ProjectName),
    received: Received,
    inspected: Inspected,
) -> Result<String, MarketError> {
    note(&market, &row).await?;
    let location = Location {
        sha256: row.sha256.clone(),
        filename: row.filename.clone(),
    };
    let stored = market
        .storage
        .keep(received.file, &location, inspected.metadata_bytes)
        .await;
    let quarantined = match stored {
        Ok(()) => quarantine(&market, &row, &claim).await,
        Err(error) => Err(MarketError::internal(&error)),
    };
    match quarantined {
        Ok(Some(id)) if id == row.id => Ok(id),
        // Another upload stands for this one, or something is wrong: what is left is removed.
        other => {
            super::sweep::remove(&market, &row).await?;
            other?.ok_or_else(|| name_is_taken(&row.filename))
        }
    }
}

/// Nobody is removing bytes of the same file any more when the row is there, and nobody will.
async fn note(market: &Market, row: &UploadRow) -> Result<(), MarketError> {
    let mut transaction = market.database.begin().await?;
    uploads::lock(&mut transaction, &row.filename).await?;
    uploads::insert(&mut transaction, row).await?;
    uploads::unlock(&mut transaction, &row.filename).await?;
    Ok(transaction.commit().await?)
}

/// `None` when the name was taken by other contents in the meantime.
async fn quarantine(
    market: &Market,
    row: &UploadRow,
    claim: &(TokenRow, ProjectName),
) -> Result<Option<String>, MarketError> {
    for _ in 0..QUARANTINE_ATTEMPTS {
        if try_quarantine(market, row, claim).await? {
            return Ok(Some(row.id.clone()));
        }
        let mut connection = market.database.acquire().await?;
        if let Some(other) = uploads::waiting(&mut connection, &row.filename).await? {
            return Ok((other.sha256 == row.sha256).then_some(other.id));
        }
        // The other one was judged a moment ago; what became of it, this one's judge sees.
    }
    Ok(None)
}

/// `false` when another upload waits under the same name.
async fn try_quarantine(
    market: &Market,
    row: &UploadRow,
    (token, project): &(TokenRow, ProjectName),
) -> Result<bool, MarketError> {
    let mut transaction = market.database.begin().await?;
    let advanced = uploads::advance(
        &mut transaction,
        &row.id,
        state::RECEIVING,
        state::QUARANTINED,
    );
    match advanced.await {
        Ok(true) => {}
        // Swept away, as after an hour.
        Ok(false) => return Err(MarketError::internal(&"the upload took too long to store")),
        Err(error) if is_taken(&error) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    rights::claim(&mut transaction, token, project).await?;
    let payload = serde_json::json!({});
    jobs::put(&mut transaction, JobKind::Judge, &row.id, &payload).await?;
    transaction.commit().await?;
    market.wake_workers();
    tracing::info!(filename = row.filename, upload = row.id, "quarantined");
    Ok(true)
}

fn is_taken(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.is_unique_violation())
}

/// A verdict is mostly there in a moment; a client that waits for it hears of a rejection at once.
async fn wait_for_verdict(market: &Market, id: String) -> Result<Accepted, MarketError> {
    let deadline = Instant::now() + market.config.verdict_wait;
    loop {
        let mut judged = std::pin::pin!(market.judged.notified());
        // From here on nothing is missed.
        judged.as_mut().enable();
        let late = Instant::now() >= deadline;
        let mut connection = market.database.acquire().await?;
        let row = uploads::find(&mut connection, &id).await?;
        drop(connection);
        match row {
            Some(row) if row.state == state::PUBLISHED => return Ok(Accepted::Published),
            // Told when nothing of it is stored any more, or when there is no time left.
            Some(row) if row.state == state::REJECTED && (row.stored == 0 || late) => {
                return Err(rejection(&row));
            }
            Some(_) => {}
            None => return Err(MarketError::internal(&"an upload has vanished")),
        }
        if late {
            return Ok(Accepted::Waiting(id));
        }
        let _ = timeout(
            LOOK_EVERY.min(deadline.saturating_duration_since(Instant::now())),
            judged,
        )
        .await;
    }
}

fn rejection(row: &UploadRow) -> MarketError {
    let reasons: Vec<Reason> = serde_json::from_str(&row.reasons).unwrap_or_default();
    let mut told: Vec<String> = reasons
        .iter()
        .take(TOLD_AT_ONCE)
        .map(|reason| format!("{} [{}]", reason.message, reason.id))
        .collect();
    let more = reasons.len().saturating_sub(TOLD_AT_ONCE);
    if more > 0 {
        told.push(format!("and {more} more, see `/uploads/{}`", row.id));
    }
    let hint = reasons.first().map(|reason| reason.hint.clone());
    MarketError::bad_request(
        "rejected",
        format!("`{}` was rejected: {}", row.filename, told.join("; ")),
        hint.unwrap_or_else(|| format!("read the report at `/uploads/{}`", row.id)),
    )
}
