//! `/moderation/projects/{project}`: everything about a project in whatever state, and what moderators
//! do to it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use clap::ValueEnum as _;
use fapilog_package::name::{ProjectName, shorten};

use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::frame::{Frame, done};
use crate::handlers::manage::upload::{self, ShownUpload};
use crate::handlers::moderation::overview::ShownAct;
use crate::handlers::page::{PageError, PathParts};
use crate::index::ProjectStatus;
use crate::market::Market;
use crate::moderation::{self, Act, Acting, MAX_REASON_BYTES, Target};
use crate::publish::rank;
use crate::queries::files::{self, FileRow, state};
use crate::queries::projects::{self, ProjectRow};
use crate::queries::scans::{self, ScanRow};
use crate::queries::sessions::SignedInRow;
use crate::queries::{ownership, release_events};

/// Releases that are shown, besides those of which something is withheld.
const SHOWN: usize = 100;

/// Events that are shown.
const EVENTS: i64 = 50;

#[derive(Template)]
#[template(path = "moderation/project.html")]
struct Page {
    frame: Frame,
    name: String,
    /// Absent while nothing of it was ever published.
    project: Option<ProjectRow>,
    publisher: Option<String>,
    statuses: Vec<ProjectStatus>,
    releases: Vec<ShownRelease>,
    /// Releases that are left out.
    more: usize,
    uploads: Vec<ShownUpload>,
    events: Vec<ShownAct>,
    max_reason: usize,
}

/// A release on the page.
#[derive(Debug)]
struct ShownRelease {
    version: String,
    files: Vec<ShownFile>,
    /// What can be done to it: the word of the form, and of the button.
    acts: Vec<(&'static str, &'static str)>,
}

/// A file on the page.
#[derive(Debug)]
struct ShownFile {
    filename: String,
    state: String,
    reason: String,
    yanked: Option<String>,
    judged: Option<Judged>,
}

/// How a file was judged last.
#[derive(Debug)]
struct Judged {
    verdict: String,
    level: String,
    errors: i64,
    warnings: i64,
    date: String,
}

/// `GET /moderation/projects/{project}`.
///
/// # Errors
///
/// `not-found`, `internal`.
pub async fn get(
    State(market): State<Market>,
    frame: Frame,
    PathParts(project): PathParts<String>,
) -> Result<Response, PageError> {
    show(&market, frame, &named(&project)?).await
}

fn named(given: &str) -> Result<ProjectName, MarketError> {
    ProjectName::parse(given).map_err(|_| missing())
}

fn missing() -> MarketError {
    MarketError::not_found("There is no project of this name here.")
}

async fn show(market: &Market, frame: Frame, name: &ProjectName) -> Result<Response, PageError> {
    let database = &market.database;
    let project = projects::find(&**database, name.as_str()).await?;
    let uploads = upload::newest(market, name.as_str()).await?;
    if project.is_none() && uploads.is_empty() {
        return Err(missing().into());
    }
    let mut connection = database.acquire().await?;
    let owner = ownership::owner(&mut connection, name.as_str()).await?;
    drop(connection);
    let all = releases(
        files::all_of_project(database, name.as_str()).await?,
        &scans::of_project(database, name.as_str()).await?,
    );
    let count = all.len();
    let releases = most_telling(all);
    let events = release_events::of_project(database, name.as_str(), EVENTS).await?;
    let error = frame.error.clone();
    let page = Page {
        frame,
        name: name.to_string(),
        project,
        publisher: owner.map(|owner| owner.publisher),
        statuses: ProjectStatus::value_variants().to_vec(),
        more: count - releases.len(),
        releases,
        uploads,
        events: events.into_iter().map(ShownAct::from).collect(),
        max_reason: MAX_REASON_BYTES,
    };
    Frame::render(error.as_ref(), &page)
}

/// All releases, newest first.
fn releases(files: Vec<FileRow>, scans: &[ScanRow]) -> Vec<ShownRelease> {
    let mut by_version: BTreeMap<String, Vec<FileRow>> = BTreeMap::new();
    for file in files {
        by_version
            .entry(file.version.clone())
            .or_default()
            .push(file);
    }
    let mut releases: Vec<ShownRelease> = by_version
        .into_iter()
        .map(|(version, files)| ShownRelease {
            version,
            acts: acts(&files),
            files: files.into_iter().map(|file| shown(file, scans)).collect(),
        })
        .collect();
    releases.sort_by_cached_key(|release| std::cmp::Reverse(rank(&release.version).1));
    releases
}

/// The newest ones, and those of which something is withheld, however old.
fn most_telling(all: Vec<ShownRelease>) -> Vec<ShownRelease> {
    let withheld = |release: &ShownRelease| {
        let mut files = release.files.iter();
        files.any(|file| file.state != state::LISTED)
    };
    let all = all.into_iter().enumerate();
    all.filter(|(at, release)| *at < SHOWN || withheld(release))
        .map(|(_, release)| release)
        .collect()
}

fn acts(files: &[FileRow]) -> Vec<(&'static str, &'static str)> {
    let any = |wanted: &dyn Fn(&str) -> bool| files.iter().any(|file| wanted(&file.state));
    let mut acts = Vec::new();
    if any(&|state| state == state::LISTED) {
        acts.push(("quarantine", "Quarantine"));
    }
    if any(&|state| state != state::LISTED) {
        acts.push(("restore", "Restore"));
    }
    if any(&|state| state != state::WITHDRAWN) {
        acts.push(("withdraw", "Withdraw"));
    }
    acts
}

fn shown(file: FileRow, scans: &[ScanRow]) -> ShownFile {
    let scan = scans.iter().find(|scan| scan.filename == file.filename);
    ShownFile {
        judged: scan.map(|scan| Judged {
            verdict: scan.verdict.clone(),
            level: scan.level.clone(),
            errors: scan.errors,
            warnings: scan.warnings,
            date: clock::date(scan.judged_us),
        }),
        filename: file.filename,
        state: file.state,
        reason: file.state_reason.unwrap_or_default(),
        yanked: file.yanked_reason,
    }
}

/// `POST /moderation/projects/{project}/release`: withdraws, quarantines or restores a release.
///
/// # Errors
///
/// `not-found`, `internal`.
pub async fn release(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    client: ClientAddress,
    PathParts(project): PathParts<String>,
    fields: Fields,
) -> Result<Response, PageError> {
    let name = named(&project)?;
    let acting = Acting::moderator(&session.name, client);
    let outcome = change_release(&market, &name, &fields, &acting).await;
    answer(&market, frame, &name, outcome).await
}

async fn change_release(
    market: &Market,
    name: &ProjectName,
    fields: &Fields,
    acting: &Acting,
) -> Result<(), MarketError> {
    let act = match fields.raw("act") {
        "withdraw" => Act::Withdraw,
        "quarantine" => Act::Quarantine,
        "restore" => Act::Restore,
        other => {
            return Err(MarketError::bad_request(
                "bad-act",
                format!(
                    "`{}` is nothing that moderators do to a release",
                    shorten(other)
                ),
                "send `withdraw`, `quarantine` or `restore` as `act`",
            ));
        }
    };
    let target = Target::release(name.as_str(), &fields.line("version"));
    let mut transaction = market.database.begin().await?;
    moderation::act(
        &mut transaction,
        &target,
        act,
        &fields.line("reason"),
        acting,
    )
    .await?;
    transaction.commit().await?;
    market.wake_workers();
    Ok(())
}

/// `POST /moderation/projects/{project}/status`: sets the status of the project.
///
/// # Errors
///
/// `not-found`, `internal`.
pub async fn status(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    client: ClientAddress,
    PathParts(project): PathParts<String>,
    fields: Fields,
) -> Result<Response, PageError> {
    let name = named(&project)?;
    let acting = Acting::moderator(&session.name, client);
    let outcome = set_status(&market, &name, &fields, &acting).await;
    answer(&market, frame, &name, outcome).await
}

/// Sets the status that a form names, with its reason.
///
/// # Errors
///
/// `bad-status`, and what [`moderation::set_status`] reports.
pub async fn set_status(
    market: &Market,
    name: &ProjectName,
    fields: &Fields,
    acting: &Acting,
) -> Result<(), MarketError> {
    let given = fields.raw("status");
    let status = ProjectStatus::from_str(given, false).map_err(|_| {
        MarketError::bad_request(
            "bad-status",
            format!("`{}` is no status of a project", shorten(given)),
            "choose one of the list",
        )
    })?;
    let reason = fields.line("reason");
    moderation::set_status(&market.database, name.as_str(), status, &reason, acting).await?;
    market.wake_workers();
    Ok(())
}

async fn answer(
    market: &Market,
    frame: Frame,
    name: &ProjectName,
    outcome: Result<(), MarketError>,
) -> Result<Response, PageError> {
    match outcome {
        Ok(()) => Ok(done(&format!("/moderation/projects/{name}"), "saved")),
        Err(error) => show(market, frame.with(Some(error)), name).await,
    }
}
