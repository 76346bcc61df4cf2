//! Pages and JSON of the audit log: one's own, a project's, an organisation's, all of it.

use askama::Template;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use crate::clock;
use crate::handlers::frame::Frame;
use crate::handlers::page::{PageError, PathParts, wants_json};
use crate::market::Market;
use crate::queries::audit::{self, About, EventRow};
use crate::queries::sessions::SignedInRow;

/// Events on one page.
const PAGE_SIZE: i64 = 50;

/// Where a page begins.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    before: String,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    frame: Frame,
    title: String,
    events: Vec<Shown>,
    older: Option<i64>,
}

struct Shown {
    row: EventRow,
    at: String,
    shown: String,
}

async fn answer(
    market: &Market,
    frame: Frame,
    headers: &HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
    title: &str,
    about: About,
) -> Result<Response, PageError> {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let before_us = asked.before.parse().unwrap_or(i64::MAX);
    let rows = audit::before(&market.database, &about, before_us, PAGE_SIZE).await?;
    let full = i64::try_from(rows.len()).is_ok_and(|count| count == PAGE_SIZE);
    let older = rows.last().map(|row| row.at_us).filter(|_| full);
    if wants_json(headers) {
        let events: Vec<_> = rows.iter().map(as_json).collect();
        let next = older.map(|before| format!("?before={before}"));
        return Ok(Json(json!({"events": events, "next": next})).into_response());
    }
    let events = rows.into_iter().map(|row| Shown {
        at: clock::rfc3339(row.at_us),
        shown: clock::second(row.at_us),
        row,
    });
    let page = Page {
        frame,
        title: title.to_owned(),
        events: events.collect(),
        older,
    };
    Frame::render(None, &page)
}

fn as_json(row: &EventRow) -> serde_json::Value {
    json!({
        "id": row.id,
        "at": clock::rfc3339(row.at_us),
        "actor": row.actor,
        "action": row.action,
        "project": row.project,
        "publisher": row.publisher,
        "client": row.client,
        "detail": row.detail,
    })
}

/// `GET /account/audit`.
///
/// # Errors
///
/// `internal`.
pub async fn own(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, PageError> {
    let about = About::User(session.user_id);
    answer(&market, frame, &headers, asked, "Your activity", about).await
}

/// `GET /manage/{project}/audit`.
///
/// # Errors
///
/// `internal`.
pub async fn of_project(
    State(market): State<Market>,
    frame: Frame,
    headers: HeaderMap,
    PathParts(project): PathParts<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, PageError> {
    let title = format!("Activity on {project}");
    let about = About::Project(project);
    answer(&market, frame, &headers, asked, &title, about).await
}

/// `GET /organisations/{organisation}/audit`.
///
/// # Errors
///
/// `internal`.
pub async fn of_organisation(
    State(market): State<Market>,
    frame: Frame,
    headers: HeaderMap,
    PathParts(organisation): PathParts<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, PageError> {
    let title = format!("Activity of {organisation}");
    let about = About::Publisher(organisation);
    answer(&market, frame, &headers, asked, &title, about).await
}

/// `GET /administration/audit`.
///
/// # Errors
///
/// `internal`.
pub async fn all(
    State(market): State<Market>,
    frame: Frame,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, PageError> {
    answer(
        &market,
        frame,
        &headers,
        asked,
        "Audit log",
        About::Everything,
    )
    .await
}
