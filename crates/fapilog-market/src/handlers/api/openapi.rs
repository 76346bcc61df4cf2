//! `GET /api/v1/openapi.json`: the OpenAPI 3.1 document, generated from the handlers. `openapi.json` in
//! this crate is a copy, so that changes of the interface are seen; a test compares.

use axum::http::HeaderMap;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{self, Content, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use crate::error::MarketError;
use crate::handlers::api::{
    file, plugin, problem::ApiError, receipts, resolve, reviews, search, webhooks,
};
use crate::handlers::page::revalidated;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "fapilog marketplace",
        description = "Finding, judging and installing plugins of fapilog. Errors are `application/problem+json` with a stable `id`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    // Parameters and signed texts refer to these; only bodies are found by themselves.
    components(schemas(fapilog_market_api::VersionText, fapilog_market_api::DistributionName, fapilog_market_api::Receipt, fapilog_market_api::KeyEnd)),
    modifiers(&OfOrganisations, &OfEveryOperation),
    paths(search::get, plugin::get, file::scan, file::sbom, reviews::get, resolve::get, webhooks::list, webhooks::add, webhooks::remove, webhooks::enable, webhooks::deliveries, webhooks::redeliver, receipts::add_key, receipts::end_key, receipts::post),
    tags(
        (name = "catalogue", description = "What there is, and what goes with what"),
        (name = "webhooks", description = "Who is told what happens to a project, or to all projects of an organisation; for tokens of its owners"),
        (name = "receipts", description = "What installations say that they installed, where their owner has agreed"),
    )
)]
struct Document;

/// What projects have and organisations have as well, by the same handlers.
struct OfOrganisations;

const PROJECTS: &str = "/api/v1/projects/{project}/";
const ORGANISATIONS: &str = "/api/v1/organisations/{organisation}/";

impl Modify for OfOrganisations {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let of_projects = document.paths.paths.iter().filter_map(|(path, item)| {
            let rest = path.strip_prefix(PROJECTS)?;
            Some((format!("{ORGANISATIONS}{rest}"), item.clone()))
        });
        let mut added: Vec<(String, PathItem)> = of_projects.collect();
        for (_, item) in &mut added {
            let operations = [&mut item.get, &mut item.post, &mut item.delete];
            operations.into_iter().flatten().for_each(of_organisation);
        }
        document.paths.paths.extend(added);
    }
}

fn of_organisation(operation: &mut Operation) {
    if let Some(id) = &mut operation.operation_id {
        *id = format!("{id}_of_organisation");
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.name == "project"
        {
            "organisation".clone_into(&mut parameter.name);
            parameter.description = Some("Name of the organisation".to_owned());
        }
    }
}

/// What the guard answers before any handler.
struct OfEveryOperation;

impl Modify for OfEveryOperation {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let token = Http::new(HttpAuthScheme::Bearer);
        components.add_security_scheme("token", SecurityScheme::Http(token));
        let items = document.paths.paths.values_mut();
        let operations = items.flat_map(|item| [&mut item.get, &mut item.post, &mut item.delete]);
        for operation in operations.flatten() {
            let mut refuse = |status: &str, why: &str| {
                let responses = &mut operation.responses.responses;
                responses.insert(status.to_owned(), problem(why).into());
            };
            refuse("429", "`rate-limit`: `Retry-After` says when to come back");
            if operation.security.is_some() {
                refuse("401", "`token`: there is none");
                refuse("403", "`token`, `token-action`, `token-scope`, `forbidden`");
            }
        }
    }
}

/// An answer that tells a problem.
fn problem(why: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new()
        .description(why)
        .content("application/problem+json", content)
        .build()
}

/// The document as it is served.
///
/// # Errors
///
/// What writing JSON reports.
pub fn document() -> Result<String, serde_json::Error> {
    Document::openapi().to_pretty_json().map(|text| text + "\n")
}

/// Sends the document.
///
/// # Errors
///
/// `internal`.
pub async fn get(headers: HeaderMap) -> Result<axum::response::Response, ApiError> {
    let text = document().map_err(|error| MarketError::internal(&error))?;
    Ok(revalidated(&headers, "application/json", text.into_bytes()))
}
