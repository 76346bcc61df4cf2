//! Errors as people and clients see them: an id, a message, a hint and a status.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fapilog_package::PackageError;
use fapilog_package::name::NameError;
use hyper::ext::ReasonPhrase;
use serde_json::json;

/// Longest reason phrase in bytes: clients show it as one line.
const MAX_REASON_BYTES: usize = 400;

/// What went wrong with a request or a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct MarketError {
    /// The HTTP status.
    pub status: StatusCode,
    /// Stable identifier.
    pub id: &'static str,
    /// What failed, with which value, and what was expected.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl MarketError {
    /// An error with a status of its own.
    #[must_use]
    pub fn new(
        status: StatusCode,
        id: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            status,
            id,
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// A request that can't be accepted as it is (400).
    #[must_use]
    pub fn bad_request(
        id: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::new(StatusCode::BAD_REQUEST, id, message, hint)
    }

    /// Something that isn't here (404).
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        let hint = "look at the list of plugins at `/`, or of all projects at `/simple/`";
        Self::new(StatusCode::NOT_FOUND, "not-found", message, hint)
    }

    /// A fault of the server (500): logged here with its cause, told to the client without it.
    #[must_use]
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the server could not complete the request",
            "try again; if it stays so, look into the server's log",
        )
    }

    /// The envelope that every interface for programs answers with.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        json!({
            "error": {"id": self.id, "message": self.message, "hint": self.hint},
            // Upload clients that ask for JSON show this one line.
            "code": format!("{} (hint: {})", self.message, self.hint),
        })
    }

    /// The one-line form for the status line: printable ASCII, bounded.
    #[must_use]
    fn reason(&self) -> Option<ReasonPhrase> {
        let line = format!("{}. hint: {} [{}]", self.message, self.hint, self.id);
        let plain: String = line
            .chars()
            .map(|c| {
                if c == ' ' || c.is_ascii_graphic() {
                    c
                } else {
                    '?'
                }
            })
            .take(MAX_REASON_BYTES)
            .collect();
        ReasonPhrase::try_from(plain).ok()
    }

    /// The answer for upload clients: the reason phrase carries the message too, since some show
    /// nothing else; the body is JSON or text after what they accept.
    #[must_use]
    pub fn into_upload_response(self, json: bool) -> Response {
        let reason = self.reason();
        let mut response = if json {
            (self.status, Json(self.to_json())).into_response()
        } else {
            let text = format!("{} [{}]\nhint: {}\n", self.message, self.id, self.hint);
            (self.status, text).into_response()
        };
        forbid_storing(&mut response);
        if let Some(reason) = reason {
            response.extensions_mut().insert(reason);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"fapilog-market\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl IntoResponse for MarketError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.to_json())).into_response();
        forbid_storing(&mut response);
        response
    }
}

/// Caches may keep a 404 by themselves; what is missing now can be published in a moment.
fn forbid_storing(response: &mut Response) {
    let never = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, never);
}

impl From<sqlx::Error> for MarketError {
    fn from(error: sqlx::Error) -> Self {
        Self::internal(&error)
    }
}

impl From<PackageError> for MarketError {
    fn from(error: PackageError) -> Self {
        match error {
            PackageError::Io(cause) => Self::internal(&cause),
            other => Self::bad_request(other.id(), other.to_string(), other.hint()),
        }
    }
}

impl From<NameError> for MarketError {
    fn from(error: NameError) -> Self {
        Self::bad_request(error.id(), error.to_string(), error.hint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_bounded_line_whatever_the_message_holds() {
        let error = MarketError::bad_request("x", format!("a\r\nb\u{7f}é{}", "y".repeat(9000)), "");
        let reason = error.reason().unwrap();
        let bytes = reason.as_bytes();
        assert!(bytes.len() <= MAX_REASON_BYTES && bytes.starts_with(b"a??b??y"));
    }

    #[test]
    fn a_server_fault_keeps_its_cause_to_itself() {
        let error = MarketError::internal(&"disk /secret is full");
        assert!(!error.to_json().to_string().contains("secret"));
    }
}
