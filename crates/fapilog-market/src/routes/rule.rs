//! What a route must state about itself before it can exist.

use axum::http::{HeaderValue, Method};

use crate::rate_limit::Limit;
use crate::routes::right::Right;

/// A route without its handler. Made by [`Rule::get`] and its siblings only, which leave nothing
/// that matters unsaid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The one method.
    pub method: Method,
    /// The path as the router knows it, with `{names}` for its variable parts.
    pub path: &'static str,
    /// Who may use it.
    pub right: Right,
    /// How its good answers may be kept. Errors are never kept.
    pub cache: Cache,
    /// What shows that a change was meant by who is signed in.
    pub csrf: Csrf,
    /// What it counts against.
    pub limit: Limit,
    /// How refusals look.
    pub face: Face,
    /// Whether it moves files: then body and time are bounded by the handler, else to
    /// [`MAX_BODY_BYTES`] and [`ANSWER_TIMEOUT`].
    ///
    /// [`MAX_BODY_BYTES`]: crate::routes::MAX_BODY_BYTES
    /// [`ANSWER_TIMEOUT`]: crate::routes::ANSWER_TIMEOUT
    pub transfer: bool,
}

/// How an answer may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cache {
    /// Not at all: it is for one person, or true for one moment.
    Never,
    /// By everybody, but compared on each use by its entity tag.
    Revalidate,
    /// By everybody, for so many seconds.
    Seconds(u32),
    /// By everybody, for ever: the address holds the digest.
    Immutable,
    /// What the handler says, which serves things with different lives. For ranges of files.
    ByHandler,
}

impl Cache {
    /// The header, or `None` when the handler sets it.
    #[must_use]
    pub fn header(self) -> Option<HeaderValue> {
        match self {
            Self::Never => Some(HeaderValue::from_static("no-store")),
            Self::Revalidate => Some(HeaderValue::from_static("max-age=0, must-revalidate")),
            Self::Seconds(seconds) => HeaderValue::from_str(&format!("max-age={seconds}")).ok(),
            Self::Immutable => Some(HeaderValue::from_static(
                "public, max-age=31536000, immutable",
            )),
            Self::ByHandler => None,
        }
    }
}

/// What shows that a change was meant by who is signed in, and not by a page of another site that
/// makes the browser send its cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Csrf {
    /// Nothing changes.
    Reads,
    /// The form's field `csrf_token`, or the header `x-csrf-token`, bound to the visitor's cookie.
    Form,
    /// Cookies are not looked at: what counts is in the request itself.
    NoCookies,
}

/// How refusals look to those who use the route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Face {
    /// A page for people.
    Page,
    /// The JSON envelope for programs.
    Json,
    /// `application/problem+json` for programs that use the API.
    Problem,
    /// What upload clients show: the reason phrase, and text or JSON.
    Upload,
}

impl Rule {
    /// A route that changes nothing. It answers `HEAD` too.
    #[must_use]
    pub const fn get(path: &'static str, right: Right, cache: Cache, limit: Limit) -> Self {
        Self::new(Method::GET, path, right, cache, Csrf::Reads, limit)
    }

    /// A route that does or changes something.
    #[must_use]
    pub const fn post(path: &'static str, right: Right, csrf: Csrf, limit: Limit) -> Self {
        Self::new(Method::POST, path, right, Cache::Never, csrf, limit)
    }

    /// A route that puts something in place.
    #[must_use]
    pub const fn put(path: &'static str, right: Right, csrf: Csrf, limit: Limit) -> Self {
        Self::new(Method::PUT, path, right, Cache::Never, csrf, limit)
    }

    /// A route that takes something away.
    #[must_use]
    pub const fn delete(path: &'static str, right: Right, csrf: Csrf, limit: Limit) -> Self {
        Self::new(Method::DELETE, path, right, Cache::Never, csrf, limit)
    }

    const fn new(
        method: Method,
        path: &'static str,
        right: Right,
        cache: Cache,
        csrf: Csrf,
        limit: Limit,
    ) -> Self {
        Self {
            method,
            path,
            right,
            cache,
            csrf,
            limit,
            face: Face::Page,
            transfer: false,
        }
    }

    /// Chooses how refusals look; pages when not said.
    #[must_use]
    pub const fn with_face(mut self, face: Face) -> Self {
        self.face = face;
        self
    }

    /// Says that the route moves files.
    #[must_use]
    pub const fn moving_files(mut self) -> Self {
        self.transfer = true;
        self
    }
}
