//! Judging published files again, when the rules have changed.

use crate::catalogue::entry::project_changed;
use crate::clock;
use crate::error::MarketError;
use crate::intake::{judge, summary};
use crate::jobs::{self, JobError, JobKind};
use crate::market::Market;
use crate::moderation::{self, Act};
use crate::queries::jobs::JobRow;
use crate::queries::{files, projects, scans};

/// Files that wait for being judged again at the same time: enough to keep all workers busy.
const PORTION: i64 = 200;

/// The actor of what the judge does by itself.
const JUDGE: &str = "judge";

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

/// Judges the published file that a job names. What the new rules refuse is quarantined; a moderator
/// may restore it, and it then stays until the rules change again.
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
    match summary::of_verdict(&row.filename, &verdict, clock::now_us())? {
        Some((scan, documents)) => scans::upsert(&mut transaction, &scan, &documents).await?,
        None => scans::remove(&mut transaction, &row.filename).await?,
    }
    if !verdict.reasons.is_empty() && row.state == files::state::LISTED {
        let reasons: Vec<&str> = verdict
            .reasons
            .iter()
            .map(|reason| reason.message.as_str())
            .collect();
        let target = moderation::Target::file(&row);
        let reason = reasons.join("; ");
        moderation::act(&mut transaction, &target, Act::Quarantine, &reason, JUDGE).await?;
    }
    files::set_judged_by(&mut transaction, &row.filename, &verdict.rules).await?;
    project_changed(&mut transaction, &row.project).await?;
    Ok(transaction.commit().await?)
}
