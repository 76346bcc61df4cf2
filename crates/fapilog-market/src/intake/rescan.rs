//! Judging published files again, when the rules have changed.

use sqlx::AnyConnection;

use crate::advisories;
use crate::catalogue::entry::project_changed;
use crate::clock;
use crate::error::MarketError;
use crate::intake::judge::Verdict;
use crate::intake::{judge, summary};
use crate::jobs::{self, JobError, JobKind};
use crate::market::Market;
use crate::moderation::{self, Act, Acting, JUDGE};
use crate::notices;
use crate::queries::files::{self, FileRow, state};
use crate::queries::jobs::JobRow;
use crate::queries::release_events::{self, ReleaseEventRow};
use crate::queries::{projects, scans};
use crate::random;

/// Files that wait for being judged again at the same time: enough to keep all workers busy.
const PORTION: i64 = 200;

/// Puts in jobs for files that other rules have judged; returns how many. Called again and again,
/// until there are none.
///
/// # Errors
///
/// `internal`.
pub async fn schedule(market: &Market) -> Result<usize, MarketError> {
    let names = files::judged_by_others(&market.database, &market.scanner.rules(), PORTION).await?;
    if names.is_empty() {
        return Ok(0);
    }
    let mut transaction = market.database.begin().await?;
    for name in &names {
        let payload = serde_json::json!({});
        jobs::put(&mut transaction, JobKind::Rescan, name, &payload).await?;
    }
    transaction.commit().await?;
    Ok(names.len())
}

/// Judges the published file that a job names. What the new rules refuse is quarantined. What they
/// refused and pass now stays quarantined and is told of: rules that change their mind are a reason to
/// look, so that a moderator restores it. What one has restored stays until the rules change again.
///
/// # Errors
///
/// What may work another time.
pub async fn run(market: &Market, job: &JobRow) -> Result<(), JobError> {
    let Some(row) = files::find(&*market.database, &job.subject).await? else {
        return Ok(());
    };
    let verdict = judge::judge(market, &row.location()).await?;
    if verdict.could_not_be_judged() {
        // It was judged well once: what is wrong now may be wrong with this machine.
        return Err(JobError::Again(
            "the scan ended without a report".to_owned(),
        ));
    }
    let mut transaction = market.database.begin().await?;
    projects::lock(&mut transaction, &row.project).await?;
    // Again: a moderator may have been at it in the meantime.
    let Some(row) = files::find(&mut *transaction, &job.subject).await? else {
        return Ok(());
    };
    match summary::of_verdict(&row.filename, &verdict, clock::now_us())? {
        Some((scan, documents)) => scans::upsert(&mut transaction, &scan, &documents).await?,
        None => scans::remove(&mut transaction, &row.filename).await?,
    }
    follow(&mut transaction, &row, &verdict).await?;
    if row.state != state::WITHDRAWN {
        advisories::notice(
            &mut transaction,
            &market.scanner,
            &row.project,
            &row.version,
        )
        .await?;
    }
    files::set_judged_by(&mut transaction, &row.filename, &verdict.rules).await?;
    project_changed(&mut transaction, &row.project).await?;
    transaction.commit().await?;
    market.wake_workers();
    Ok(())
}

/// What follows from a verdict for the file's state.
async fn follow(
    connection: &mut AnyConnection,
    row: &FileRow,
    verdict: &Verdict,
) -> Result<(), MarketError> {
    match (row.state.as_str(), verdict.reasons.is_empty()) {
        (state::LISTED, false) => {
            let reasons: Vec<&str> = verdict
                .reasons
                .iter()
                .map(|reason| reason.message.as_str())
                .collect();
            let target = moderation::Target::file(row);
            let reason = reasons.join("; ");
            moderation::act(
                connection,
                &target,
                Act::Quarantine,
                &reason,
                &Acting::judge(),
            )
            .await
        }
        (state::QUARANTINED, true) => {
            let last = release_events::last_of_state(&mut *connection, row).await?;
            // Who quarantined it by hand had other reasons than the rules.
            match last.is_some_and(|last| last.event == "quarantined" && last.actor == JUDGE) {
                true => tell_cleared(connection, row, verdict).await,
                false => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

async fn tell_cleared(
    connection: &mut AnyConnection,
    row: &FileRow,
    verdict: &Verdict,
) -> Result<(), MarketError> {
    let event = ReleaseEventRow {
        id: random::id()?,
        project: row.project.clone(),
        version: row.version.clone(),
        filename: row.filename.clone(),
        event: "cleared".to_owned(),
        reason: format!("the rules of today pass it ({})", verdict.rules),
        actor: JUDGE.to_owned(),
        created_us: clock::now_us(),
    };
    release_events::insert(&mut *connection, &event).await?;
    notices::to_owners(&mut *connection, &event).await?;
    notices::to_moderators(connection, &event).await
}
