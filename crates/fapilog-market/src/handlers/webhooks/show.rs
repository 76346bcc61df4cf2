//! The pages of webhooks.

use askama::Template;
use axum::response::Response;

use crate::clock;
use crate::error::MarketError;
use crate::handlers::frame::Frame;
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::queries::webhooks::{self, DeliveryRow, WebhookRow};
use crate::webhooks::deliver::MAX_FAILURES;
use crate::webhooks::{Owner, Topic};

#[derive(Template)]
#[template(path = "webhooks/list.html")]
struct ListPage {
    frame: Frame,
    owner: Owner,
    webhooks: Vec<WebhookRow>,
    topics: [Topic; 4],
    /// The secret of a new one.
    made: Option<String>,
}

#[derive(Template)]
#[template(path = "webhooks/webhook.html")]
struct Page {
    frame: Frame,
    owner: Owner,
    webhook: WebhookRow,
    deliveries: Vec<Shown>,
    max_failures: i64,
}

struct Shown {
    row: DeliveryRow,
    created: String,
    tried: String,
}

/// All webhooks of an owner.
pub(super) async fn list(
    market: &Market,
    frame: Frame,
    owner: &Owner,
    made: Option<String>,
) -> Result<Response, PageError> {
    let error = frame.error.clone();
    let page = ListPage {
        frame,
        owner: owner.clone(),
        webhooks: webhooks::of_owner(&market.database, owner.kind(), owner.name()).await?,
        topics: Topic::ALL,
        made,
    };
    Frame::render(error.as_ref(), &page)
}

/// One webhook and what was delivered to it.
pub(super) async fn one(
    market: &Market,
    frame: Frame,
    owner: &Owner,
    webhook: WebhookRow,
) -> Result<Response, PageError> {
    let error: Option<MarketError> = frame.error.clone();
    let rows = webhooks::deliveries(&market.database, &webhook.id).await?;
    let shown = rows.into_iter().map(|row| Shown {
        created: clock::second(row.created_us),
        tried: row.tried_us.map(clock::second).unwrap_or_default(),
        row,
    });
    let page = Page {
        frame,
        owner: owner.clone(),
        webhook,
        deliveries: shown.collect(),
        max_failures: MAX_FAILURES,
    };
    Frame::render(error.as_ref(), &page)
}
