//! Work that outlives a process: it waits in the database, is taken by one worker at a time, and is
//! taken over when that worker dies (ADR 0025).
//!
//! A new kind of job is a variant of [`JobKind`] and an arm in `dispatch.rs`. What a job does must be
//! right when it is done twice: a worker can die after its work and before it says so. A job whose
//! result is rows of the database calls [`finish`] within the transaction that writes them.

mod dispatch;
mod kind;
pub mod worker;

use sqlx::AnyConnection;

use crate::clock;
use crate::error::MarketError;
use crate::queries::jobs::{self, JobRow};
use crate::random;

pub use kind::JobKind;

/// Why a job didn't end well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobError {
    /// It may work another time.
    Again(String),
    /// It never will.
    Never(String),
}

impl<E: Into<MarketError>> From<E> for JobError {
    fn from(error: E) -> Self {
        Self::Again(error.into().message)
    }
}

/// Puts a job in, due now, within the transaction that makes it necessary. Nothing happens when one
/// of the same kind and subject waits already. Workers of this process look for it when they are
/// told with [`crate::market::Market::wake_workers`], all others within a second.
///
/// # Errors
///
/// `internal`.
pub async fn put(
    connection: &mut AnyConnection,
    kind: JobKind,
    subject: &str,
    payload: &serde_json::Value,
) -> Result<(), MarketError> {
    let now_us = clock::now_us();
    let row = JobRow {
        id: random::id()?,
        kind: kind.name().to_owned(),
        subject: subject.to_owned(),
        payload: payload.to_string(),
        state: "waiting".to_owned(),
        attempts: 0,
        max_attempts: kind.max_attempts(),
        priority: kind.priority(),
        due_us: now_us,
        lease: None,
        error: None,
        created_us: now_us,
    };
    Ok(jobs::insert(connection, &row).await?)
}

/// Ends a job within the transaction that writes its result. `false` means that another worker has
/// taken over, and that the transaction must not be committed.
///
/// # Errors
///
/// `internal`.
pub async fn finish(connection: &mut AnyConnection, job: &JobRow) -> Result<bool, MarketError> {
    let lease = job.lease.as_deref().unwrap_or_default();
    Ok(jobs::finish(connection, &job.id, lease).await?)
}
