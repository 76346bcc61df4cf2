//! `GET /uploads/<id>`: how an upload was judged, for whoever may upload to its project.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use fapilog_package::name::ProjectName;
use serde_json::{Value, json};

use crate::clock;
use crate::error::MarketError;
use crate::handlers::page::PathParts;
use crate::market::Market;
use crate::principal::Principal;
use crate::queries::uploads::{self, UploadRow, state};
use crate::rights;

/// Tells an upload's state, and the reasons and the report of its verdict.
///
/// # Errors
///
/// `token`; `not-found`, also for uploads to projects that the token is not for; `internal`.
pub async fn get(
    State(market): State<Market>,
    principal: Principal,
    PathParts(id): PathParts<String>,
) -> Result<Response, MarketError> {
    let unknown = || MarketError::not_found("there is no such upload");
    let token = principal.token()?;
    let mut connection = market.database.acquire().await?;
    let row = uploads::find(&mut connection, &id).await?;
    let row = row.filter(|row| row.state != state::RECEIVING);
    let row = row.ok_or_else(unknown)?;
    let project = ProjectName::parse(&row.project)?;
    match rights::check_upload(&mut connection, token, &project).await {
        Err(error) if error.status.is_server_error() => return Err(error),
        Err(_) => return Err(unknown()),
        Ok(()) => {}
    }
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(told(&row))).into_response())
}

fn told(row: &UploadRow) -> Value {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    json!({
        "id": row.id,
        "filename": row.filename,
        "project": row.project,
        "version": row.version,
        "sha256": row.sha256,
        "state": row.state,
        "reasons": parsed(&row.reasons),
        "report": parsed(&row.report),
        "uploaded_at": clock::rfc3339(row.uploaded_us),
        "judged_at": row.judged_us.map(clock::rfc3339),
    })
}
