//! `fapilog-market token`.

use clap::Subcommand;

use crate::audit::{Action, Event};
use crate::cli::{Place, print};
use crate::clock;
use crate::database::Database;
use crate::error::MarketError;
use crate::queries::tokens;
use crate::token::{PREFIX, Scope};

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make a token and print it, this one time only
    Create {
        /// Where everything is kept.
        #[command(flatten)]
        place: Place,
        /// What the token is for, to tell it from others
        #[arg(long, value_name = "TEXT")]
        label: String,
        /// The one project that the token may upload to, or `*` for all
        #[arg(long, value_name = "NAME", default_value = "*")]
        project: String,
    },
    /// List all tokens, without their secrets
    List {
        /// Where everything is kept.
        #[command(flatten)]
        place: Place,
    },
    /// Revoke a token at once
    Revoke {
        /// Where everything is kept.
        #[command(flatten)]
        place: Place,
        /// The token's id, as `token list` shows it
        id: String,
    },
}

impl Token {
    pub(super) async fn run(self) -> Result<(), MarketError> {
        match self {
            Self::Create {
                place,
                label,
                project,
            } => create(&place.open().await?, label, &project).await,
            Self::List { place } => list(&place.open().await?).await,
            Self::Revoke { place, id } => revoke(&place.open().await?, &id).await,
        }
    }
}

async fn create(database: &Database, label: String, project: &str) -> Result<(), MarketError> {
    let scope = Scope::parse(project)?;
    let token = crate::token::Token::generate()?;
    let row = token.operator_row(&label, &scope, clock::now_us());
    tokens::insert(database, &row).await?;
    Event::by_operator(Action::TokenMade)
        .with(format!("{} for {scope}", row.id))
        .record(&**database)
        .await?;
    print(&token.reveal())
}

async fn list(database: &Database) -> Result<(), MarketError> {
    print("id            project               created     state    label")?;
    let now_us = clock::now_us();
    for row in tokens::all(database).await? {
        let state = if row.revoked_us.is_some() {
            "revoked"
        } else if row
            .expires_us
            .is_some_and(|expires_us| expires_us <= now_us)
        {
            "expired"
        } else {
            "valid"
        };
        let created = clock::date(row.created_us);
        let label = fapilog_package::name::shorten(&row.label);
        print(&format!(
            "{:<13} {:<21} {created}  {state:<8} {label}",
            row.id, row.project
        ))?;
    }
    Ok(())
}

async fn revoke(database: &Database, given: &str) -> Result<(), MarketError> {
    // People paste the whole token when they have it; its id is enough.
    let id = given
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split('_').next())
        .unwrap_or(given);
    if tokens::revoke(database, id, clock::now_us()).await? {
        Event::by_operator(Action::TokenRevoked)
            .with(id)
            .record(&**database)
            .await?;
        return print("revoked");
    }
    let shown = fapilog_package::name::shorten(id);
    Err(MarketError::bad_request(
        "unknown-token",
        format!("there is no valid token with the id `{shown}`"),
        "list all tokens with `fapilog-market token list`",
    ))
}
