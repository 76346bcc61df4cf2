//! Publishing without a secret: a CI job shows a statement that its service signed, and gets a token
//! for a quarter of an hour.

use axum::http::StatusCode;
use serde_json::Value;

use crate::audit::{Action, Actor, Event};
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::issuers::{self, Claims, bad};
use crate::market::Market;
use crate::queries::tokens::{self, TokenRow};
use crate::queries::trusted::{self, TrustedRow};
use crate::secret::sha256;
use crate::token::{Scope, Token};

/// How long a token lives: an upload with some retries.
const TOKEN_LIFE_US: i64 = 15 * 60 * 1_000_000;

/// Longest life of a statement that is taken; services give minutes.
const MAX_LIFE_S: i64 = 24 * 3600;

/// How far clocks may differ.
const LEEWAY_S: i64 = 60;

/// For whom statements must be made: this marketplace and no other.
#[must_use]
pub fn audience(market: &Market) -> String {
    let host = market.public_url.split("://").nth(1).unwrap_or_default();
    let host = host.split('/').next().unwrap_or_default();
    host.to_owned()
}

/// Makes a token for whoever a statement speaks of.
///
/// # Errors
///
/// `bad-statement`, `no-trusted-publisher`, `statement-used`, `outbound`, `outbound-failed`,
/// `internal`.
pub async fn mint(
    market: &Market,
    statement: &str,
    client: ClientAddress,
) -> Result<(Token, TokenRow), MarketError> {
    match exchange(market, statement).await {
        Ok((token, row)) => {
            for project in row.project.split(',') {
                Event::new(Actor::Anonymous, Action::TokenMinted, client)
                    .about_project(project)
                    .with(format!("{}: {}", row.id, row.label))
                    .record(&*market.database)
                    .await?;
            }
            Ok((token, row))
        }
        Err(error) => {
            Event::new(Actor::Anonymous, Action::MintRefused, client)
                .with(error.id)
                .record(&*market.database)
                .await?;
            Err(error)
        }
    }
}

async fn exchange(market: &Market, statement: &str) -> Result<(Token, TokenRow), MarketError> {
    // Only issuers that somebody here trusts are ever asked for keys.
    let told = issuers::claims(statement).ok_or_else(|| bad("it is no signed statement"))?;
    let issuer = text(&told, "iss").ok_or_else(|| bad("it names no issuer"))?;
    let candidates = trusted::by_issuer(&market.database, &issuer).await?;
    if candidates.is_empty() {
        return Err(nobody());
    }
    let audience = audience(market);
    let claims = market
        .issuers
        .verify(&market.outbound, &issuer, &audience, statement)
        .await?;
    let now_us = clock::now_us();
    let ends_s = check_times(&claims, now_us / 1_000_000)?;
    let projects = matching(&candidates, &claims);
    if projects.is_empty() {
        return Err(nobody());
    }
    let id = text(&claims, "jti").unwrap_or_else(|| sha256(statement));
    // Longer than it is valid anywhere, whatever the clocks say.
    let keep_us = (ends_s + 2 * LEEWAY_S) * 1_000_000;
    if !trusted::use_statement(&market.database, &issuer, &id, keep_us, now_us).await? {
        return Err(MarketError::new(
            StatusCode::FORBIDDEN,
            "statement-used",
            "the statement was used before",
            "let the CI service make a new one; each is good for one token",
        ));
    }
    let subject = text(&claims, "sub").unwrap_or_default();
    let token = Token::generate()?;
    let scope = Scope::parse(&projects.join(","))?;
    let label: String = format!("{issuer} {subject}").chars().take(200).collect();
    let row = TokenRow {
        source: "trusted-publisher".to_owned(),
        expires_us: Some(now_us + TOKEN_LIFE_US),
        ..token.operator_row(&label, &scope, now_us)
    };
    tokens::insert(&market.database, &row).await?;
    Ok((token, row))
}

/// A claim as text; numbers and truth values as JSON writes them.
fn text(claims: &Claims, name: &str) -> Option<String> {
    match claims.get(name)? {
        Value::String(text) => Some(text.clone()),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    }
}

/// When a statement ends, in seconds since 1970, if its times make sense.
fn check_times(claims: &Claims, now_s: i64) -> Result<i64, MarketError> {
    let number = |name: &str| claims.get(name).and_then(Value::as_f64).map(|s| s as i64);
    let ends_s = number("exp").ok_or_else(|| bad("it never ends"))?;
    if ends_s <= now_s {
        return Err(bad("it has expired"));
    }
    if ends_s > now_s + MAX_LIFE_S {
        return Err(bad("it is good for more than a day"));
    }
    for name in ["nbf", "iat"] {
        if number(name).is_some_and(|at_s| at_s > now_s + LEEWAY_S) {
            return Err(bad("it is not good yet"));
        }
    }
    Ok(ends_s)
}

/// The projects whose conditions a statement meets, each once.
fn matching(candidates: &[TrustedRow], claims: &Claims) -> Vec<String> {
    let mut projects: Vec<String> = Vec::new();
    for row in candidates {
        let wanted: Claims = serde_json::from_str(&row.claims).unwrap_or_default();
        let met = !wanted.is_empty()
            && wanted
                .iter()
                .all(|(name, value)| text(claims, name).as_deref() == value.as_str());
        if met && !projects.contains(&row.project) {
            projects.push(row.project.clone());
        }
    }
    projects
}

fn nobody() -> MarketError {
    MarketError::new(
        StatusCode::FORBIDDEN,
        "no-trusted-publisher",
        "no project here trusts what this statement speaks of",
        "add the issuer and its claims in the project's settings, `/manage/PROJECT`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(value: Value) -> Claims {
        value.as_object().cloned().unwrap_or_default()
    }

    fn row(project: &str, wanted: &Value) -> TrustedRow {
        TrustedRow {
            id: String::new(),
            project: project.to_owned(),
            issuer: String::new(),
            claims: wanted.to_string(),
            created_us: 0,
            created_by: String::new(),
        }
    }

    #[test]
    fn every_wanted_claim_must_be_there_and_the_same() {
        let rows = [
            row("a", &json!({"repository": "acme/a"})),
            row(
                "b",
                &json!({"repository": "acme/a", "environment": "release"}),
            ),
            row("c", &json!({})),
            row("d", &json!({"run": "7"})),
            row("a", &json!({"run": "7"})),
        ];
        let told = claims(json!({"repository": "acme/a", "run": 7}));
        assert_eq!(matching(&rows, &told), ["a", "d"]);
        let told = claims(json!({"repository": ["acme/a"], "run": null}));
        assert!(matching(&rows, &told).is_empty());
    }

    #[test]
    fn statements_have_a_beginning_and_a_near_end() {
        let times = |value| check_times(&claims(value), 1000).is_ok();
        assert!(times(json!({"exp": 1300, "iat": 1000, "nbf": 990})));
        for wrong in [
            json!({}),
            json!({"exp": "1300"}),
            json!({"exp": 1000}),
            json!({"exp": 1000 + 100_000}),
            json!({"exp": 1300, "nbf": 1100}),
            json!({"exp": 1300, "iat": 1100}),
        ] {
            assert!(!times(wrong.clone()), "{wrong}");
        }
    }
}
