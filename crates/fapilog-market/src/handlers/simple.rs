//! `GET /simple/` and `GET /simple/<project>/`: the index that pip and uv read.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use fapilog_package::name::ProjectName;

use crate::error::MarketError;
use crate::handlers::page::{PathParts, REVALIDATE, is_known, moved};
use crate::index::{self, IndexPage};
use crate::market::Market;
use crate::negotiation::IndexForm;
use crate::pull_through;

/// `GET /simple/`: every project.
///
/// # Errors
///
/// `not-acceptable`, `internal`.
pub async fn root(
    State(market): State<Market>,
    headers: HeaderMap,
) -> Result<Response, MarketError> {
    let form = negotiate(&headers)?;
    let page = index::root_page(&market, form, |tag| is_known(&headers, tag)).await?;
    answer(form, page)
}

/// `GET /simple/<project>/`: every file of a project.
///
/// # Errors
///
/// `not-found`, `not-acceptable`, `upstream`, `internal`.
pub async fn project(
    State(market): State<Market>,
    PathParts(given): PathParts<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, MarketError> {
    let name = parse_name(&given)?;
    if name.as_str() != given {
        return Ok(moved(&format!("../{name}/"), &uri).into_response());
    }
    let form = negotiate(&headers)?;
    let known = |tag: &str| is_known(&headers, tag);
    let page = match index::project_page(&market, name.as_str(), form, known).await? {
        Some(page) => Some(page),
        None => pull_through::project_page(&market, &name, form, known).await?,
    };
    match page {
        Some(page) => answer(form, page),
        None => Err(MarketError::not_found(format!(
            "there is no project `{name}`"
        ))),
    }
}

/// `GET /simple`: the same with the slash that belongs there.
pub async fn root_without_slash(uri: Uri) -> Redirect {
    moved("simple/", &uri)
}

/// `GET /simple/<project>`: the same with the slash that belongs there.
///
/// # Errors
///
/// `not-found` when the text is no name.
pub async fn without_slash(
    PathParts(given): PathParts<String>,
    uri: Uri,
) -> Result<Redirect, MarketError> {
    let name = parse_name(&given)?;
    Ok(moved(&format!("{name}/"), &uri))
}

/// What is no name can't be here either.
fn parse_name(given: &str) -> Result<ProjectName, MarketError> {
    ProjectName::parse(given).map_err(|error| MarketError::not_found(error.to_string()))
}

fn negotiate(headers: &HeaderMap) -> Result<IndexForm, MarketError> {
    let accept: Vec<&str> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    IndexForm::negotiate(Some(&accept.join(","))).ok_or_else(|| {
        MarketError::new(
            StatusCode::NOT_ACCEPTABLE,
            "not-acceptable",
            "the index has none of the forms that the request accepts",
            "accept `application/vnd.pypi.simple.v1+json`, `application/vnd.pypi.simple.v1+html` \
             or `text/html`",
        )
    })
}

fn answer(form: IndexForm, page: IndexPage) -> Result<Response, MarketError> {
    let tag = HeaderValue::from_str(&page.tag).map_err(|error| MarketError::internal(&error))?;
    let content_type = HeaderValue::from_static(form.content_type());
    let mut response = match page.body {
        Some(body) => ([(header::CONTENT_TYPE, content_type)], body).into_response(),
        None => StatusCode::NOT_MODIFIED.into_response(),
    };
    let own = response.headers_mut();
    own.insert(header::ETAG, tag);
    own.insert(header::CACHE_CONTROL, REVALIDATE);
    own.insert(header::VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}
