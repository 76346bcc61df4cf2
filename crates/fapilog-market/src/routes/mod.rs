//! The one table of all routes: each states who may use it, how its answers may be kept, what
//! protects it from forged requests, and what it counts against. A route can't be made any other
//! way (`tests/market/permissions.rs`).

pub mod accounts;
pub mod catalogue;
pub mod guard;
pub mod right;
pub mod rule;

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};
use tower_http::timeout::TimeoutLayer;

use crate::handlers::{error_page, files, integrity, legacy, operation, simple, uploads};
use crate::market::Market;
use crate::rate_limit::Limit;
use crate::routes::guard::{Guard, guard};
use crate::routes::right::{Right, TokenAction};
use crate::routes::rule::{Cache, Csrf, Face, Rule};

/// Largest body of a request that moves no files: forms and small JSON documents.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// Longest time for an answer that doesn't depend on the client's own speed.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Rules with their handlers.
#[derive(Debug, Default)]
pub struct Routes(Vec<(Rule, MethodRouter<Market>)>);

impl Routes {
    /// Adds a route.
    pub fn add<H, T>(&mut self, rule: Rule, handler: H)
    where
        H: Handler<T, Market>,
        T: 'static,
    {
        let filter = match rule.method {
            Method::POST => MethodFilter::POST,
            Method::PUT => MethodFilter::PUT,
            Method::DELETE => MethodFilter::DELETE,
            // The constructors of `Rule` know no other methods.
            _ => MethodFilter::GET,
        };
        self.0.push((rule, on(filter, handler)));
    }

    /// What all routes state, in the order of the table.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        self.0.iter().map(|(rule, _)| rule.clone()).collect()
    }

    /// The router, each handler behind what its rule says.
    pub fn into_router(self, market: &Market) -> Router<Market> {
        let largest = market.config.max_upload_bytes + legacy::MAX_FORM_BYTES;
        let largest = usize::try_from(largest).unwrap_or(usize::MAX);
        let mut router = Router::new();
        for (rule, handler) in self.0 {
            let path = rule.path;
            let limit = if rule.transfer {
                largest
            } else {
                MAX_BODY_BYTES
            };
            let bounded = handler.route_layer(DefaultBodyLimit::max(limit));
            let bounded = if rule.transfer {
                bounded
            } else {
                bounded.route_layer(TimeoutLayer::with_status_code(
                    StatusCode::GATEWAY_TIMEOUT,
                    ANSWER_TIMEOUT,
                ))
            };
            let state = Guard::new(market.clone(), rule);
            router = router.route(path, bounded.route_layer(from_fn_with_state(state, guard)));
        }
        router
            .fallback(error_page::not_found)
            .method_not_allowed_fallback(error_page::method_not_allowed)
    }
}

/// All routes of the marketplace.
#[must_use]
pub fn table() -> Routes {
    let mut routes = Routes::default();
    catalogue::add(&mut routes);
    index(&mut routes);
    accounts::add(&mut routes);
    operation(&mut routes);
    routes
}

/// The routes of the address for operators.
#[must_use]
pub fn operation_table() -> Routes {
    let mut routes = Routes::default();
    operation(&mut routes);
    routes.add(
        Rule::get("/metrics", Right::Anyone, Cache::Never, Limit::Free).with_face(Face::Json),
        operation::metrics,
    );
    routes
}

/// The paths of all pages for people, a line each, sorted.
#[must_use]
pub fn page_list() -> String {
    let rules = table().rules();
    let pages = rules
        .iter()
        .filter(|rule| rule.method == Method::GET && rule.face == Face::Page);
    let mut lines: Vec<String> = pages.map(|rule| format!("{}\n", rule.path)).collect();
    lines.sort();
    lines.concat()
}

/// What installers and upload clients speak.
fn index(routes: &mut Routes) {
    let page =
        |path| Rule::get(path, Right::Anyone, Cache::Revalidate, Limit::Free).with_face(Face::Json);
    routes.add(page("/simple"), simple::root_without_slash);
    routes.add(page("/simple/"), simple::root);
    routes.add(page("/simple/{project}"), simple::without_slash);
    routes.add(page("/simple/{project}/"), simple::project);
    routes.add(
        Rule::get(
            "/files/{shelf}/{sha256}/{name}",
            Right::Anyone,
            Cache::Immutable,
            Limit::Free,
        )
        .with_face(Face::Json)
        .moving_files(),
        files::get,
    );
    routes.add(
        page("/integrity/{project}/{version}/{filename}/provenance"),
        integrity::get,
    );
    routes.add(
        Rule::get(
            "/uploads/{id}",
            Right::Token(TokenAction::Upload),
            Cache::Never,
            Limit::Free,
        )
        .with_face(Face::Json),
        uploads::get,
    );
    routes.add(
        Rule::post("/legacy", Right::Anyone, Csrf::NoCookies, Limit::Upload)
            .with_face(Face::Upload),
        legacy::without_slash,
    );
    routes.add(
        Rule::get("/legacy/", Right::Anyone, Cache::Never, Limit::Free).with_face(Face::Json),
        legacy::get,
    );
    routes.add(
        Rule::post(
            "/legacy/",
            Right::Token(TokenAction::Upload),
            Csrf::NoCookies,
            Limit::Upload,
        )
        .with_face(Face::Upload)
        .moving_files(),
        legacy::post,
    );
}

/// What operators and their tools look at.
fn operation(routes: &mut Routes) {
    routes.add(
        Rule::get("/healthz", Right::Anyone, Cache::Never, Limit::Free).with_face(Face::Json),
        operation::health,
    );
    routes.add(
        Rule::get("/readyz", Right::Anyone, Cache::Never, Limit::Free).with_face(Face::Json),
        operation::ready,
    );
}
