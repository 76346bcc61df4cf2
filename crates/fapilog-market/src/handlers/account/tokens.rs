//! `/account/tokens`: tokens for programs.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::audit::Action;
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::account::{MAX_TEXT, record};
use crate::handlers::frame::{Frame, done};
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::queries::ownership;
use crate::queries::sessions::SignedInRow;
use crate::queries::tokens::{self, TokenRow};
use crate::rights;
use crate::routes::right::TokenAction;
use crate::token::{Scope, Token};

/// Most tokens of one account that are not revoked.
const MAX_TOKENS: usize = 100;

/// Days that a token may live; the first is what forms propose.
const LIVES_DAYS: [i64; 4] = [90, 30, 7, 365];

const DAY_US: i64 = 24 * 3600 * 1_000_000;

#[derive(Template)]
#[template(path = "account/tokens.html")]
struct Page {
    frame: Frame,
    tokens: Vec<ShownToken>,
    projects: Vec<String>,
    lives: [i64; 4],
    made: Option<String>,
    upload_url: String,
}

struct ShownToken {
    row: TokenRow,
    created: String,
    used: String,
    expires: String,
    expired: bool,
}

/// `GET /account/tokens`.
///
/// # Errors
///
/// `internal`.
pub async fn get(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
) -> Result<Response, PageError> {
    show(&market, &session, frame, None).await
}

async fn show(
    market: &Market,
    session: &SignedInRow,
    frame: Frame,
    made: Option<String>,
) -> Result<Response, PageError> {
    let now_us = clock::now_us();
    let rows = tokens::of_user(&market.database, &session.user_id).await?;
    let shown = rows.into_iter().map(|row| ShownToken {
        created: clock::date(row.created_us),
        used: row.used_us.map(clock::date).unwrap_or_default(),
        expires: row.expires_us.map(clock::date).unwrap_or_default(),
        expired: row
            .expires_us
            .is_some_and(|expires_us| expires_us <= now_us),
        row,
    });
    let projects = ownership::projects_of(&market.database, &session.user_id).await?;
    let error = frame.error.clone();
    let page = Page {
        frame,
        tokens: shown.collect(),
        projects: projects.into_iter().map(|row| row.project).collect(),
        lives: LIVES_DAYS,
        made,
        upload_url: format!("{}/legacy/", market.public_url),
    };
    Frame::render(error.as_ref(), &page)
}

/// `POST /account/tokens`: makes a token and shows it, this one time.
///
/// # Errors
///
/// `internal`.
pub async fn post(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    client: ClientAddress,
    fields: Fields,
) -> Result<Response, PageError> {
    match make(&market, &session, &fields, client).await {
        Ok(token) => show(&market, &session, frame, Some(token.reveal())).await,
        Err(error) => show(&market, &session, frame.with(Some(error)), None).await,
    }
}

async fn make(
    market: &Market,
    session: &SignedInRow,
    fields: &Fields,
    client: ClientAddress,
) -> Result<Token, MarketError> {
    let action = action(fields)?;
    let scope = match action {
        // Receipts are an account's, whatever was installed.
        TokenAction::Receipts => Scope::All,
        _ => Scope::parse(fields.raw("project"))?,
    };
    if let Scope::Project(project) = &scope {
        let mut connection = market.database.acquire().await?;
        let role = rights::project_role(&mut connection, project.as_str(), &session.user_id);
        if role.await?.is_none() {
            return Err(rights::forbidden("you have no part in this project"));
        }
    }
    let own = tokens::of_user(&market.database, &session.user_id).await?;
    if own.len() >= MAX_TOKENS {
        return Err(MarketError::new(
            StatusCode::CONFLICT,
            "too-many-tokens",
            format!("you have {MAX_TOKENS} tokens already"),
            "revoke those that you don't use",
        ));
    }
    let days = fields.raw("days").parse().unwrap_or_default();
    if !LIVES_DAYS.contains(&days) {
        return Err(MarketError::bad_request(
            "bad-token-life",
            "a token lives 7, 30, 90 or 365 days",
            "choose one of them",
        ));
    }
    let token = Token::generate()?;
    let now_us = clock::now_us();
    let row = TokenRow {
        user_id: Some(session.user_id.clone()),
        source: "account".to_owned(),
        action: action.word().to_owned(),
        expires_us: Some(now_us + days * DAY_US),
        ..token.operator_row(&label(fields), &scope, now_us)
    };
    tokens::insert(&market.database, &row).await?;
    let detail = format!("{} for {scope}", row.id);
    record(market, session, Action::TokenMade, client, &detail).await?;
    Ok(token)
}

/// What the token is to be good for; uploads when the form doesn't say.
fn action(fields: &Fields) -> Result<TokenAction, MarketError> {
    match fields.raw("action") {
        "" => Ok(TokenAction::Upload),
        word => TokenAction::parse(word).ok_or_else(|| {
            MarketError::bad_request(
                "bad-token-action",
                "a token is good for `upload`, `webhooks` or `receipts`",
                "choose one of them",
            )
        }),
    }
}

fn label(fields: &Fields) -> String {
    let label: String = fields.line("label").chars().take(MAX_TEXT).collect();
    if label.is_empty() {
        "unnamed".to_owned()
    } else {
        label
    }
}

/// `POST /account/tokens/revoke`.
///
/// # Errors
///
/// `internal`.
pub async fn revoke(
    State(market): State<Market>,
    session: SignedInRow,
    client: ClientAddress,
    fields: Fields,
) -> Result<Response, PageError> {
    let id = fields.line("id");
    let now_us = clock::now_us();
    if tokens::revoke_own(&market.database, &id, &session.user_id, now_us).await? {
        record(&market, &session, Action::TokenRevoked, client, &id).await?;
    }
    Ok(done("/account/tokens", "revoked"))
}
