//! What a path of a webhook names.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::error::MarketError;
use crate::webhooks::Owner;

/// Whose webhooks, and which one; the guard has seen to it that who asks may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whose.
    pub owner: Owner,
    /// The webhook's id; empty on the list.
    pub webhook: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = MarketError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, MarketError> {
        let nothing = || MarketError::not_found("The address can't be decoded.");
        let path = RawPathParams::from_request_parts(parts, state).await;
        let path = path.map_err(|_| nothing())?;
        let (mut owner, mut webhook) = (None, String::new());
        for (name, value) in &path {
            // No name has a NUL, and PostgreSQL takes the question for an error.
            if value.contains('\0') {
                return Err(nothing());
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
