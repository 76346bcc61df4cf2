//! `/moderation`: what waits for moderators, what is quarantined now, and what was done lately.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use fapilog_package::name::ProjectName;
use serde::Deserialize;

use crate::audit::{Action, Actor, Event};
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::handlers::frame::{Frame, done};
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::queries::jobs;
use crate::queries::moderation::{self, FailedRow, QuarantinedRow, WaitingRow};
use crate::queries::release_events::ReleaseEventRow;
use crate::queries::scans::verdict;
use crate::queries::sessions::SignedInRow;

/// Rows of each list.
const SHOWN: i64 = 100;

#[derive(Template)]
#[template(path = "moderation/overview.html")]
struct Page {
    frame: Frame,
    waiting: WaitingRow,
    releases: Vec<Held>,
    projects: Vec<(String, Option<String>)>,
    failed: Vec<(FailedRow, String)>,
    acts: Vec<ShownAct>,
    shown: i64,
}

/// A release with quarantined files.
#[derive(Debug)]
struct Held {
    project: String,
    version: String,
    files: usize,
    /// Why, once for each reason.
    reasons: Vec<String>,
    /// Whether the rules of today pass all its files.
    passes: bool,
}

/// Something that was done, as pages show it.
#[derive(Debug)]
pub(super) struct ShownAct {
    pub row: ReleaseEventRow,
    pub done: String,
    pub at: String,
}

impl From<ReleaseEventRow> for ShownAct {
    fn from(row: ReleaseEventRow) -> Self {
        Self {
            done: match row.event.strip_prefix("status-") {
                Some(status) => format!("project {status}"),
                None => row.event.clone(),
            },
            at: clock::second(row.created_us),
            row,
        }
    }
}

/// `GET /moderation`.
///
/// # Errors
///
/// `internal`.
pub async fn get(State(market): State<Market>, frame: Frame) -> Result<Response, PageError> {
    let database = &market.database;
    let failed = moderation::failed_judgements(database, SHOWN).await?;
    let acts = moderation::acts(database, SHOWN).await?;
    let page = Page {
        frame,
        waiting: moderation::waiting(database).await?,
        releases: held(moderation::quarantined_files(database, SHOWN + 1).await?),
        projects: moderation::quarantined_projects(database, SHOWN).await?,
        failed: failed
            .into_iter()
            .map(|row| {
                let since = clock::second(row.created_us);
                (row, since)
            })
            .collect(),
        acts: acts.into_iter().map(ShownAct::from).collect(),
        shown: SHOWN,
    };
    Frame::render(None, &page)
}

/// The files of one release together; they come one after the other. Where there are more files than
/// are shown, the last release is left out: some of its files may be missing.
fn held(rows: Vec<QuarantinedRow>) -> Vec<Held> {
    let is_cut = i64::try_from(rows.len()).is_ok_and(|count| count > SHOWN);
    let mut all: Vec<Held> = Vec::new();
    for row in rows {
        let passes = row.verdict.is_some_and(|said| said != verdict::REJECTED);
        let reason = row.state_reason.unwrap_or_default();
        let same = |held: &&mut Held| held.project == row.project && held.version == row.version;
        match all.last_mut().filter(same) {
            Some(held) => {
                held.files += 1;
                held.passes &= passes;
                if !held.reasons.contains(&reason) {
                    held.reasons.push(reason);
                }
            }
            None => all.push(Held {
                project: row.project,
                version: row.version,
                files: 1,
                reasons: vec![reason],
                passes,
            }),
        }
    }
    if is_cut && all.len() > 1 {
        all.pop();
    }
    all
}

/// What a form of the overview asks for.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    project: String,
}

/// `GET /moderation/projects?project=`: goes on to a project, also to one that is in no list.
///
/// # Errors
///
/// `not-found` for what is no name.
pub async fn find(asked: Result<Query<Asked>, QueryRejection>) -> Result<Response, PageError> {
    let asked = asked.map(|Query(asked)| asked.project).unwrap_or_default();
    let name = ProjectName::parse(asked.trim());
    let name =
        name.map_err(|_| MarketError::not_found("There is no project of this name here."))?;
    Ok(Redirect::to(&format!("/moderation/projects/{name}")).into_response())
}

/// `POST /moderation/judgements`: has failed judgements tried again.
///
/// # Errors
///
/// `internal`.
pub async fn retry(
    State(market): State<Market>,
    session: SignedInRow,
    client: ClientAddress,
) -> Result<Response, PageError> {
    let mut transaction = market.database.begin().await.map_err(MarketError::from)?;
    let count = jobs::retry_failed_judgements(&mut transaction, clock::now_us()).await?;
    let actor = Actor::User(session.name);
    Event::new(actor, Action::JudgementsRetried, client)
        .with(count.to_string())
        .record(&mut *transaction)
        .await?;
    transaction.commit().await.map_err(MarketError::from)?;
    market.wake_workers();
    Ok(done("/moderation", "saved"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_release_are_one_and_pass_only_together() {
        let row =
            |filename: &str, version: &str, reason: &str, verdict: Option<&str>| QuarantinedRow {
                filename: filename.to_owned(),
                project: "fapilog-acme".to_owned(),
                version: version.to_owned(),
                state_reason: Some(reason.to_owned()),
                verdict: verdict.map(str::to_owned),
            };
        let all = held(vec![
            row("a", "1.0", "odd", Some("passed")),
            row("b", "1.0", "odd", Some("rejected")),
            row("c", "1.1", "odd", Some("warnings")),
            row("d", "1.2", "lost", None),
        ]);
        let told: Vec<_> = all
            .iter()
            .map(|one| (one.version.as_str(), one.files, one.passes))
            .collect();
        assert_eq!(
            told,
            [("1.0", 2, false), ("1.1", 1, true), ("1.2", 1, false)]
        );
        assert_eq!(all[0].reasons, ["odd"]);
    }
}
