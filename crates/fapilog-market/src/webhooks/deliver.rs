//! The job that makes one delivery.

use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{Request, header};

use crate::audit::{Action, Actor, Event};
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::jobs::{self, JobError};
use crate::market::Market;
use crate::outbound::Bounds;
use crate::queries::jobs::JobRow;
use crate::queries::release_events::{self, ReleaseEventRow};
use crate::queries::webhooks::{self, DeliveryRow, WebhookRow};
use crate::webhooks::sign;

/// How long a receiver may take, and how much it may say. Deliveries share their workers with the
/// judge, so that both are little; a receiver that has more to do does it later.
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(5),
    bytes: 16 * 1024,
};

/// Deliveries in a row that fail for good before a webhook is ended.
pub const MAX_FAILURES: i64 = 10;

/// What came of one attempt.
struct Outcome {
    status: Option<i64>,
    /// Empty when it was delivered.
    error: String,
    /// Whether another attempt could end otherwise.
    may_change: bool,
}

/// Makes the delivery that a job names.
///
/// # Errors
///
/// What may work another time.
pub async fn run(market: &Market, job: &JobRow) -> Result<(), JobError> {
    let Some(mut delivery) = webhooks::find_delivery(&market.database, &job.subject).await? else {
        // Its webhook was removed.
        return Ok(());
    };
    if delivery.state != "waiting" {
        return Ok(());
    }
    let Some(webhook) = webhooks::find(&market.database, &delivery.webhook_id).await? else {
        return Ok(());
    };
    let began = Instant::now();
    let outcome = attempt(market, &webhook, &delivery).await?;
    delivery.attempts = job.attempts;
    delivery.status = outcome.status;
    delivery.took_ms = i64::try_from(began.elapsed().as_millis()).ok();
    delivery.tried_us = Some(clock::now_us());
    let again = outcome.may_change && job.attempts < job.max_attempts;
    let state = match (outcome.error.is_empty(), again) {
        (true, _) => "delivered",
        (false, true) => "waiting",
        (false, false) => "failed",
    };
    state.clone_into(&mut delivery.state);
    delivery.error = outcome.error;
    if state == "waiting" {
        let mut connection = market.database.acquire().await?;
        webhooks::tried(&mut connection, &delivery).await?;
        return Err(JobError::Again(delivery.error));
    }
    Ok(end(market, job, &webhook, &delivery).await?)
}

/// Writes the end of a delivery and of its job, and what it means for the webhook.
async fn end(
    market: &Market,
    job: &JobRow,
    webhook: &WebhookRow,
    delivery: &DeliveryRow,
) -> Result<(), MarketError> {
    let mut transaction = market.database.begin().await?;
    if !jobs::finish(&mut transaction, job).await? {
        // Another worker has taken over.
        return Ok(());
    }
    webhooks::tried(&mut transaction, delivery).await?;
    if delivery.state == "delivered" {
        webhooks::forgive(&mut transaction, &webhook.id).await?;
    } else if webhooks::blame(&mut transaction, &webhook.id, MAX_FAILURES).await? {
        let client = ClientAddress::default();
        let event = Event::new(Actor::Server, Action::WebhookEnded, client);
        let event = match webhook.owner_kind.as_str() {
            "project" => event.about_project(&webhook.owner),
            _ => event.about_publisher(&webhook.owner),
        };
        event.with(&webhook.id).record(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

async fn attempt(
    market: &Market,
    webhook: &WebhookRow,
    delivery: &DeliveryRow,
) -> Result<Outcome, MarketError> {
    let gone = |error: &str| Outcome {
        status: None,
        error: error.to_owned(),
        may_change: false,
    };
    if webhook.is_active == 0 {
        return Ok(gone("the webhook is switched off"));
    }
    let event = release_events::find(&market.database, &delivery.event_id).await?;
    let body = body(market, webhook, delivery, event.as_ref())?;
    let Some(request) = request(webhook, delivery, body) else {
        return Ok(gone("the address can't be used"));
    };
    Ok(match market.outbound.send(request, BOUNDS).await {
        Ok(answer) if answer.status().is_success() => Outcome {
            status: Some(i64::from(answer.status().as_u16())),
            error: String::new(),
            may_change: false,
        },
        Ok(answer) => Outcome {
            status: Some(i64::from(answer.status().as_u16())),
            error: format!("answered {}", answer.status().as_u16()),
            may_change: true,
        },
        Err(error) => Outcome {
            status: None,
            // An address that may not be talked to stays one.
            may_change: error.id != "outbound",
            error: error.message,
        },
    })
}

/// The body, the same for each attempt.
fn body(
    market: &Market,
    webhook: &WebhookRow,
    delivery: &DeliveryRow,
    event: Option<&ReleaseEventRow>,
) -> Result<Vec<u8>, MarketError> {
    let at_us = event.map_or(delivery.created_us, |event| event.created_us);
    let mut told = serde_json::json!({
        "delivery": delivery.id,
        "event": delivery.event,
        "webhook": webhook.id,
        "at": clock::rfc3339(at_us),
    });
    if let Some(event) = event {
        told["project"] = event.project.as_str().into();
        told["version"] = event.version.as_str().into();
        told["filename"] = event.filename.as_str().into();
        told["reason"] = event.reason.as_str().into();
        told["page"] = format!("{}/plugins/{}/", market.public_url, event.project).into();
    }
    serde_json::to_vec(&told).map_err(|error| MarketError::internal(&error))
}

fn request(webhook: &WebhookRow, delivery: &DeliveryRow, body: Vec<u8>) -> Option<Request<Bytes>> {
    let now_s = clock::now_us() / 1_000_000;
    Request::post(&webhook.address)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_LENGTH, body.len())
        .header("fapilog-event", &delivery.event)
        .header("fapilog-delivery", &delivery.id)
        .header("fapilog-signature", sign(&webhook.secret, now_s, &body))
        .body(Bytes::from(body))
        .ok()
}
