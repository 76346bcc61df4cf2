//! `/api/v1/projects/{project}/webhooks` and `/api/v1/organisations/{organisation}/webhooks`: who is
//! told what happens.

use serde::{Deserialize, Serialize};

/// What a new webhook is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewWebhook {
    /// Where it is told: a public `https://` address without user and password.
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub address: String,
    /// What it is told of.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 10))]
    pub topics: Vec<WebhookTopic>,
}

/// What a webhook may be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum WebhookTopic {
    /// A file of a version was published.
    Published,
    /// Yanked, withdrawn, quarantined, restored; the project's status.
    Availability,
    /// A published version has a known vulnerability.
    Advisory,
    /// A file was rejected.
    Rejected,
}

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Webhook {
    /// Its id.
    pub id: String,
    /// Where it is told.
    pub address: String,
    /// What it is told of.
    pub topics: Vec<WebhookTopic>,
    /// Whether it is told; it ends after failures.
    pub active: bool,
    /// Deliveries in a row that failed for good.
    pub failures: u64,
    /// When it was added.
    pub created: String,
    /// What signs; in the answer that makes it, and never again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// The webhooks of a project or organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookList {
    /// Oldest first.
    pub webhooks: Vec<Webhook>,
}

/// Which delivery to make.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewDelivery {
    /// The delivery to make once more; without one, a test.
    #[serde(default)]
    pub again: Option<String>,
}

/// What was delivered, or is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Delivery {
    /// Its id.
    pub id: String,
    /// What happened, or `test`.
    pub event: String,
    /// `waiting`, `delivered` or `failed`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u64,
    /// Status of the last answer.
    #[serde(default)]
    pub status: Option<u64>,
    /// What was wrong with the last attempt.
    #[serde(default)]
    pub error: Option<String>,
    /// When it was put in.
    pub created: String,
    /// When it was last tried.
    #[serde(default)]
    pub tried: Option<String>,
}

/// Deliveries to a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeliveryList {
    /// Newest first, at most a hundred.
    pub deliveries: Vec<Delivery>,
}
