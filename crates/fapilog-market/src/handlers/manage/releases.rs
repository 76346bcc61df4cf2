//! `/manage/{project}/yank`: takes a release back, or puts it forward again.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use fapilog_package::name::shorten;

use crate::audit::Action;
use crate::client_address::ClientAddress;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::frame::Frame;
use crate::handlers::manage::{answer, event};
use crate::handlers::page::{PageError, PathParts};
use crate::market::Market;
use crate::moderation::{self, Act, Target};
use crate::publish::rank;
use crate::queries::files;
use crate::queries::sessions::SignedInRow;

/// Longest reason in bytes: one line on a page.
const MAX_REASON_BYTES: usize = 300;

/// Releases that are shown; older ones are yanked by the operator.
const SHOWN: usize = 50;

/// A release on the page.
#[derive(Debug)]
pub struct ShownRelease {
    /// The version.
    pub version: String,
    /// Why it was yanked; absent when it was not.
    pub yanked: Option<String>,
}

/// The newest releases that are in the index.
///
/// # Errors
///
/// `internal`.
pub async fn listed(market: &Market, project: &str) -> Result<Vec<ShownRelease>, MarketError> {
    let mut releases = BTreeMap::new();
    for row in files::of_project(&market.database, project).await? {
        releases.entry(row.version).or_insert(row.yanked_reason);
    }
    let mut releases: Vec<ShownRelease> = releases
        .into_iter()
        .map(|(version, yanked)| ShownRelease { version, yanked })
        .collect();
    releases.sort_by_cached_key(|release| std::cmp::Reverse(rank(&release.version).1));
    releases.truncate(SHOWN);
    Ok(releases)
}

/// `POST /manage/{project}/yank`: yanks a release with a reason, or takes that back.
///
/// # Errors
///
/// `internal`.
pub async fn yank(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    client: ClientAddress,
    PathParts(project): PathParts<String>,
    fields: Fields,
) -> Result<Response, PageError> {
    let outcome = change(&market, &session, &project, &fields, client).await;
    answer(&market, &session, frame, &project, outcome).await
}

async fn change(
    market: &Market,
    session: &SignedInRow,
    project: &str,
    fields: &Fields,
    client: ClientAddress,
) -> Result<(), MarketError> {
    let (version, reason) = (fields.line("version"), fields.line("reason"));
    let (act, action) = match fields.raw("act") {
        "yank" => (Act::Yank, Action::ReleaseYanked),
        "unyank" => (Act::Unyank, Action::ReleaseUnyanked),
        other => {
            return Err(MarketError::bad_request(
                "bad-act",
                format!(
                    "`{}` is nothing that can be done to a release",
                    shorten(other)
                ),
                "send `yank` or `unyank` as `act`",
            ));
        }
    };
    if reason.len() > MAX_REASON_BYTES {
        return Err(MarketError::bad_request(
            "reason-too-long",
            format!("the reason has {} bytes", reason.len()),
            format!("write at most {MAX_REASON_BYTES}; details belong into the changelog"),
        ));
    }
    let target = Target::release(project, &version);
    let mut transaction = market.database.begin().await?;
    moderation::act(&mut transaction, &target, act, &reason, &session.name).await?;
    event(session, action, client, project)
        .with(format!("{version} {reason}").trim())
        .record(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}
