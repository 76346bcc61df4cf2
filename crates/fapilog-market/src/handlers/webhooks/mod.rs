//! `/manage/{project}/webhooks` and `/organisations/{organisation}/webhooks`: who is told what happens.

mod add;
mod owner;
mod show;

use axum::extract::State;
use axum::response::Response;

use crate::audit::{Action, Actor, Event};
use crate::client_address::ClientAddress;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::frame::{Frame, done};
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::queries::sessions::SignedInRow;
use crate::queries::webhooks::{self, WebhookRow};
use crate::webhooks::put;

use owner::{Owner, Place};

/// `GET …/webhooks`.
///
/// # Errors
///
/// `internal`.
pub async fn list(
    State(market): State<Market>,
    frame: Frame,
    place: Place,
) -> Result<Response, PageError> {
    show::list(&market, frame, &place.owner, None).await
}

/// `POST …/webhooks`: adds one and shows its secret, this one time.
///
/// # Errors
///
/// `internal`.
pub async fn add(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    client: ClientAddress,
    place: Place,
    fields: Fields,
) -> Result<Response, PageError> {
    let owner = &place.owner;
    match add::add(&market, &session, owner, &fields, client).await {
        Ok(secret) => show::list(&market, frame, owner, Some(secret)).await,
        Err(error) => show::list(&market, frame.with(Some(error)), owner, None).await,
    }
}

/// `GET …/webhooks/{webhook}`: what was delivered.
///
/// # Errors
///
/// `not-found`, `internal`.
pub async fn get(
    State(market): State<Market>,
    frame: Frame,
    place: Place,
) -> Result<Response, PageError> {
    let webhook = own(&market, &place).await?;
    show::one(&market, frame, &place.owner, webhook).await
}

/// `POST …/webhooks/{webhook}`: removes it, tries it, switches it on again, or delivers once more.
///
/// # Errors
///
/// `not-found`, `internal`.
pub async fn act(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    client: ClientAddress,
    place: Place,
    fields: Fields,
) -> Result<Response, PageError> {
    let webhook = own(&market, &place).await?;
    let base = place.owner.base();
    let page = format!("{base}/{}", webhook.id);
    let ended = match fields.raw("act") {
        "remove" => {
            remove(&market, &session, &place.owner, &webhook, client).await?;
            return Ok(done(&base, "removed"));
        }
        "enable" => enable(&market, &session, &place.owner, &webhook, client).await,
        "test" => deliver(&market, &webhook, None).await,
        "again" => deliver(&market, &webhook, Some(&fields.line("delivery"))).await,
        _ => Err(bad("no such act", "use the buttons of the page")),
    };
    match ended {
        Ok(word) => Ok(done(&page, word)),
        Err(error) => show::one(&market, frame.with(Some(error)), &place.owner, webhook).await,
    }
}

/// The webhook that the path names, if it is the owner's.
async fn own(market: &Market, place: &Place) -> Result<WebhookRow, MarketError> {
    let found = webhooks::find(&market.database, &place.webhook).await?;
    let found = found.filter(|row| place.owner.has(row));
    found.ok_or_else(|| MarketError::not_found("There is no such webhook."))
}

async fn remove(
    market: &Market,
    session: &SignedInRow,
    owner: &Owner,
    webhook: &WebhookRow,
    client: ClientAddress,
) -> Result<(), MarketError> {
    let mut transaction = market.database.begin().await?;
    webhooks::remove(&mut transaction, &webhook.id).await?;
    event(session, Action::WebhookRemoved, owner, client)
        .with(&webhook.id)
        .record(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

async fn enable(
    market: &Market,
    session: &SignedInRow,
    owner: &Owner,
    webhook: &WebhookRow,
    client: ClientAddress,
) -> Result<&'static str, MarketError> {
    let mut transaction = market.database.begin().await?;
    webhooks::enable(&mut transaction, &webhook.id).await?;
    event(session, Action::WebhookResumed, owner, client)
        .with(&webhook.id)
        .record(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok("saved")
}

async fn deliver(
    market: &Market,
    webhook: &WebhookRow,
    again: Option<&str>,
) -> Result<&'static str, MarketError> {
    let again = match again {
        None => None,
        Some(id) => {
            let row = webhooks::find_delivery(&market.database, id).await?;
            let row = row.filter(|row| row.webhook_id == webhook.id);
            let missing = || bad("there is no such delivery", "reload the page");
            Some(row.ok_or_else(missing)?)
        }
    };
    let mut transaction = market.database.begin().await?;
    put(&mut transaction, webhook, again.as_ref()).await?;
    transaction.commit().await?;
    market.wake_workers();
    Ok("delivery")
}

/// What somebody did to webhooks of an owner.
fn event(session: &SignedInRow, action: Action, owner: &Owner, client: ClientAddress) -> Event {
    let event = Event::new(Actor::User(session.name.clone()), action, client);
    match owner {
        Owner::Project(name) => event.about_project(name),
        Owner::Organisation(name) => event.about_publisher(name),
    }
}

fn bad(message: &str, hint: &str) -> MarketError {
    MarketError::bad_request("bad-webhook", message, hint)
}
