//! `/moderation/reviews`: reviews that wait, and what was reported.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::audit::{Action, Event};
use crate::catalogue::entry::project_changed;
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::frame::{Frame, done};
use crate::handlers::page::{PageError, PathParts};
use crate::market::Market;
use crate::principal::Principal;
use crate::queries::reports::{self, ReportRow};
use crate::queries::reviews::{self, ReviewRow};
use crate::rights;

/// What is shown at once.
const SHOWN: i64 = 100;

#[derive(Template)]
#[template(path = "reviews/moderation.html")]
struct QueuePage {
    frame: Frame,
    reviews: Vec<(ReviewRow, Vec<ReportRow>)>,
    plugins: Vec<ReportRow>,
}

/// `GET /moderation/reviews`.
///
/// # Errors
///
/// `internal`.
pub async fn get(State(market): State<Market>, frame: Frame) -> Result<Response, PageError> {
    let reports = reports::open(&market.database, SHOWN).await?;
    let waiting = reviews::queue(&market.database, SHOWN).await?;
    let (plugins, about): (Vec<_>, Vec<_>) =
        reports.into_iter().partition(|one| one.about == "plugin");
    let with_reports = |row: ReviewRow| {
        let own = about
            .iter()
            .filter(|one| one.subject == row.id)
            .cloned()
            .collect();
        (row, own)
    };
    let page = QueuePage {
        frame,
        reviews: waiting.into_iter().map(with_reports).collect(),
        plugins,
    };
    Frame::render(None, &page)
}

/// `POST /moderation/reviews/{review}`: shows or hides a review, and settles what was reported about it.
///
/// # Errors
///
/// `not-found`, `bad-report`, `forbidden` for one's own review, `internal`.
pub async fn decide(
    State(market): State<Market>,
    PathParts(id): PathParts<String>,
    principal: Principal,
    client: ClientAddress,
    fields: Fields,
) -> Result<Response, PageError> {
    let user = principal.user()?;
    let (state, action) = match fields.line("state").as_str() {
        "visible" => ("visible", Action::ReviewShown),
        "hidden" => ("hidden", Action::ReviewHidden),
        _ => {
            let message = "the decision is neither `visible` nor `hidden`";
            return Err(
                MarketError::bad_request("bad-report", message, "choose one of them").into(),
            );
        }
    };
    let mut transaction = market.database.begin().await.map_err(MarketError::from)?;
    let row = reviews::find(&mut transaction, &id).await?;
    let row = row.ok_or_else(|| MarketError::not_found("There is no such review."))?;
    if row.user_id == user.user_id {
        return Err(rights::forbidden("nobody decides about their own review").into());
    }
    let reason = format!("by {}", user.name);
    reviews::set_state(&mut transaction, &row.id, state, &reason).await?;
    reports::settle(
        &mut transaction,
        "review",
        &row.id,
        &user.name,
        clock::now_us(),
    )
    .await?;
    Event::new(principal.actor(), action, client)
        .about_user(&row.user_id)
        .about_project(&row.project)
        .with(row.id.clone())
        .record(&mut *transaction)
        .await?;
    project_changed(&mut transaction, &row.project).await?;
    transaction.commit().await?;
    Ok(done("/moderation/reviews", "saved"))
}

/// `POST /moderation/reports/{project}`: what was reported about a plugin was looked at.
///
/// # Errors
///
/// `internal`.
pub async fn settle_plugin(
    State(market): State<Market>,
    PathParts(project): PathParts<String>,
    principal: Principal,
    client: ClientAddress,
) -> Result<Response, PageError> {
    let user = principal.user()?;
    let mut transaction = market.database.begin().await.map_err(MarketError::from)?;
    reports::settle(
        &mut transaction,
        "plugin",
        &project,
        &user.name,
        clock::now_us(),
    )
    .await?;
    Event::new(principal.actor(), Action::ReportsSettled, client)
        .about_project(&project)
        .record(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(done("/moderation/reviews", "saved"))
}
