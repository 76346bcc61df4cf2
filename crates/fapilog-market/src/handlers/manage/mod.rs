//! `/manage/{project}`: who looks after a project.

pub mod releases;
pub mod status;
pub mod trusted;
pub mod upload;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::audit::{Action, Actor, Event};
use crate::catalogue::entry::project_changed;
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::frame::{Frame, done};
use crate::handlers::manage::releases::ShownRelease;
use crate::handlers::manage::status::ShownStatus;
use crate::handlers::manage::upload::ShownUpload;
use crate::handlers::organisations::named_user;
use crate::handlers::page::{PageError, PathParts};
use crate::index::ProjectStatus;
use crate::market::Market;
use crate::moderation::MAX_REASON_BYTES;
use crate::queries;
use crate::queries::ownership::{self, OwnerRow};
use crate::queries::publishers::{self, MemberRow};
use crate::queries::sessions::SignedInRow;
use crate::queries::trusted::TrustedRow;
use crate::rights;
use crate::routes::right::ProjectRole;
use crate::trusted_publishing::audience;

#[derive(Template)]
#[template(path = "manage/manage.html")]
struct Page {
    frame: Frame,
    owner: OwnerRow,
    collaborators: Vec<MemberRow>,
    trusted: Vec<TrustedRow>,
    uploads: Vec<ShownUpload>,
    releases: Vec<ShownRelease>,
    /// Absent while nothing of it was ever published.
    status: Option<ShownStatus>,
    /// Whether it has a page in the catalogue.
    is_shown: bool,
    max_reason: usize,
    audience: String,
    is_owner: bool,
    roles: &'static [ProjectRole],
}

/// `GET /manage/{project}`.
///
/// # Errors
///
/// `internal`.
pub async fn get(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    PathParts(project): PathParts<String>,
) -> Result<Response, PageError> {
    show(&market, &session, frame, &project).await
}

/// The page, with what just failed.
///
/// # Errors
///
/// `internal`.
pub async fn show(
    market: &Market,
    session: &SignedInRow,
    frame: Frame,
    project: &str,
) -> Result<Response, PageError> {
    let mut connection = market.database.acquire().await?;
    let owner = ownership::owner(&mut connection, project).await?;
    let role = rights::project_role(&mut connection, project, &session.user_id).await?;
    drop(connection);
    let missing = || MarketError::not_found("Nobody owns this project.");
    let error = frame.error.clone();
    let status = status::of(market, project).await?;
    let page = Page {
        frame,
        owner: owner.ok_or_else(missing)?,
        collaborators: ownership::collaborators(&market.database, project).await?,
        trusted: queries::trusted::of_project(&market.database, project).await?,
        uploads: upload::newest(market, project).await?,
        releases: releases::newest(market, project).await?,
        is_shown: status
            .as_ref()
            .is_some_and(|shown| shown.status != ProjectStatus::Quarantined),
        status,
        max_reason: MAX_REASON_BYTES,
        audience: audience(market),
        is_owner: role == Some(ProjectRole::Owner),
        roles: ProjectRole::ALL,
    };
    Frame::render(error.as_ref(), &page)
}

/// `POST /manage/{project}/collaborators`: gives somebody a role, or ends it.
///
/// # Errors
///
/// `internal`.
pub async fn set_collaborator(
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

/// What follows a form of this page: the page anew, or with what failed.
pub(super) async fn answer(
    market: &Market,
    session: &SignedInRow,
    frame: Frame,
    project: &str,
    outcome: Result<(), MarketError>,
) -> Result<Response, PageError> {
    match outcome {
        Ok(()) => Ok(done(&format!("/manage/{project}"), "saved")),
        Err(error) => show(market, session, frame.with(Some(error)), project).await,
    }
}

async fn change(
    market: &Market,
    session: &SignedInRow,
    project: &str,
    fields: &Fields,
    client: ClientAddress,
) -> Result<(), MarketError> {
    let user = named_user(market, &fields.line("name")).await?;
    let role = ProjectRole::parse(fields.raw("role"));
    let action = match role {
        Some(role) => {
            let database = &market.database;
            ownership::set_collaborator(database, project, &user.id, role.word()).await?;
            Action::CollaboratorSet
        }
        None => {
            ownership::remove_collaborator(&market.database, project, &user.id).await?;
            Action::CollaboratorRemoved
        }
    };
    let detail = format!("{} {}", user.name, role.map_or("", ProjectRole::word));
    event(session, action, client, project)
        .about_user(&user.id)
        .with(detail.trim())
        .record(&*market.database)
        .await
}

/// What somebody did to a project.
#[must_use]
pub fn event(session: &SignedInRow, action: Action, client: ClientAddress, project: &str) -> Event {
    Event::new(Actor::User(session.name.clone()), action, client).about_project(project)
}

/// `POST /manage/{project}/transfer`: gives the project to another publisher: an account, or an
/// organisation that one owns or maintains.
///
/// # Errors
///
/// `internal`.
pub async fn transfer(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    client: ClientAddress,
    PathParts(project): PathParts<String>,
    fields: Fields,
) -> Result<Response, PageError> {
    match give(&market, &session, &project, &fields, client).await {
        Ok(()) => Ok(done("/account/projects", "transferred")),
        Err(error) => show(&market, &session, frame.with(Some(error)), &project).await,
    }
}

async fn give(
    market: &Market,
    session: &SignedInRow,
    project: &str,
    fields: &Fields,
    client: ClientAddress,
) -> Result<(), MarketError> {
    let confirmed = fields.line("project") == project;
    let name = fields.line("publisher").to_lowercase();
    let publisher = publishers::find(&market.database, &name).await?;
    let unprocessable = |id, message: &str, hint: &str| {
        MarketError::new(StatusCode::UNPROCESSABLE_ENTITY, id, message, hint)
    };
    if !confirmed {
        return Err(unprocessable(
            "not-confirmed",
            "That is not the project's name",
            "Type the project's name to transfer it",
        ));
    }
    let publisher = publisher.ok_or_else(|| {
        unprocessable(
            "unknown-account",
            "There is no such account or organisation",
            "Check the name",
        )
    })?;
    let mut transaction = market.database.begin().await?;
    // Nobody can make an organisation answer for what it never asked for.
    let role =
        publishers::publishing_role(&mut transaction, &publisher.name, &session.user_id).await?;
    let belongs = matches!(role.as_deref(), Some("owner" | "maintainer" | "user"));
    if publisher.kind == "organisation" && !belongs {
        return Err(rights::forbidden("you don't publish for this organisation"));
    }
    // The catalogue says of everything of theirs that they were verified; who was not asked must not
    // answer for it.
    if publisher.kind != "organisation" && publisher.verified_us.is_some() && !belongs {
        return Err(MarketError::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            format!(
                "`{}` was verified, and did not ask for the project",
                publisher.name
            ),
            "transfer it to an organisation of theirs for which you may publish",
        ));
    }
    ownership::transfer(&mut transaction, project, &publisher.name, clock::now_us()).await?;
    project_changed(&mut transaction, project).await?;
    event(session, Action::ProjectTransferred, client, project)
        .about_publisher(&publisher.name)
        .with(&publisher.name)
        .record(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}
