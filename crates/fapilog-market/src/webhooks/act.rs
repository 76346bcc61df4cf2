//! What owners do with their webhooks, by pages and by the API.

use axum::http::StatusCode;

use crate::audit::{Action, Actor, Event};
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::market::Market;
use crate::queries::webhooks::{self, WebhookRow};
use crate::secret::{Secret, new_id};
use crate::webhooks::{Owner, SECRET_PREFIX, Topic, put};

/// Most webhooks of one owner: each event costs a delivery for each.
pub const MAX_WEBHOOKS: usize = 5;
/// Longest address in bytes.
pub const MAX_ADDRESS_BYTES: usize = 500;

/// Who acts, on whose webhooks, from where.
#[derive(Debug, Clone)]
pub struct Acting {
    /// Whose webhooks.
    pub owner: Owner,
    /// Who, as the audit log names them.
    pub actor: Actor,
    /// From where.
    pub client: ClientAddress,
}

impl Acting {
    /// Adds a webhook; its row holds the secret, which is shown now and never again.
    ///
    /// # Errors
    ///
    /// `bad-webhook`, `outbound`, `too-many-webhooks`, `internal`.
    pub async fn add(
        &self,
        market: &Market,
        address: &str,
        topics: &[Topic],
    ) -> Result<WebhookRow, MarketError> {
        check(market, address, topics)?;
        let words: Vec<&str> = topics.iter().map(|topic| topic.word()).collect();
        let row = WebhookRow {
            id: new_id()?,
            owner_kind: self.owner.kind().to_owned(),
            owner: self.owner.name().to_owned(),
            address: address.to_owned(),
            secret: format!("{SECRET_PREFIX}{}", Secret::generate()?.reveal()),
            // Words with a space before and after each, so that one is found by itself.
            topics: format!(" {} ", words.join(" ")),
            is_active: 1,
            failures: 0,
            created_us: clock::now_us(),
            created_by: self.actor.to_string(),
        };
        let (kind, name) = (self.owner.kind(), self.owner.name());
        let own = webhooks::of_owner(&market.database, kind, name).await?;
        if own.len() >= MAX_WEBHOOKS {
            return Err(MarketError::new(
                StatusCode::CONFLICT,
                "too-many-webhooks",
                format!("there are {MAX_WEBHOOKS} webhooks already"),
                "remove one that isn't used",
            ));
        }
        let mut transaction = market.database.begin().await?;
        webhooks::insert(&mut transaction, &row).await?;
        self.event(Action::WebhookAdded)
            .with(&row.id)
            .record(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// The webhook of an id, if it is the owner's.
    ///
    /// # Errors
    ///
    /// `not-found`, `internal`.
    pub async fn own(&self, market: &Market, id: &str) -> Result<WebhookRow, MarketError> {
        let found = webhooks::find(&market.database, id).await?;
        let found = found.filter(|row| self.owner.has(row));
        found.ok_or_else(|| MarketError::not_found("There is no such webhook."))
    }

    /// Removes a webhook and its deliveries.
    ///
    /// # Errors
    ///
    /// `internal`.
    pub async fn remove(&self, market: &Market, webhook: &WebhookRow) -> Result<(), MarketError> {
        let mut transaction = market.database.begin().await?;
        webhooks::remove(&mut transaction, &webhook.id).await?;
        self.event(Action::WebhookRemoved)
            .with(&webhook.id)
            .record(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Has a webhook that was ended be told again.
    ///
    /// # Errors
    ///
    /// `internal`.
    pub async fn enable(&self, market: &Market, webhook: &WebhookRow) -> Result<(), MarketError> {
        let mut transaction = market.database.begin().await?;
        webhooks::enable(&mut transaction, &webhook.id).await?;
        self.event(Action::WebhookResumed)
            .with(&webhook.id)
            .record(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    fn event(&self, action: Action) -> Event {
        let event = Event::new(self.actor.clone(), action, self.client);
        match &self.owner {
            Owner::Project(name) => event.about_project(name),
            Owner::Organisation(name) => event.about_publisher(name),
        }
    }
}

/// Puts in a test, or a delivery that is made once more; returns its id.
///
/// # Errors
///
/// `bad-webhook`, `internal`.
pub async fn deliver(
    market: &Market,
    webhook: &WebhookRow,
    again: Option<&str>,
) -> Result<String, MarketError> {
    let again = match again {
        None => None,
        Some(id) => {
            let missing = || {
                bad(
                    "there is no such delivery",
                    "look at the list of deliveries",
                )
            };
            // PostgreSQL takes a NUL for an error.
            let id = Some(id)
                .filter(|id| !id.contains('\0'))
                .ok_or_else(missing)?;
            let row = webhooks::find_delivery(&market.database, id).await?;
            let row = row.filter(|row| row.webhook_id == webhook.id);
            Some(row.ok_or_else(missing)?)
        }
    };
    let mut transaction = market.database.begin().await?;
    let id = put(&mut transaction, webhook, again.as_ref()).await?;
    transaction.commit().await?;
    market.wake_workers();
    Ok(id)
}

fn check(market: &Market, address: &str, topics: &[Topic]) -> Result<(), MarketError> {
    if address.len() > MAX_ADDRESS_BYTES {
        let message = format!("the address is longer than {MAX_ADDRESS_BYTES} bytes");
        return Err(bad(&message, "give a shorter one"));
    }
    if topics.is_empty() {
        return Err(bad("no event was chosen", "choose at least one"));
    }
    market.outbound.check(address).map(drop)
}

/// A webhook, or something about one, that can't be accepted as it is.
#[must_use]
pub fn bad(message: &str, hint: &str) -> MarketError {
    MarketError::bad_request("bad-webhook", message, hint)
}
