//! Webhooks: owners of projects and organisations name an address that is told what happens.
//!
//! Every event notes a delivery for each webhook that wants it, in the transaction of the event
//! itself; a job makes the delivery ([`deliver`]). Addresses are anybody's choice: they are talked to
//! through [`crate::outbound`] alone.

pub mod act;
pub mod deliver;
mod owner;
mod signature;
mod topic;

use sqlx::AnyConnection;

use crate::clock;
use crate::error::MarketError;
use crate::jobs::{self, JobKind};
use crate::queries::webhooks::{self, DeliveryRow, WebhookRow};
use crate::secret::new_id;

pub use owner::Owner;
pub use signature::{SECRET_PREFIX, sign};
pub use topic::Topic;

/// What a delivery that its owner asked for, to see whether it works, is called.
pub const TEST_EVENT: &str = "test";

/// Puts in a delivery that somebody asked for: a test, or one that is made once more. Returns its id.
///
/// # Errors
///
/// `internal`.
pub async fn put(
    connection: &mut AnyConnection,
    webhook: &WebhookRow,
    again: Option<&DeliveryRow>,
) -> Result<String, MarketError> {
    let row = DeliveryRow {
        id: new_id()?,
        webhook_id: webhook.id.clone(),
        event_id: again.map(|row| row.event_id.clone()).unwrap_or_default(),
        event: again.map_or_else(|| TEST_EVENT.to_owned(), |row| row.event.clone()),
        state: "waiting".to_owned(),
        attempts: 0,
        status: None,
        error: String::new(),
        took_ms: None,
        tried_us: None,
        created_us: clock::now_us(),
    };
    webhooks::insert_delivery(connection, &row).await?;
    jobs::put(
        connection,
        JobKind::Deliver,
        &row.id,
        &serde_json::json!({}),
    )
    .await?;
    Ok(row.id)
}
