//! `/manage/{project}/status`: owners say how the project is looked after (PEP 792).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fapilog_package::name::ProjectName;

use crate::client_address::ClientAddress;
use crate::daily;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::frame::Frame;
use crate::handlers::manage::answer;
use crate::handlers::moderation::project::set_status;
use crate::handlers::page::{PageError, PathParts};
use crate::index::ProjectStatus;
use crate::market::Market;
use crate::moderation::Acting;
use crate::queries::projects;
use crate::queries::sessions::SignedInRow;

/// The status as the settings page shows it.
#[derive(Debug)]
pub struct ShownStatus {
    /// What it is.
    pub status: ProjectStatus,
    /// Why, or an empty text.
    pub reason: String,
    /// What owners may choose; nothing while moderators have quarantined it.
    pub choices: &'static [ProjectStatus],
}

/// Changes that somebody may make in a day: each is told to users, webhooks and moderators.
const MAX_A_DAY: u32 = 20;

fn too_many() -> MarketError {
    MarketError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-changes",
        format!("{MAX_A_DAY} changes of a project's status are enough for a day"),
        "come back tomorrow",
    )
}

/// What owners may choose.
const CHOICES: &[ProjectStatus] = &[
    ProjectStatus::Active,
    ProjectStatus::Archived,
    ProjectStatus::Deprecated,
];

/// The status of a project; nothing while nothing of it was ever published.
///
/// # Errors
///
/// `internal`.
pub async fn of(market: &Market, project: &str) -> Result<Option<ShownStatus>, MarketError> {
    let row = projects::find(&*market.database, project).await?;
    Ok(row.map(|row| {
        let status = ProjectStatus::parse(&row.status);
        ShownStatus {
            status,
            reason: row.status_reason.unwrap_or_default(),
            choices: match status {
                ProjectStatus::Quarantined => &[],
                _ => CHOICES,
            },
        }
    }))
}

/// `POST /manage/{project}/status`.
///
/// # Errors
///
/// `internal`.
pub async fn set(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    client: ClientAddress,
    PathParts(project): PathParts<String>,
    fields: Fields,
) -> Result<Response, PageError> {
    let name = ProjectName::parse(&project).map_err(MarketError::from)?;
    if !daily::count(&market, "status", &session.user_id, MAX_A_DAY).await? {
        return Err(too_many().into());
    }
    let acting = Acting::publisher(&session.name, client);
    let outcome = set_status(&market, &name, &fields, &acting).await;
    answer(&market, &session, frame, &project, outcome).await
}
