//! `/api/v1/projects/{project}/webhooks` and `/api/v1/organisations/{organisation}/webhooks`: the same
//! handlers, which the path tells whose webhooks it is about. The OpenAPI document has both, too.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fapilog_market_api::{
    Delivery, DeliveryList, NewDelivery, NewWebhook, Problem, Webhook, WebhookList, WebhookTopic,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::audit::Actor;
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::handlers::api::problem::ApiError;
use crate::handlers::webhooks::Place;
use crate::market::Market;
use crate::principal::Principal;
use crate::queries::webhooks::{self, DeliveryRow, WebhookRow};
use crate::webhooks::Topic;
use crate::webhooks::act::{Acting, bad, deliver};

/// Tells the webhooks.
///
/// # Errors
///
/// `internal`.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{project}/webhooks",
    tag = "webhooks",
    params(("project" = String, Path, description = "Normalised name of the project")),
    security(("token" = [])),
    responses((status = 200, description = "The webhooks", body = WebhookList))
)]
pub async fn list(
    State(market): State<Market>,
    place: Result<Place, MarketError>,
) -> Result<Response, ApiError> {
    let owner = place?.owner;
    let rows = webhooks::of_owner(&market.database, owner.kind(), owner.name()).await?;
    let webhooks = rows.into_iter().map(|row| webhook(row, false)).collect();
    json(StatusCode::OK, &WebhookList { webhooks })
}

/// Adds a webhook; the answer holds its secret, this one time.
///
/// # Errors
///
/// `bad-webhook`, `outbound`, `too-many-webhooks`, `internal`.
#[utoipa::path(
    post,
    path = "/api/v1/projects/{project}/webhooks",
    tag = "webhooks",
    params(("project" = String, Path, description = "Normalised name of the project")),
    request_body = NewWebhook,
    security(("token" = [])),
    responses(
        (status = 201, description = "The webhook with its secret", body = Webhook),
        (status = 400, description = "`bad-webhook`, `outbound`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`too-many-webhooks`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn add(
    State(market): State<Market>,
    principal: Principal,
    client: ClientAddress,
    place: Result<Place, MarketError>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let acting = acting(&principal, place?, client);
    let asked: NewWebhook = read(body)?;
    let wanted = |topic: &Topic| asked.topics.iter().any(|one| from_api(*one) == *topic);
    let topics: Vec<Topic> = Topic::ALL.into_iter().filter(wanted).collect();
    let row = acting.add(&market, &asked.address, &topics).await?;
    json(StatusCode::CREATED, &webhook(row, true))
}

/// Removes a webhook and what is known of its deliveries.
///
/// # Errors
///
/// `not-found`, `internal`.
#[utoipa::path(
    delete,
    path = "/api/v1/projects/{project}/webhooks/{webhook}",
    tag = "webhooks",
    params(
        ("project" = String, Path, description = "Normalised name of the project"),
        ("webhook" = String, Path, description = "Id of the webhook"),
    ),
    security(("token" = [])),
    responses(
        (status = 204, description = "It is removed"),
        (status = 404, description = "`not-found`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn remove(
    State(market): State<Market>,
    principal: Principal,
    client: ClientAddress,
    place: Result<Place, MarketError>,
) -> Result<Response, ApiError> {
    let place = place?;
    let id = place.webhook.clone();
    let acting = acting(&principal, place, client);
    let webhook = acting.own(&market, &id).await?;
    acting.remove(&market, &webhook).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Has a webhook that was switched off after failures be told again.
///
/// # Errors
///
/// `not-found`, `internal`.
#[utoipa::path(
    post,
    path = "/api/v1/projects/{project}/webhooks/{webhook}/enable",
    tag = "webhooks",
    params(
        ("project" = String, Path, description = "Normalised name of the project"),
        ("webhook" = String, Path, description = "Id of the webhook"),
    ),
    security(("token" = [])),
    responses(
        (status = 200, description = "The webhook, which is told again", body = Webhook),
        (status = 404, description = "`not-found`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn enable(
    State(market): State<Market>,
    principal: Principal,
    client: ClientAddress,
    place: Result<Place, MarketError>,
) -> Result<Response, ApiError> {
    let place = place?;
    let id = place.webhook.clone();
    let acting = acting(&principal, place, client);
    let row = acting.own(&market, &id).await?;
    acting.enable(&market, &row).await?;
    let row = acting.own(&market, &id).await?;
    json(StatusCode::OK, &webhook(row, false))
}

/// Tells what was delivered to a webhook.
///
/// # Errors
///
/// `not-found`, `internal`.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{project}/webhooks/{webhook}/deliveries",
    tag = "webhooks",
    params(
        ("project" = String, Path, description = "Normalised name of the project"),
        ("webhook" = String, Path, description = "Id of the webhook"),
    ),
    security(("token" = [])),
    responses(
        (status = 200, description = "The deliveries", body = DeliveryList),
        (status = 404, description = "`not-found`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn deliveries(
    State(market): State<Market>,
    principal: Principal,
    client: ClientAddress,
    place: Result<Place, MarketError>,
) -> Result<Response, ApiError> {
    let place = place?;
    let id = place.webhook.clone();
    let webhook = acting(&principal, place, client).own(&market, &id).await?;
    let rows = webhooks::deliveries(&market.database, &webhook.id).await?;
    let deliveries = rows.into_iter().map(delivery).collect();
    json(StatusCode::OK, &DeliveryList { deliveries })
}

/// Puts in a delivery: a test, or one that is made once more.
///
/// # Errors
///
/// `bad-webhook`, `not-found`, `internal`.
#[utoipa::path(
    post,
    path = "/api/v1/projects/{project}/webhooks/{webhook}/deliveries",
    tag = "webhooks",
    params(
        ("project" = String, Path, description = "Normalised name of the project"),
        ("webhook" = String, Path, description = "Id of the webhook"),
    ),
    request_body = NewDelivery,
    security(("token" = [])),
    responses(
        (status = 202, description = "It waits to be delivered", body = Delivery),
        (status = 400, description = "`bad-webhook`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not-found`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn redeliver(
    State(market): State<Market>,
    principal: Principal,
    client: ClientAddress,
    place: Result<Place, MarketError>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let place = place?;
    let id = place.webhook.clone();
    let webhook = acting(&principal, place, client).own(&market, &id).await?;
    let asked: NewDelivery = read(body)?;
    let id = deliver(&market, &webhook, asked.again.as_deref()).await?;
    let row = webhooks::find_delivery(&market.database, &id).await?;
    let row = row.ok_or_else(|| MarketError::not_found("There is no such delivery."))?;
    json(StatusCode::ACCEPTED, &delivery(row))
}

fn acting(principal: &Principal, place: Place, client: ClientAddress) -> Acting {
    Acting {
        owner: place.owner,
        actor: match principal.actor() {
            // The guard lets nobody else come here.
            Actor::Anonymous => Actor::Server,
            actor => actor,
        },
        client,
    }
}

/// The body as JSON. What is in it is not repeated: addresses can hold secrets.
fn read<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, MarketError> {
    let too_much = |_| bad("the body is too large, or broke off", "send less");
    let body = body.map_err(too_much)?;
    let wrong = |_| {
        bad(
            "the body is not what the API's document says",
            "see `/api/v1/openapi.json`",
        )
    };
    // An object: serde would take a list for one, too.
    let object: Map<String, Value> = serde_json::from_slice(&body).map_err(wrong)?;
    serde_json::from_value(Value::Object(object)).map_err(wrong)
}

/// An answer for one client at one moment.
pub(super) fn json<T: Serialize>(status: StatusCode, body: &T) -> Result<Response, ApiError> {
    let text = serde_json::to_vec(body).map_err(|error| MarketError::internal(&error))?;
    let mut response = (status, text).into_response();
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

fn from_api(topic: WebhookTopic) -> Topic {
    match topic {
        WebhookTopic::Published => Topic::Published,
        WebhookTopic::Availability => Topic::Availability,
        WebhookTopic::Advisory => Topic::Advisory,
        WebhookTopic::Rejected => Topic::Rejected,
    }
}

fn to_api(topic: Topic) -> WebhookTopic {
    match topic {
        Topic::Published => WebhookTopic::Published,
        Topic::Availability => WebhookTopic::Availability,
        Topic::Advisory => WebhookTopic::Advisory,
        Topic::Rejected => WebhookTopic::Rejected,
    }
}

fn webhook(row: WebhookRow, is_new: bool) -> Webhook {
    let words = row.topics.split_whitespace();
    Webhook {
        topics: words.filter_map(Topic::parse).map(to_api).collect(),
        active: row.is_active == 1,
        failures: u64::try_from(row.failures).unwrap_or(0),
        created: clock::rfc3339(row.created_us),
        secret: is_new.then_some(row.secret),
        id: row.id,
        address: row.address,
    }
}

fn delivery(row: DeliveryRow) -> Delivery {
    Delivery {
        attempts: u64::try_from(row.attempts).unwrap_or(0),
        status: row.status.and_then(|status| u64::try_from(status).ok()),
        error: Some(row.error).filter(|error| !error.is_empty()),
        created: clock::rfc3339(row.created_us),
        tried: row.tried_us.map(clock::rfc3339),
        id: row.id,
        event: row.event,
        state: row.state,
    }
}
