//! `/manage/{project}/trusted-publishers`: who publishes without a secret.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value};

use crate::audit::Action;
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::frame::Frame;
use crate::handlers::manage::{answer, event};
use crate::handlers::page::{PageError, PathParts};
use crate::market::Market;
use crate::queries::sessions::SignedInRow;
use crate::queries::trusted::{self, TrustedRow};
use crate::secret::new_id;

/// Most trusted publishers of one project.
const MAX_TRUSTED: usize = 20;
/// Most claims that one must make.
const MAX_CLAIMS: usize = 10;
/// Claims that say nothing about whom a statement speaks of.
const MEANINGLESS: [&str; 6] = ["iss", "aud", "exp", "iat", "nbf", "jti"];

/// `POST /manage/{project}/trusted-publishers`: adds one, or removes it.
///
/// # Errors
///
/// `internal`.
pub async fn post(
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
    let removed = fields.line("remove");
    if !removed.is_empty() {
        let database = &market.database;
        trusted::remove(database, project, &removed, clock::now_us()).await?;
        return event(session, Action::TrustedPublisherRemoved, client, project)
            .with(removed)
            .record(&*market.database)
            .await;
    }
    let own = trusted::of_project(&market.database, project).await?;
    if own.len() >= MAX_TRUSTED {
        return Err(MarketError::new(
            StatusCode::CONFLICT,
            "too-many-trusted-publishers",
            format!("the project trusts {MAX_TRUSTED} publishers already"),
            "remove those that are not used",
        ));
    }
    let issuer = fields.line("issuer");
    market.outbound.check(&issuer)?;
    let row = TrustedRow {
        id: new_id()?,
        project: project.to_owned(),
        claims: Value::Object(parse(fields.raw("claims"))?).to_string(),
        created_us: clock::now_us(),
        created_by: session.name.clone(),
        issuer,
    };
    trusted::insert(&market.database, &row).await?;
    event(session, Action::TrustedPublisherAdded, client, project)
        .with(format!("{} {} {}", row.id, row.issuer, row.claims))
        .record(&*market.database)
        .await
}

/// Claims, one a line: `repository = acme/fapilog-acme`.
fn parse(text: &str) -> Result<Map<String, Value>, MarketError> {
    let wrong = |message: String| {
        Err(MarketError::bad_request(
            "bad-claims",
            message,
            "Write a claim a line, as in `repository = acme/fapilog-acme`",
        ))
    };
    let mut claims = Map::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let Some((name, value)) = line.split_once('=') else {
            return wrong(format!(
                "`{}` is no claim",
                fapilog_package::name::shorten(line)
            ));
        };
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() || value.is_empty() || MEANINGLESS.contains(&name) {
            return wrong(format!(
                "`{}` can't be asked for",
                fapilog_package::name::shorten(name)
            ));
        }
        claims.insert(name.to_owned(), Value::String(value.to_owned()));
    }
    if claims.is_empty() || claims.len() > MAX_CLAIMS {
        return wrong(format!("between one and {MAX_CLAIMS} claims are needed"));
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_by_lines_and_never_empty() {
        let claims = parse("repository = acme/a\r\n\r\nenvironment=release = x\n").unwrap();
        assert_eq!(claims["repository"], "acme/a");
        assert_eq!(claims["environment"], "release = x");
        for wrong in ["", "\n", "repository", "= x", "aud = x", "a ="] {
            assert_eq!(parse(wrong).unwrap_err().id, "bad-claims", "{wrong}");
        }
    }
}
