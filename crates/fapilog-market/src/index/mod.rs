//! The index: one emitter for all forms of its pages, which are written when what they tell changes
//! and served as they lie in the database (ADR 0026).

mod cache;
mod emitter;
mod heads;
mod refresh;

use axum::body::Bytes;

use crate::error::MarketError;
use crate::market::Market;
use crate::negotiation::IndexForm;
use crate::queries::{pages, projects, settings};

pub use cache::PageCache;
pub use emitter::{EMITTER, Hashes, IndexFile, IndexProject, ProjectStatus, Rendered, Yanked};
pub use heads::Heads;
pub use refresh::{refresh, reindex};

/// A page as it is served.
#[derive(Debug, Clone)]
pub struct IndexPage {
    /// The entity tag, with its quotes; differs between the forms.
    pub tag: String,
    /// The text; absent when the client has it already.
    pub body: Option<Bytes>,
}

/// The page of a project that has something in this marketplace; `None` when it has not. The body
/// is left out when `known` says that the client has the page with this tag.
///
/// # Errors
///
/// `internal`.
pub async fn project_page(
    market: &Market,
    project: &str,
    form: IndexForm,
    known: impl Fn(&str) -> bool,
) -> Result<Option<IndexPage>, MarketError> {
    let key = match market.heads.get(project).await? {
        Some(head) if head.emitter == EMITTER => head.key,
        Some(_) => {
            // Another version of this program wrote it.
            reindex(market, project).await?;
            match market.heads.get(project).await? {
                Some(head) => head.key,
                None => return Ok(None),
            }
        }
        // Published before pages were stored.
        None if projects::is_listed(&market.database, project).await? => {
            reindex(market, project).await?;
            match market.heads.get(project).await? {
                Some(head) => head.key,
                None => return Ok(None),
            }
        }
        None => return Ok(None),
    };
    let tag = tag_of(&key, form);
    if known(&tag) {
        return Ok(Some(IndexPage { tag, body: None }));
    }
    if let Some(body) = market.pages.get(project, &tag) {
        let body = Some(body);
        return Ok(Some(IndexPage { tag, body }));
    }
    let Some(row) = pages::find(&market.database, project).await? else {
        return Ok(None);
    };
    // May be newer than the key that was asked for first.
    let tag = tag_of(&row.key, form);
    let body = Bytes::from(match form {
        IndexForm::Json => row.json,
        IndexForm::Html | IndexForm::PlainHtml => row.html,
    });
    market.pages.put(project, &tag, body.clone());
    let body = Some(body);
    Ok(Some(IndexPage { tag, body }))
}

/// The list of all projects.
///
/// # Errors
///
/// `internal`.
pub async fn root_page(
    market: &Market,
    form: IndexForm,
    known: impl Fn(&str) -> bool,
) -> Result<IndexPage, MarketError> {
    // Read before the names: a key that is older than they are only makes clients ask again.
    let key = settings::get(&market.database, settings::PROJECT_LIST).await?;
    let tag = tag_of(&format!("{}-{EMITTER}", key.unwrap_or_default()), form);
    if known(&tag) {
        return Ok(IndexPage { tag, body: None });
    }
    if let Some(body) = market.pages.get("", &tag) {
        let body = Some(body);
        return Ok(IndexPage { tag, body });
    }
    let names = projects::listed_names(&market.database).await?;
    let text = tokio::task::spawn_blocking(move || emitter::root(names, form));
    let text = text
        .await
        .map_err(|error| MarketError::internal(&error))??;
    let body = Bytes::from(text);
    market.pages.put("", &tag, body.clone());
    let body = Some(body);
    Ok(IndexPage { tag, body })
}

/// The two HTML forms differ in their content type only, and still are different answers.
pub(crate) fn tag_of(key: &str, form: IndexForm) -> String {
    let form = match form {
        IndexForm::Json => "json",
        IndexForm::Html => "html",
        IndexForm::PlainHtml => "text",
    };
    format!("\"{key}-{form}\"")
}
