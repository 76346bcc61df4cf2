//! `GET /simple/` and `GET /simple/<project>/`: the index that pip and uv read.
//!
//! One emitter: both forms are written from the same values (PEP 503, 658, 691, 700).

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use fapilog_package::name::ProjectName;
use serde::Serialize;

use crate::clock;
use crate::error::MarketError;
use crate::handlers::page::{PathParts, moved, revalidated};
use crate::market::Market;
use crate::negotiation::IndexForm;
use crate::publish::rank;
use crate::queries::files::{self, FileRow};
use crate::queries::projects;

/// The version of the index's format: PEP 700's, with sizes, upload times and versions.
const API_VERSION: &str = "1.1";

#[derive(Serialize)]
struct Meta {
    #[serde(rename = "api-version")]
    api_version: &'static str,
}

#[derive(Serialize, Template)]
#[template(path = "simple_root.html")]
struct Root {
    meta: Meta,
    projects: Vec<RootProject>,
}

#[derive(Serialize)]
struct RootProject {
    name: String,
}

#[derive(Serialize, Template)]
#[template(path = "simple_project.html")]
struct Project {
    meta: Meta,
    name: String,
    versions: Vec<String>,
    files: Vec<IndexFile>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct IndexFile {
    filename: String,
    url: String,
    hashes: Hashes,
    #[serde(skip_serializing_if = "Option::is_none")]
    requires_python: Option<String>,
    size: i64,
    upload_time: String,
    yanked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    core_metadata: Option<Hashes>,
    /// The name under which pip read the same until version 23.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dist_info_metadata: Option<Hashes>,
}

/// SHA-256 only: other digests break installers.
#[derive(Serialize, Clone)]
struct Hashes {
    sha256: String,
}

impl From<FileRow> for IndexFile {
    fn from(row: FileRow) -> Self {
        let metadata = row.metadata_sha256.clone().map(|sha256| Hashes { sha256 });
        Self {
            url: format!("../../files/{}", row.location().path()),
            filename: row.filename,
            hashes: Hashes { sha256: row.sha256 },
            requires_python: row.requires_python,
            size: row.size_bytes,
            upload_time: clock::rfc3339(row.uploaded_us),
            yanked: false,
            core_metadata: metadata.clone(),
            data_dist_info_metadata: metadata,
        }
    }
}

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
    let names = projects::all_names(&market.database).await?;
    let projects = names.into_iter().map(|name| RootProject { name }).collect();
    emit(
        &headers,
        form,
        &Root {
            meta: Meta {
                api_version: API_VERSION,
            },
            projects,
        },
    )
}

/// `GET /simple/<project>/`: every file of a project.
///
/// # Errors
///
/// `not-found`, `not-acceptable`, `internal`.
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
    let rows = files::of_project(&market.database, name.as_str()).await?;
    if rows.is_empty() {
        return Err(MarketError::not_found(format!(
            "there is no project `{name}`"
        )));
    }
    let mut versions: Vec<String> = rows.iter().map(|row| row.version.clone()).collect();
    versions.sort_by_cached_key(|version| rank(version).1);
    versions.dedup();
    let files = rows.into_iter().map(IndexFile::from).collect();
    let meta = Meta {
        api_version: API_VERSION,
    };
    emit(
        &headers,
        form,
        &Project {
            meta,
            name: name.to_string(),
            versions,
            files,
        },
    )
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

fn emit<T: Serialize + Template>(
    headers: &HeaderMap,
    form: IndexForm,
    index: &T,
) -> Result<Response, MarketError> {
    let body = match form {
        IndexForm::Json => {
            serde_json::to_vec(index).map_err(|error| MarketError::internal(&error))?
        }
        IndexForm::Html | IndexForm::PlainHtml => index
            .render()
            .map_err(|error| MarketError::internal(&error))?
            .into_bytes(),
    };
    let mut response = revalidated(headers, form.content_type(), body);
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}
