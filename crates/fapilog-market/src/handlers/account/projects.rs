//! `GET /account/projects`: what somebody has a part in.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::handlers::frame::Frame;
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::queries::ownership::{self, OwnerRow};
use crate::queries::sessions::SignedInRow;

#[derive(Template)]
#[template(path = "account/projects.html")]
struct Page {
    frame: Frame,
    projects: Vec<OwnerRow>,
}

/// Lists the projects.
///
/// # Errors
///
/// `internal`.
pub async fn get(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
) -> Result<Response, PageError> {
    let projects = ownership::projects_of(&market.database, &session.user_id).await?;
    Frame::render(None, &Page { frame, projects })
}
