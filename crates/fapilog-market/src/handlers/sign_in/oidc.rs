//! `/sign-in/oidc`: to an account elsewhere, and back.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::account_name::AccountName;
use crate::audit::{Action, Actor, Event};
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::handlers::page::PageError;
use crate::handlers::sign_in::Asked;
use crate::market::Market;
use crate::oidc_sign_in::{self, Identity};
use crate::principal::Principal;
use crate::queries::identities;
use crate::queries::users::{self, UserRow};
use crate::second_factor;
use crate::secret::new_id;
use crate::sign_in::{self, Begun};
use crate::visit::Visit;

/// How often another name is tried when one is taken.
const MAX_NAMES: u32 = 50;

/// What the provider sends back.
#[derive(Debug, Default, Deserialize)]
pub struct Returned {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
}

/// `GET /sign-in/oidc`: goes to the provider.
///
/// # Errors
///
/// `not-found` when none is set up, `provider`, `internal`.
pub async fn begin(
    State(market): State<Market>,
    visit: Visit,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, PageError> {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let address = oidc_sign_in::begin(&market, &visit.secret, &asked.next()).await?;
    Ok(Redirect::to(&address).into_response())
}

/// `GET /sign-in/oidc/callback`: comes back. Who is signed in links the account elsewhere to this
/// one; who is not is signed in, with a new account if need be.
///
/// # Errors
///
/// `provider-refused`, `provider`, `identity-taken`, `sign-up-closed`, `internal`.
pub async fn callback(
    State(market): State<Market>,
    visit: Visit,
    principal: Principal,
    client: ClientAddress,
    headers: HeaderMap,
    returned: Result<Query<Returned>, QueryRejection>,
) -> Result<Response, PageError> {
    let returned = returned.map(|Query(returned)| returned).unwrap_or_default();
    let finished =
        oidc_sign_in::finish(&market, &visit.secret, &returned.state, &returned.code).await;
    let (identity, next) = finished?;
    let known = identities::user_of(&market.database, &identity.issuer, &identity.subject).await?;
    let known = match known {
        Some(id) => users::find(&market.database, &id).await?,
        None => None,
    };
    let user = match (known, principal.user().ok()) {
        (Some(user), None) => user,
        (None, Some(session)) => {
            let user = users::find(&market.database, &session.user_id).await?;
            let user = user.ok_or_else(crate::principal::not_signed_in)?;
            link(&market, &identity, &user, client).await?;
            return Ok(Redirect::to("/account?done=added").into_response());
        }
        (Some(user), Some(session)) if user.id == session.user_id => {
            return Ok(Redirect::to(&next).into_response());
        }
        (Some(_), Some(_)) => return Err(taken().into()),
        (None, None) => create(&market, &identity, client).await?,
    };
    let begun = if second_factor::is_on(&market, &user).await? {
        Begun::SecondFactorMissing(next)
    } else {
        Begun::Whole(next, "account elsewhere")
    };
    Ok(sign_in::begin(&market, &headers, client, &user, begun).await?)
}

async fn link(
    market: &Market,
    identity: &Identity,
    user: &UserRow,
    client: ClientAddress,
) -> Result<(), MarketError> {
    let mut transaction = market.database.begin().await?;
    let (issuer, subject) = (&identity.issuer, &identity.subject);
    identities::link(&mut transaction, issuer, subject, &user.id, clock::now_us()).await?;
    Event::new(
        Actor::User(user.name.clone()),
        Action::IdentityLinked,
        client,
    )
    .about_user(&user.id)
    .with(issuer)
    .record(&mut *transaction)
    .await?;
    Ok(transaction.commit().await?)
}

/// A new account, under the name that they have elsewhere or the nearest one that is free.
async fn create(
    market: &Market,
    identity: &Identity,
    client: ClientAddress,
) -> Result<UserRow, MarketError> {
    if !market.config.sign_up {
        return Err(MarketError::new(
            StatusCode::FORBIDDEN,
            "sign-up-closed",
            "accounts are made by the operator here",
            "ask the operator for an account, sign in, and link this one to it",
        ));
    }
    let base = plain(&identity.name);
    for n in 1..=MAX_NAMES {
        let name = match n {
            1 => base.clone(),
            n => format!("{base}-{n}"),
        };
        let Ok(name) = AccountName::parse(&name) else {
            continue;
        };
        match insert(market, identity, &name, client).await {
            Err(error) if error.id == "account-name-taken" => {}
            done => return done,
        }
    }
    Err(MarketError::internal(&"no name is free"))
}

/// What a name may be made of, from any text.
fn plain(text: &str) -> String {
    let mut name = String::new();
    for c in text.to_lowercase().chars().take(30) {
        match c {
            'a'..='z' | '0'..='9' => name.push(c),
            _ if !name.is_empty() && !name.ends_with('-') => name.push('-'),
            _ => {}
        }
    }
    match name.trim_end_matches('-') {
        "" => "publisher".to_owned(),
        name => name.to_owned(),
    }
}

async fn insert(
    market: &Market,
    identity: &Identity,
    name: &AccountName,
    client: ClientAddress,
) -> Result<UserRow, MarketError> {
    let now_us = clock::now_us();
    let mut user = UserRow {
        id: new_id()?,
        name: name.to_string(),
        email: identity.email.clone(),
        email_verified_us: None,
        password_hash: None,
        site_role: "none".to_owned(),
        totp_secret: None,
        totp_step: 0,
        created_us: now_us,
        deleted_us: None,
    };
    super::sign_up::insert(market, &user).await?;
    Event::new(
        Actor::User(user.name.clone()),
        Action::AccountCreated,
        client,
    )
    .about_user(&user.id)
    .record(&*market.database)
    .await?;
    link(market, identity, &user, client).await?;
    if !user.email.is_empty() {
        let database = &market.database;
        // Another account may have the same address verified: then this one has none.
        match users::verify_email(database, &user.id, &user.email, now_us).await {
            Ok(_) => user.email_verified_us = Some(now_us),
            Err(_) => users::set_email(database, &user.id, "").await?,
        }
    }
    Ok(user)
}

fn taken() -> MarketError {
    MarketError::new(
        StatusCode::CONFLICT,
        "identity-taken",
        "That account elsewhere belongs to another account here",
        "sign out, and sign in with it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_elsewhere_become_names_here() {
        for (there, here) in [
            ("Ada Lovelace", "ada-lovelace"),
            ("ada@example.org", "ada-example-org"),
            ("__x__", "x"),
            ("李", "publisher"),
            ("", "publisher"),
        ] {
            assert_eq!(plain(there), here);
            assert!(AccountName::parse(&plain(there)).is_ok());
        }
    }
}
