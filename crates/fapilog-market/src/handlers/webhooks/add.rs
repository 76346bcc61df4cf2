//! Making a webhook.

use axum::http::StatusCode;

use super::owner::Owner;
use super::{bad, event};
use crate::audit::Action;
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::market::Market;
use crate::queries::sessions::SignedInRow;
use crate::queries::webhooks::{self, WebhookRow};
use crate::secret::{Secret, new_id};
use crate::webhooks::{SECRET_PREFIX, Topic};

/// Most webhooks of one owner: each event costs a delivery for each.
const MAX_WEBHOOKS: usize = 5;
/// Longest address in bytes.
const MAX_ADDRESS_BYTES: usize = 500;

/// Adds a webhook and returns its secret.
pub(super) async fn add(
    market: &Market,
    session: &SignedInRow,
    owner: &Owner,
    fields: &Fields,
    client: ClientAddress,
) -> Result<String, MarketError> {
    let address = address(market, fields)?;
    let topics = topics(fields)?;
    let secret = format!("{SECRET_PREFIX}{}", Secret::generate()?.reveal());
    let row = WebhookRow {
        id: new_id()?,
        owner_kind: owner.kind().to_owned(),
        owner: owner.name().to_owned(),
        address,
        secret: secret.clone(),
        topics,
        is_active: 1,
        failures: 0,
        created_us: clock::now_us(),
        created_by: session.name.clone(),
    };
    let own = webhooks::of_owner(&market.database, owner.kind(), owner.name()).await?;
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
    event(session, Action::WebhookAdded, owner, client)
        .with(&row.id)
        .record(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(secret)
}

fn address(market: &Market, fields: &Fields) -> Result<String, MarketError> {
    let address = fields.line("address");
    if address.len() > MAX_ADDRESS_BYTES {
        let message = format!("the address is longer than {MAX_ADDRESS_BYTES} bytes");
        return Err(bad(&message, "give a shorter one"));
    }
    market.outbound.check(&address)?;
    Ok(address)
}

/// What was chosen, as it is stored: words with a space before and after each.
fn topics(fields: &Fields) -> Result<String, MarketError> {
    let chosen = Topic::ALL.iter().map(|topic| topic.word());
    let chosen: Vec<&str> = chosen.filter(|word| !fields.raw(word).is_empty()).collect();
    if chosen.is_empty() {
        return Err(bad("no event was chosen", "choose at least one"));
    }
    Ok(format!(" {} ", chosen.join(" ")))
}
