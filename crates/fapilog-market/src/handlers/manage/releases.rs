//! `/manage/{project}/yank`: takes a release back, or puts it forward again.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use fapilog_package::name::shorten;

use crate::client_address::ClientAddress;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::frame::Frame;
use crate::handlers::manage::answer;
use crate::handlers::page::{PageError, PathParts};
use crate::market::Market;
use crate::moderation::{self, Act, Acting, Target};
use crate::publish::rank;
use crate::queries::files;
use crate::queries::sessions::SignedInRow;

/// Releases that are shown; older ones are yanked by the operator.
const SHOWN: usize = 50;

/// A release on the page.
#[derive(Debug)]
pub struct ShownRelease {
    /// The version.
    pub version: String,
    /// Why it was yanked; absent when it was not.
    pub yanked: Option<String>,
    /// Whether something of it is in the index, and can be yanked.
    pub is_listed: bool,
    /// What isn't in the index: state and reason, once for each.
    pub withheld: Vec<(String, String)>,
}

/// The newest releases, those that are withheld among them.
///
/// # Errors
///
/// `internal`.
pub async fn newest(market: &Market, project: &str) -> Result<Vec<ShownRelease>, MarketError> {
    let mut releases: BTreeMap<String, ShownRelease> = BTreeMap::new();
    for row in files::all_of_project(&market.database, project).await? {
        let release = releases
            .entry(row.version.clone())
            .or_insert_with(|| ShownRelease {
                version: row.version,
                yanked: row.yanked_reason,
                is_listed: false,
                withheld: Vec::new(),
            });
        if row.state == files::state::LISTED {
            release.is_listed = true;
            continue;
        }
        let withheld = (row.state, row.state_reason.unwrap_or_default());
        if !release.withheld.contains(&withheld) {
            release.withheld.push(withheld);
        }
    }
    let mut releases: Vec<ShownRelease> = releases.into_values().collect();
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
    let act = match fields.raw("act") {
        "yank" => Act::Yank,
        "unyank" => Act::Unyank,
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
    let target = Target::release(project, &version);
    let mut transaction = market.database.begin().await?;
    let acting = Acting::publisher(&session.name, client);
    moderation::act(&mut transaction, &target, act, &reason, &acting).await?;
    Ok(transaction.commit().await?)
}
