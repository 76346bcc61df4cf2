//! Webhooks and what was delivered to them.

use sqlx::{AnyConnection, AnyPool, FromRow};

use crate::queries::release_events::ReleaseEventRow;

/// Most deliveries that are remembered of one webhook.
const MAX_REMEMBERED: i64 = 100;

/// A stored webhook.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct WebhookRow {
    /// Random id.
    pub id: String,
    /// `project` or `organisation`.
    pub owner_kind: String,
    /// Normalised name of the project, or name of the organisation.
    pub owner: String,
    /// Where it is told.
    pub address: String,
    /// What signs.
    pub secret: String,
    /// Words with a space before and after each.
    pub topics: String,
    /// 0 when nothing is sent any more.
    pub is_active: i64,
    /// Deliveries in a row that failed for good.
    pub failures: i64,
    /// When it was made.
    pub created_us: i64,
    /// Who made it.
    pub created_by: String,
}

/// Neither the secret nor the address, which can hold another one.
impl std::fmt::Debug for WebhookRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "WebhookRow({} of {})", self.id, self.owner)
    }
}

/// A stored delivery.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DeliveryRow {
    /// Id.
    pub id: String,
    /// The webhook.
    pub webhook_id: String,
    /// The row of `release_events`; empty for a test.
    pub event_id: String,
    /// What happened, or `test`.
    pub event: String,
    /// `waiting`, `delivered` or `failed`.
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// The last answer's status.
    pub status: Option<i64>,
    /// What was wrong with the last attempt.
    pub error: String,
    /// How long the last attempt took.
    pub took_ms: Option<i64>,
    /// When the last attempt was made.
    pub tried_us: Option<i64>,
    /// When it was put in.
    pub created_us: i64,
}

/// How deliveries are put into the queue.
#[derive(Debug, Clone, Copy)]
pub struct Queued<'a> {
    /// Name of the kind of job.
    pub kind: &'a str,
    /// How often each is tried.
    pub max_attempts: i64,
    /// Their place in the queue.
    pub priority: i64,
    /// Not before.
    pub due_us: i64,
}

/// Adds a webhook.
///
/// # Errors
///
/// What the database reports.
pub async fn insert(connection: &mut AnyConnection, row: &WebhookRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO webhooks (id, owner_kind, owner, address, secret, topics, created_us, \
         created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&row.id)
    .bind(&row.owner_kind)
    .bind(&row.owner)
    .bind(&row.address)
    .bind(&row.secret)
    .bind(&row.topics)
    .bind(row.created_us)
    .bind(&row.created_by)
    .execute(connection)
    .await
    .map(drop)
}

/// The webhooks of an owner, oldest first.
///
/// # Errors
///
/// What the database reports.
pub async fn of_owner(
    database: &AnyPool,
    kind: &str,
    owner: &str,
) -> sqlx::Result<Vec<WebhookRow>> {
    sqlx::query_as(
        "SELECT * FROM webhooks WHERE owner_kind = $1 AND owner = $2 ORDER BY created_us, id",
    )
    .bind(kind)
    .bind(owner)
    .fetch_all(database)
    .await
}

/// Finds a webhook by its id.
///
/// # Errors
///
/// What the database reports.
pub async fn find(database: &AnyPool, id: &str) -> sqlx::Result<Option<WebhookRow>> {
    sqlx::query_as("SELECT * FROM webhooks WHERE id = $1")
        .bind(id)
        .fetch_optional(database)
        .await
}

/// Removes a webhook and what was delivered to it.
///
/// # Errors
///
/// What the database reports.
pub async fn remove(connection: &mut AnyConnection, id: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM webhook_deliveries WHERE webhook_id = $1")
        .bind(id)
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM webhooks WHERE id = $1")
        .bind(id)
        .execute(connection)
        .await
        .map(drop)
}

/// Has a webhook be told again, as if nothing had failed.
///
/// # Errors
///
/// What the database reports.
pub async fn enable(connection: &mut AnyConnection, id: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE webhooks SET is_active = 1, failures = 0 WHERE id = $1")
        .bind(id)
        .execute(connection)
        .await
        .map(drop)
}

/// Notes that a delivery succeeded: failures count in a row only.
///
/// # Errors
///
/// What the database reports.
pub async fn forgive(connection: &mut AnyConnection, id: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE webhooks SET failures = 0 WHERE id = $1 AND failures > 0")
        .bind(id)
        .execute(connection)
        .await
        .map(drop)
}

/// Notes that a delivery failed for good; `true` when it was the one too many, which ends the webhook.
///
/// # Errors
///
/// What the database reports.
pub async fn blame(connection: &mut AnyConnection, id: &str, most: i64) -> sqlx::Result<bool> {
    sqlx::query("UPDATE webhooks SET failures = failures + 1 WHERE id = $1")
        .bind(id)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "UPDATE webhooks SET is_active = 0 WHERE id = $1 AND is_active = 1 AND failures >= $2",
    )
    .bind(id)
    .bind(most)
    .execute(connection)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Notes for every webhook that wants to know of an event that it has to be told, and has it done.
/// Within the transaction that notes the event.
///
/// # Errors
///
/// What the database reports.
pub async fn announce(
    connection: &mut AnyConnection,
    event: &ReleaseEventRow,
    topic: &str,
    queued: Queued<'_>,
) -> sqlx::Result<()> {
    let noted = sqlx::query(
        "INSERT INTO webhook_deliveries (id, webhook_id, event_id, event, state, created_us) \
         SELECT $1 || '-' || hook.id, hook.id, $1, $2, 'waiting', $3 FROM webhooks AS hook \
         WHERE hook.is_active = 1 AND hook.topics LIKE '% ' || $4 || ' %' \
         AND ((hook.owner_kind = 'project' AND hook.owner = $5) \
         OR (hook.owner_kind = 'organisation' AND hook.owner IN \
         (SELECT publisher FROM project_owners WHERE project = $5)))",
    )
    .bind(&event.id)
    .bind(&event.event)
    .bind(event.created_us)
    .bind(topic)
    .bind(&event.project)
    .execute(&mut *connection)
    .await?;
    if noted.rows_affected() == 0 {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO jobs (id, kind, subject, payload, state, max_attempts, priority, due_us, \
         created_us) SELECT id, $2, id, '{}', 'waiting', $3, $4, $5, $5 FROM webhook_deliveries \
         WHERE event_id = $1 AND state = 'waiting' \
         ON CONFLICT (kind, subject) WHERE state = 'waiting' DO NOTHING",
    )
    .bind(&event.id)
    .bind(queued.kind)
    .bind(queued.max_attempts)
    .bind(queued.priority)
    .bind(queued.due_us)
    .execute(connection)
    .await
    .map(drop)
}

/// Notes a single delivery: a test, or one that is made once more.
///
/// # Errors
///
/// What the database reports.
pub async fn insert_delivery(
    connection: &mut AnyConnection,
    row: &DeliveryRow,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO webhook_deliveries (id, webhook_id, event_id, event, state, created_us) \
         VALUES ($1, $2, $3, $4, 'waiting', $5)",
    )
    .bind(&row.id)
    .bind(&row.webhook_id)
    .bind(&row.event_id)
    .bind(&row.event)
    .bind(row.created_us)
    .execute(connection)
    .await
    .map(drop)
}

/// Finds a delivery by its id.
///
/// # Errors
///
/// What the database reports.
pub async fn find_delivery(database: &AnyPool, id: &str) -> sqlx::Result<Option<DeliveryRow>> {
    sqlx::query_as("SELECT * FROM webhook_deliveries WHERE id = $1")
        .bind(id)
        .fetch_optional(database)
        .await
}

/// What was delivered to a webhook, newest first.
///
/// # Errors
///
/// What the database reports.
pub async fn deliveries(database: &AnyPool, webhook: &str) -> sqlx::Result<Vec<DeliveryRow>> {
    sqlx::query_as(
        "SELECT * FROM webhook_deliveries WHERE webhook_id = $1 \
         ORDER BY created_us DESC, id LIMIT $2",
    )
    .bind(webhook)
    .bind(MAX_REMEMBERED)
    .fetch_all(database)
    .await
}

/// Writes what came of an attempt, and forgets what is long over.
///
/// # Errors
///
/// What the database reports.
pub async fn tried(connection: &mut AnyConnection, row: &DeliveryRow) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE webhook_deliveries SET state = $2, attempts = $3, status = $4, error = $5, \
         took_ms = $6, tried_us = $7 WHERE id = $1",
    )
    .bind(&row.id)
    .bind(&row.state)
    .bind(row.attempts)
    .bind(row.status)
    .bind(&row.error)
    .bind(row.took_ms)
    .bind(row.tried_us)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "DELETE FROM webhook_deliveries WHERE webhook_id = $1 AND state <> 'waiting' \
         AND id NOT IN (SELECT id FROM webhook_deliveries WHERE webhook_id = $1 \
         ORDER BY created_us DESC, id LIMIT $2)",
    )
    .bind(&row.webhook_id)
    .bind(MAX_REMEMBERED)
    .execute(connection)
    .await
    .map(drop)
}
