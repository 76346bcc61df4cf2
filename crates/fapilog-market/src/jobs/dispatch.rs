//! From a kind to the function that does it.

use crate::intake;
use crate::jobs::{JobError, JobKind};
use crate::market::Market;
use crate::notices;
use crate::queries::jobs::JobRow;
use crate::webhooks;

/// Does a job.
pub(super) async fn run(market: &Market, job: &JobRow) -> Result<(), JobError> {
    let Some(kind) = JobKind::parse(&job.kind) else {
        // A newer version put it in; one of its workers takes it.
        return Err(JobError::Again(format!("unknown kind `{}`", job.kind)));
    };
    match kind {
        JobKind::Judge => intake::judge::run(market, job).await,
        JobKind::Deliver => webhooks::deliver::run(market, job).await,
        JobKind::Notify => notices::run(market, job).await,
        JobKind::Rescan => intake::rescan::run(market, job).await,
        JobKind::Reindex => crate::index::reindex(market, &job.subject)
            .await
            .map_err(JobError::from),
        JobKind::Sweep => intake::sweep::run(market).await.map_err(JobError::from),
    }
}
