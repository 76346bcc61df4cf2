//! What stands before every handler: limits, forged requests and rights; and after it: how long the
//! answer may be kept.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http_body_util::{BodyExt as _, Limited};

use crate::client_address::ClientAddress;
use crate::clock;
use crate::drain::drain;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::api::problem;
use crate::handlers::error_page;
use crate::handlers::page::wants_json;
use crate::market::Market;
use crate::principal::{Principal, not_signed_in};
use crate::queries::rate_counts;
use crate::queries::sessions::SignedInRow;
use crate::rate_limit::{Count, Limit};
use crate::rights;
use crate::routes::MAX_BODY_BYTES;
use crate::routes::right::Right;
use crate::routes::rule::{Cache, Csrf, Face, Rule};
use crate::sign_in::with_cookie;
use crate::visit::Visit;

/// The header that scripts send the form's token in.
const TOKEN_HEADER: &str = "x-csrf-token";

/// One rule and the marketplace it holds in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Guard {
    market: Market,
    rule: Arc<Rule>,
}

/// Lets a request through to its handler, or refuses it.
pub async fn guard(
    State(guard): State<Guard>,
    path: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
    next: Next,
) -> Response {
    // What can't be decoded names nothing; handlers say so.
    let path = path.ok();
    let (mut parts, body) = request.into_parts();
    let json = wants_json(&parts.headers);
    let counted = guard.count(&parts).await;
    let count = counted.as_ref().ok().copied().flatten();
    let admitted = match counted.and_then(|count| count.map_or(Ok(()), Count::check)) {
        Ok(()) => guard.admit(&mut parts, path.as_ref(), body).await,
        Err(error) => Err((error, body)),
    };
    let fresh = parts.extensions.get::<Visit>().cloned();
    let fresh = fresh.filter(|visit| visit.is_new);
    let mut response = match admitted {
        Ok(body) => next.run(Request::from_parts(parts, body)).await,
        Err((error, body)) => guard.refuse(error, json, &parts, body).await,
    };
    if let Some(count) = count {
        count.tell(&mut response);
    }
    guard.keep(&mut response);
    // A handler that signs somebody in gives another one.
    match fresh {
        Some(visit) if !response.headers().contains_key(header::SET_COOKIE) => {
            with_cookie(response, visit.cookie(guard.market.is_secure()))
        }
        _ => response,
    }
}

impl Guard {
    /// The guard of one route.
    #[must_use]
    pub fn new(market: Market, rule: Rule) -> Self {
        Self {
            market,
            rule: Arc::new(rule),
        }
    }

    async fn count(&self, parts: &Parts) -> Result<Option<Count>, MarketError> {
        let limit = self.rule.limit;
        let Some(budget) = limit.budget() else {
            return Ok(None);
        };
        if !self.market.config.rate_limits {
            return Ok(None);
        }
        let client = parts.extensions.get::<ClientAddress>();
        let client = client.copied().unwrap_or_default().to_string();
        let now_us = clock::now_us();
        if limit != Limit::Credentials {
            let counters = &self.market.counters;
            return Ok(Some(counters.count(limit, budget, &client, now_us)));
        }
        // Guesses are counted by all replicas together.
        let key = format!("credentials:{client}");
        let window = budget.window_at(now_us);
        let used = rate_counts::count(&self.market.database, &key, window).await?;
        let used = u32::try_from(used).unwrap_or(u32::MAX);
        Ok(Some(Count::new(budget, used, now_us)))
    }

    /// Finds out who asks where that matters, whether they may, and whether they meant it.
    async fn admit(
        &self,
        parts: &mut Parts,
        path: Option<&RawPathParams>,
        body: Body,
    ) -> Result<Body, (MarketError, Body)> {
        if let Err(error) = self.check_right(parts, path).await {
            return Err((error, body));
        }
        let private = self.rule.face == Face::Page && self.rule.cache == Cache::Never;
        if self.rule.csrf == Csrf::NoCookies || !private && self.rule.csrf == Csrf::Reads {
            return Ok(body);
        }
        let visit = match Visit::of(&parts.headers, self.market.is_secure()) {
            Ok(visit) => visit,
            Err(error) => return Err((error, body)),
        };
        let body = match self.rule.csrf {
            Csrf::Form => self.check_form(parts, &visit, body).await?,
            _ => body,
        };
        parts.extensions.insert(visit);
        Ok(body)
    }

    async fn check_right(
        &self,
        parts: &mut Parts,
        path: Option<&RawPathParams>,
    ) -> Result<(), MarketError> {
        let principal = match self.rule.right {
            Right::Anyone => return Ok(()),
            Right::Token(action)
            | Right::AccountToken(action)
            | Right::ProjectToken(action, _)
            | Right::OrganisationToken(action, _) => {
                let principal = Principal::by_token(&self.market, &parts.headers).await?;
                let token = principal.token()?;
                if token.action != action.word() {
                    return Err(rights::wrong_action(token, action));
                }
                principal
            }
            _ => Principal::of(&self.market, &parts.headers).await?,
        };
        let named = |name: &str| {
            let mut found = path.into_iter().flat_map(RawPathParams::iter);
            let found = found.find(|(key, _)| *key == name);
            // No name has a NUL, and PostgreSQL takes the question for an error.
            let found = found.filter(|(_, value)| !value.contains('\0'));
            found.map(|(_, value)| value.to_owned()).unwrap_or_default()
        };
        match self.rule.right {
            Right::Anyone | Right::Token(_) => {}
            Right::AccountToken(_) => rights::require_account(principal.token()?).map(drop)?,
            Right::ProjectToken(_, role) => {
                let token = principal.token()?;
                rights::require_token(&self.market, token, &named("project"), role).await?;
            }
            Right::OrganisationToken(_, role) => {
                let (token, name) = (principal.token()?, named("organisation"));
                rights::require_organisation_token(&self.market, token, &name, role).await?;
            }
            Right::SignedIn => drop(principal.user()?),
            Right::Project(role) => {
                let user = principal.user()?;
                rights::require_project(&self.market, user, &named("project"), role).await?;
            }
            Right::Organisation(role) => {
                let user = principal.user()?;
                let name = named("organisation");
                rights::require_organisation(&self.market, user, &name, role).await?;
            }
            Right::Moderator => require_site(principal.user()?, &["moderator", "administrator"])?,
            Right::Administrator => require_site(principal.user()?, &["administrator"])?,
        }
        parts.extensions.insert(principal);
        Ok(())
    }

    /// Reads the form, which is small, and compares its token with the visitor's cookie.
    async fn check_form(
        &self,
        parts: &mut Parts,
        visit: &Visit,
        body: Body,
    ) -> Result<Body, (MarketError, Body)> {
        let read = Limited::new(body, MAX_BODY_BYTES).collect().await;
        let Ok(read) = read else {
            return Err((too_large(), Body::empty()));
        };
        let bytes = read.to_bytes();
        let json = is_json(&parts.headers);
        let fields = if json {
            Fields::default()
        } else {
            Fields::parse(&bytes)
        };
        let header = parts.headers.get(TOKEN_HEADER);
        let given = header
            .and_then(|value| value.to_str().ok())
            .unwrap_or_else(|| fields.raw("csrf_token"));
        let own = is_own_origin(&parts.headers, &self.market.public_url);
        if visit.is_new || !own || !visit.made(given) {
            return Err((forged(), Body::empty()));
        }
        parts.extensions.insert(fields);
        Ok(Body::from(bytes))
    }

    async fn refuse(&self, error: MarketError, json: bool, parts: &Parts, body: Body) -> Response {
        match self.rule.face {
            Face::Page if error.id == not_signed_in().id && parts.method == Method::GET => {
                to_sign_in(parts)
            }
            Face::Page => error_page::response(&error),
            Face::Json => error.into_response(),
            Face::Problem => problem::response(&error),
            Face::Upload => {
                tracing::info!(id = error.id, reason = error.message, "upload refused");
                // So that its sender gets to see the answer instead of a broken connection.
                drain(body).await;
                error.into_upload_response(json)
            }
        }
    }

    /// Errors are kept nowhere, whatever the rule says, and neither is what a handler has made for one
    /// person on a page that is the same for all others.
    fn keep(&self, response: &mut Response) {
        let status = response.status();
        let never = Cache::Never.header();
        if response.headers().get(header::CACHE_CONTROL) == never.as_ref() {
            return;
        }
        let good = status.is_success() || status == StatusCode::NOT_MODIFIED;
        if let Some(policy) = self.rule.cache.header()
            && (good || self.rule.cache == Cache::Never)
        {
            response.headers_mut().insert(header::CACHE_CONTROL, policy);
        }
    }
}

fn require_site(user: &SignedInRow, roles: &[&str]) -> Result<(), MarketError> {
    if roles.contains(&user.site_role.as_str()) {
        return Ok(());
    }
    Err(rights::forbidden(
        "this is for those who run the marketplace",
    ))
}

/// Somebody who isn't signed in is taken to where that can be done, and back.
fn to_sign_in(parts: &Parts) -> Response {
    let here = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let next: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
    Redirect::to(&format!("/sign-in?next={next}")).into_response()
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/json"))
}

/// Whether a browser says that one of our own pages sent the request, or doesn't say.
fn is_own_origin(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.as_bytes());
    if text("sec-fetch-site").is_some_and(|site| site != b"same-origin" && site != b"none") {
        return false;
    }
    let Some(origin) = text("origin").and_then(|value| std::str::from_utf8(value).ok()) else {
        return true;
    };
    let host = text("host").and_then(|value| std::str::from_utf8(value).ok());
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    origin == public_url || (authority.is_some() && authority == host)
}

fn forged() -> MarketError {
    MarketError::new(
        StatusCode::FORBIDDEN,
        "forged-request",
        "this form was not made for you, or is too old",
        "go back, load the page again, and send the form once more; cookies must be allowed",
    )
}

fn too_large() -> MarketError {
    MarketError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "form-too-large",
        format!("the form is larger than {MAX_BODY_BYTES} bytes, or ended early"),
        "send less",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn other_origins_are_told_apart_from_the_own_one() {
        let own = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            is_own_origin(&headers, "https://market.test")
        };
        assert!(own(&[]));
        assert!(own(&[("origin", "https://market.test")]));
        assert!(own(&[
            ("origin", "http://127.0.0.1:1"),
            ("host", "127.0.0.1:1")
        ]));
        assert!(own(&[("sec-fetch-site", "same-origin")]));
        assert!(!own(&[
            ("origin", "https://evil.test"),
            ("host", "market.test")
        ]));
        assert!(!own(&[("origin", "null"), ("host", "market.test")]));
        assert!(!own(&[("sec-fetch-site", "cross-site")]));
        assert!(!own(&[("sec-fetch-site", "same-site")]));
    }
}
