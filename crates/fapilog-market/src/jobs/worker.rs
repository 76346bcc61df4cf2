//! Workers: take a job, hold its lease while it runs, end it or put it back.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

use crate::clock;
use crate::connections::seen;
use crate::error::MarketError;
use crate::intake::rescan;
use crate::jobs::{JobError, JobKind, dispatch, finish, put};
use crate::market::Market;
use crate::queries::jobs::{self, JobRow};
use crate::random;

/// How often a worker looks for jobs that other processes have put in, or whose time has come.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often it is looked whether files must be judged again, and whether uploads were cut off.
const HOUSEWORK_EVERY: Duration = Duration::from_secs(30);

/// Pause after the database has refused to answer.
const AFTER_FAULT: Duration = Duration::from_secs(2);

/// Works until `stopped` holds `true`; jobs that run then are ended first.
pub async fn work(market: Market, stopped: watch::Receiver<bool>) {
    let mut workers = JoinSet::new();
    for number in 0..market.config.workers {
        // One of several is kept for what somebody waits for: receivers of webhooks that answer
        // slowly, or the rescan of everything, must not hold up an upload.
        let is_kept = number == 0 && market.config.workers > 1;
        let up_to = if is_kept {
            JobKind::AWAITED
        } else {
            JobKind::ANY
        };
        workers.spawn(one(market.clone(), stopped.clone(), up_to));
    }
    if market.config.workers > 0 {
        workers.spawn(keep_house(market.clone(), stopped));
    }
    while workers.join_next().await.is_some() {}
}

async fn one(market: Market, stopped: watch::Receiver<bool>, up_to: i64) {
    while !*stopped.borrow() {
        // Made before looking, so that a call in between is not missed.
        let woken = market.job_put.notified();
        let pause = match next(&market, up_to).await {
            Ok(Some(job)) => {
                hold_and_run(&market, job).await;
                continue;
            }
            Ok(None) => LOOK_EVERY,
            Err(error) => {
                tracing::error!(cause = error.message, "no job could be taken");
                AFTER_FAULT
            }
        };
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(pause) => {}
            () = seen(stopped.clone()) => {}
        }
    }
}

/// Puts in, again and again, what has to be done without anybody asking.
async fn keep_house(market: Market, stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        if let Err(error) = put_housework(&market).await {
            tracing::error!(cause = error.message, "no housework could be put in");
        }
        tokio::select! {
            () = tokio::time::sleep(HOUSEWORK_EVERY) => {}
            () = seen(stopped.clone()) => {}
        }
    }
}

async fn put_housework(market: &Market) -> Result<(), MarketError> {
    if let Err(error) = market.scanner.look_for_advisories() {
        // Those that were read before stay.
        tracing::error!(cause = error.message, "the advisories can't be read");
    }
    let rescans = rescan::schedule(market).await?;
    if rescans > 0 {
        tracing::info!(
            files = rescans,
            "judging files again, as the rules have changed"
        );
    }
    let mut transaction = market.database.begin().await?;
    put(&mut transaction, JobKind::Sweep, "", &serde_json::json!({})).await?;
    transaction.commit().await?;
    market.wake_workers();
    Ok(())
}

/// Takes a job up to a priority; one that was tried too often is laid aside.
async fn next(market: &Market, up_to: i64) -> Result<Option<JobRow>, MarketError> {
    loop {
        let now_us = clock::now_us();
        if !jobs::any_due(&market.database, now_us, up_to).await? {
            return Ok(None);
        }
        let lease = random::id()?;
        let ends_us = now_us + lease_us(market);
        let Some(job) = jobs::take(&market.database, &lease, ends_us, now_us, up_to).await? else {
            return Ok(None);
        };
        if job.attempts <= job.max_attempts {
            return Ok(Some(job));
        }
        let error = job.error.clone();
        let error = error.unwrap_or_else(|| "its workers died each time".to_owned());
        put_back(market, &job, JobError::Never(error)).await?;
    }
}

async fn hold_and_run(market: &Market, job: JobRow) {
    let ended = {
        let work = run(market, &job);
        let held = hold(market, &job);
        tokio::select! {
            ended = work => ended,
            () = held => {
                tracing::warn!(job.kind, job.subject, "another worker has taken over");
                return;
            }
        }
    };
    let written = match ended {
        Ok(()) => end(market, &job).await,
        Err(error) => put_back(market, &job, error).await,
    };
    if let Err(error) = written {
        // The lease ends, and the job is tried again.
        tracing::error!(
            job.kind,
            job.subject,
            cause = error.message,
            "a job's end was not written"
        );
    }
}

/// Runs in a task of its own, so that a panic in it is a failure like others.
async fn run(market: &Market, job: &JobRow) -> Result<(), JobError> {
    let (market, job) = (market.clone(), job.clone());
    let mut task = JoinSet::new();
    task.spawn(async move { dispatch::run(&market, &job).await });
    match task.join_next().await {
        Some(Ok(ended)) => ended,
        Some(Err(error)) => Err(JobError::Again(format!("the job broke off: {error}"))),
        None => Ok(()),
    }
}

/// Prolongs the lease until it is lost.
async fn hold(market: &Market, job: &JobRow) {
    let lease = job.lease.as_deref().unwrap_or_default();
    let mut ticks = interval(market.config.job_lease / 3);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let until_us = clock::now_us() + lease_us(market);
        match jobs::prolong(&market.database, &job.id, lease, until_us).await {
            Ok(true) => {}
            // Ended within its own transaction a moment ago, or lost; `run` tells which.
            Ok(false) => {
                let _ = timeout(market.config.job_lease, std::future::pending::<()>()).await;
                return;
            }
            Err(error) => tracing::warn!(%error, "a lease was not prolonged"),
        }
    }
}

async fn end(market: &Market, job: &JobRow) -> Result<(), MarketError> {
    let mut transaction = market.database.begin().await?;
    finish(&mut transaction, job).await?;
    Ok(transaction.commit().await?)
}

async fn put_back(market: &Market, job: &JobRow, error: JobError) -> Result<(), MarketError> {
    let (again, text) = match error {
        JobError::Again(text) if job.attempts < job.max_attempts => (true, text),
        JobError::Again(text) | JobError::Never(text) => (false, text),
    };
    tracing::warn!(
        job.kind,
        job.subject,
        attempt = job.attempts,
        again,
        cause = text,
        "a job failed"
    );
    let pause = JobKind::parse(&job.kind).map_or(LOOK_EVERY, |kind| kind.pause(job.attempts));
    let pause_us = i64::try_from(pause.as_micros()).unwrap_or(i64::MAX);
    let again_at_us = again.then(|| clock::now_us().saturating_add(pause_us));
    let mut transaction = market.database.begin().await?;
    jobs::put_back(&mut transaction, job, again_at_us, &text).await?;
    Ok(transaction.commit().await?)
}

fn lease_us(market: &Market) -> i64 {
    i64::try_from(market.config.job_lease.as_micros()).unwrap_or(i64::MAX)
}
