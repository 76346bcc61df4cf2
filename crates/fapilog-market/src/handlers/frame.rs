//! What pages for people who are known share: the menu, the form's token, and what was just done.

use askama::Template;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Redirect, Response};

use crate::error::MarketError;
use crate::handlers::page::PageError;
use crate::market::Market;
use crate::principal::Principal;
use crate::visit::Visit;

/// What was just done, by the word in `?done=`; no other text of an address is ever shown.
const NOTICES: [(&str, &str); 19] = [
    ("account", "Your account is ready."),
    ("added", "Added."),
    ("authenticator", "The authenticator is set up."),
    ("authenticator-off", "The authenticator is removed."),
    (
        "delivery",
        "Put in line. Reload the page to see what came of it.",
    ),
    ("described", "Saved."),
    (
        "email",
        "Saved. Open the link that was sent to the new address to verify it.",
    ),
    (
        "email-unsent",
        "Saved. This marketplace sends no mail, so the address stays unverified.",
    ),
    ("left", "You have left."),
    ("passkey", "The passkey is added."),
    ("passkey-off", "The passkey is removed."),
    (
        "password",
        "Your password is changed, and all other sessions are ended.",
    ),
    ("removed", "Removed."),
    ("revoked", "The token is revoked."),
    ("saved", "Saved."),
    ("session", "The session is ended."),
    ("signed-out", "You are signed out."),
    ("transferred", "The project is transferred."),
    ("verified", "The address is verified."),
];

/// The frame of a private page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Name of who is signed in; empty when nobody is.
    pub user: String,
    /// Whether they moderate.
    pub is_moderator: bool,
    /// Whether they administer.
    pub is_administrator: bool,
    /// The token for the page's forms.
    pub csrf: String,
    /// What was just done.
    pub notice: Option<&'static str>,
    /// What just failed.
    pub error: Option<MarketError>,
}

impl Frame {
    /// The frame with what just failed in it.
    #[must_use]
    pub fn with(mut self, error: Option<MarketError>) -> Self {
        if error.is_some() {
            self.notice = None;
        }
        self.error = error;
        self
    }

    /// Renders a page that this frame is part of.
    ///
    /// # Errors
    ///
    /// `internal` when the template fails; what just failed, when that was the server's fault.
    pub fn render<T: Template>(
        error: Option<&MarketError>,
        page: &T,
    ) -> Result<Response, PageError> {
        let status = error.map_or(StatusCode::OK, |error| error.status);
        if let Some(error) = error
            && status.is_server_error()
        {
            return Err(error.clone().into());
        }
        let html = page
            .render()
            .map_err(|error| MarketError::internal(&error))?;
        Ok((status, Html(html)).into_response())
    }
}

/// Goes on to a page that says what was done.
#[must_use]
pub fn done(address: &str, word: &str) -> Response {
    Redirect::to(&format!("{address}?done={word}")).into_response()
}

impl<S: Send + Sync> FromRequestParts<S> for Frame
where
    Market: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let principal = Principal::from_request_parts(parts, state).await?;
        // The guard puts it there on every private page.
        let visit = match parts.extensions.get::<Visit>() {
            Some(visit) => visit.clone(),
            None => Visit::new()?,
        };
        let asked = parts.uri.query().unwrap_or_default();
        let word = url::form_urlencoded::parse(asked.as_bytes()).find(|(name, _)| name == "done");
        let notice = word.and_then(|(_, word)| {
            let known = NOTICES.iter().find(|(name, _)| *name == word);
            known.map(|(_, text)| *text)
        });
        let user = principal.user().ok();
        let role = user.map(|user| user.site_role.as_str());
        Ok(Self {
            user: user.map(|user| user.name.clone()).unwrap_or_default(),
            is_moderator: matches!(role, Some("moderator" | "administrator")),
            is_administrator: role == Some("administrator"),
            csrf: visit.form_token()?,
            notice,
            error: None,
        })
    }
}
