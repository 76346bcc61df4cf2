//! Whose webhooks a path is about.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::error::MarketError;
use crate::handlers::page::PageError;
use crate::queries::webhooks::WebhookRow;

/// Whose webhooks they are; the guard has seen to it that who asks may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    Project(String),
    Organisation(String),
}

impl Owner {
    /// The word in the database.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Project(_) => "project",
            Self::Organisation(_) => "organisation",
        }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Project(name) | Self::Organisation(name) => name,
        }
    }

    /// Where the owner itself is looked after.
    pub(super) fn home(&self) -> String {
        match self {
            Self::Project(name) => format!("/manage/{name}"),
            Self::Organisation(name) => format!("/organisations/{name}"),
        }
    }

    /// Where its webhooks are.
    pub(super) fn base(&self) -> String {
        format!("{}/webhooks", self.home())
    }

    pub(super) fn has(&self, row: &WebhookRow) -> bool {
        row.owner_kind == self.kind() && row.owner == self.name()
    }
}

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub(super) owner: Owner,
    /// Empty on the list.
    pub(super) webhook: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let nothing = || MarketError::not_found("The address can't be decoded.");
        let path = RawPathParams::from_request_parts(parts, state).await;
        let path = path.map_err(|_| nothing())?;
        let (mut owner, mut webhook) = (None, String::new());
        for (name, value) in &path {
            // No name has a NUL, and PostgreSQL takes the question for an error.
            if value.contains('\0') {
                return Err(nothing().into());
            }
            match name {
                "project" => owner = Some(Owner::Project(value.to_owned())),
                "organisation" => owner = Some(Owner::Organisation(value.to_owned())),
                _ => value.clone_into(&mut webhook),
            }
        }
        let owner = owner.ok_or_else(nothing)?;
        Ok(Self { owner, webhook })
    }
}
