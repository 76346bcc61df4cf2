//! Whose webhooks there are.

use crate::queries::webhooks::WebhookRow;

/// An owner of webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// A project, by its normalised name: told of itself.
    Project(String),
    /// An organisation, by its name: told of every project that it owns.
    Organisation(String),
}

impl Owner {
    /// The word in the database.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Project(_) => "project",
            Self::Organisation(_) => "organisation",
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Project(name) | Self::Organisation(name) => name,
        }
    }

    /// Where the owner itself is looked after.
    #[must_use]
    pub fn home(&self) -> String {
        match self {
            Self::Project(name) => format!("/manage/{name}"),
            Self::Organisation(name) => format!("/organisations/{name}"),
        }
    }

    /// Where its webhooks are.
    #[must_use]
    pub fn base(&self) -> String {
        format!("{}/webhooks", self.home())
    }

    /// Whether a webhook is its own.
    #[must_use]
    pub fn has(&self, row: &WebhookRow) -> bool {
        row.owner_kind == self.kind() && row.owner == self.name()
    }
}
