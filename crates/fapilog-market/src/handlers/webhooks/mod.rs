//! `/manage/{project}/webhooks` and `/organisations/{organisation}/webhooks`: who is told what happens.

mod place;
mod show;

use axum::extract::State;
use axum::response::Response;

use crate::audit::Actor;
use crate::client_address::ClientAddress;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::frame::{Frame, done};
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::queries::sessions::SignedInRow;
use crate::webhooks::act::{Acting, bad, deliver};
use crate::webhooks::{Owner, Topic};

pub use place::Place;

/// `GET …/webhooks`.
///
/// # Errors
///
/// `internal`.
pub async fn list(
    State(market): State<Market>,
    frame: Frame,
    place: Result<Place, MarketError>,
) -> Result<Response, PageError> {
    show::list(&market, frame, &place?.owner, None).await
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
    place: Result<Place, MarketError>,
    fields: Fields,
) -> Result<Response, PageError> {
    let acting = acting(&session, place?.owner, client);
    let chosen = |topic: &Topic| !fields.raw(topic.word()).is_empty();
    let topics: Vec<Topic> = Topic::ALL.into_iter().filter(chosen).collect();
    match acting.add(&market, &fields.line("address"), &topics).await {
        Ok(row) => show::list(&market, frame, &acting.owner, Some(row.secret)).await,
        Err(error) => show::list(&market, frame.with(Some(error)), &acting.owner, None).await,
    }
}

/// `GET …/webhooks/{webhook}`: what was delivered.
///
/// # Errors
///
/// `not-found`, `internal`.
pub async fn get(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    client: ClientAddress,
    place: Result<Place, MarketError>,
) -> Result<Response, PageError> {
    let place = place?;
    let acting = acting(&session, place.owner, client);
    let webhook = acting.own(&market, &place.webhook).await?;
    show::one(&market, frame, &acting.owner, webhook).await
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
    place: Result<Place, MarketError>,
    fields: Fields,
) -> Result<Response, PageError> {
    let place = place?;
    let acting = acting(&session, place.owner, client);
    let webhook = acting.own(&market, &place.webhook).await?;
    let base = acting.owner.base();
    let ended = match fields.raw("act") {
        "remove" => {
            acting.remove(&market, &webhook).await?;
            return Ok(done(&base, "removed"));
        }
        "enable" => acting.enable(&market, &webhook).await.map(|()| "saved"),
        "test" => deliver(&market, &webhook, None).await.map(|_| "delivery"),
        "again" => {
            let id = fields.line("delivery");
            let put = deliver(&market, &webhook, Some(&id)).await;
            put.map(|_| "delivery")
        }
        _ => Err(bad("no such act", "use the buttons of the page")),
    };
    match ended {
        Ok(word) => Ok(done(&format!("{base}/{}", webhook.id), word)),
        Err(error) => show::one(&market, frame.with(Some(error)), &acting.owner, webhook).await,
    }
}

fn acting(session: &SignedInRow, owner: Owner, client: ClientAddress) -> Acting {
    Acting {
        owner,
        actor: Actor::User(session.name.clone()),
        client,
    }
}
