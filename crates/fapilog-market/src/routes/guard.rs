//! What stands before every handler: limits and rights; and after it: how long the answer may be
//! kept.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::client_address::ClientAddress;
use crate::clock;
use crate::drain::drain;
use crate::error::MarketError;
use crate::handlers::error_page;
use crate::handlers::page::wants_json;
use crate::market::Market;
use crate::principal::{Principal, not_signed_in};
use crate::rate_limit::Count;
use crate::routes::right::Right;
use crate::routes::rule::{Cache, Face, Rule};

/// One rule and the marketplace it holds in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Guard {
    market: Market,
    rule: Arc<Rule>,
}

/// Lets a request through to its handler, or refuses it.
pub async fn guard(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let json = wants_json(request.headers());
    let count = guard.count(&request);
    let admitted = match count.map_or(Ok(()), Count::check) {
        Ok(()) => guard.admit(&mut request).await,
        Err(error) => Err(error),
    };
    let mut response = match admitted {
        Ok(()) => next.run(request).await,
        Err(error) => guard.refuse(error, json, request).await,
    };
    if let Some(count) = count {
        count.tell(&mut response);
    }
    guard.keep(&mut response);
    response
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

    fn count(&self, request: &Request) -> Option<Count> {
        let budget = self.rule.limit.budget()?;
        if !self.market.config.rate_limits {
            return None;
        }
        let client = request.extensions().get::<ClientAddress>();
        let key = client.copied().unwrap_or_default().to_string();
        let counters = &self.market.counters;
        Some(counters.count(self.rule.limit, budget, &key, clock::now_us()))
    }

    /// Finds out who asks where that matters, and whether they may.
    async fn admit(&self, request: &mut Request) -> Result<(), MarketError> {
        if self.rule.right == Right::Anyone {
            return Ok(());
        }
        let principal = Principal::of(&self.market, request.headers()).await?;
        match self.rule.right {
            Right::Anyone => {}
            // All tokens that there are may upload.
            Right::Token(_) => {
                principal.token()?;
            }
            // Nobody can sign in yet, so that nobody has these rights.
            Right::SignedIn
            | Right::Project(_)
            | Right::Organisation(_)
            | Right::Moderator
            | Right::Administrator => return Err(not_signed_in()),
        }
        request.extensions_mut().insert(principal);
        Ok(())
    }

    async fn refuse(&self, error: MarketError, json: bool, request: Request) -> Response {
        match self.rule.face {
            Face::Page => error_page::response(&error),
            Face::Json => error.into_response(),
            Face::Upload => {
                tracing::info!(id = error.id, reason = error.message, "upload refused");
                // So that its sender gets to see the answer instead of a broken connection.
                drain(request.into_body()).await;
                error.into_upload_response(json)
            }
        }
    }

    /// Errors are kept nowhere, whatever the rule says.
    fn keep(&self, response: &mut Response) {
        let status = response.status();
        let good = status.is_success() || status == StatusCode::NOT_MODIFIED;
        if let Some(policy) = self.rule.cache.header()
            && (good || self.rule.cache == Cache::Never)
        {
            response.headers_mut().insert(header::CACHE_CONTROL, policy);
        }
    }
}
