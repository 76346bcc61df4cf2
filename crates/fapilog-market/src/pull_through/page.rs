//! Pages of projects that only the other index has.

use axum::http::StatusCode;
use fapilog_package::name::ProjectName;

use super::client::Answer;
use super::listing::{self, UpstreamFile};
use crate::clock;
use crate::error::MarketError;
use crate::index::{Hashes, IndexFile, IndexPage, IndexProject, ProjectStatus, Yanked, tag_of};
use crate::market::Market;
use crate::negotiation::IndexForm;
use crate::publish::rank;
use crate::queries::projects;
use crate::queries::upstream::{self, UpstreamFileRow, UpstreamPageRow};
use crate::storage::Location;

/// How long a page is taken as it is before the other index is asked again.
const FRESH_US: i64 = 60_000_000;

/// The page of a project that isn't here; `None` when it may not be asked for, or isn't there.
///
/// # Errors
///
/// `upstream` when the other index can't be asked and nothing was kept; `internal`.
pub async fn project_page(
    market: &Market,
    name: &ProjectName,
    form: IndexForm,
    known: impl Fn(&str) -> bool,
) -> Result<Option<IndexPage>, MarketError> {
    if !may_ask(market, name).await? {
        return Ok(None);
    }
    let kept = upstream::page(&market.database, name.as_str()).await?;
    let now_us = clock::now_us();
    let fresh = |row: &UpstreamPageRow| (0..FRESH_US).contains(&(now_us - row.fetched_us));
    let row = match kept {
        Some(row) if fresh(&row) => row,
        kept => renew(market, name, kept, now_us).await?,
    };
    if row.found == 0 {
        return Ok(None);
    }
    let tag = tag_of(&row.key, form);
    if known(&tag) {
        return Ok(Some(IndexPage { tag, body: None }));
    }
    let text = match form {
        IndexForm::Json => row.json,
        IndexForm::Html | IndexForm::PlainHtml => row.html,
    };
    let body = Some(text.into());
    Ok(Some(IndexPage { tag, body }))
}

/// A name that was ever used here is never asked for elsewhere.
pub(super) async fn may_ask(market: &Market, name: &ProjectName) -> Result<bool, MarketError> {
    let Some(upstream) = &market.config.upstream else {
        return Ok(false);
    };
    Ok(upstream.allows(name) && !projects::is_taken(&market.database, name.as_str()).await?)
}

/// Asks the other index; what was kept goes on being answered when it is away.
async fn renew(
    market: &Market,
    name: &ProjectName,
    kept: Option<UpstreamPageRow>,
    now_us: i64,
) -> Result<UpstreamPageRow, MarketError> {
    match ask(market, name, kept.as_ref(), now_us).await {
        Ok(row) => Ok(row),
        Err(cause) => {
            tracing::warn!(
                project = name.as_str(),
                cause,
                "the upstream index did not answer"
            );
            kept.ok_or_else(|| {
                MarketError::new(
                    StatusCode::BAD_GATEWAY,
                    "upstream",
                    format!("`{name}` is not here, and the upstream index can't be asked now"),
                    "try again in a minute",
                )
            })
        }
    }
}

async fn ask(
    market: &Market,
    name: &ProjectName,
    kept: Option<&UpstreamPageRow>,
    now_us: i64,
) -> Result<UpstreamPageRow, String> {
    let Some(upstream) = &market.config.upstream else {
        return Err("there is none".to_owned());
    };
    let tag = kept.and_then(|row| row.tag.as_deref());
    let answer = market.client.page(upstream.page_of(name), tag).await?;
    let (row, files) = match (answer, kept) {
        (Answer::Unchanged, Some(row)) => {
            let fetched_us = now_us;
            let row = UpstreamPageRow {
                fetched_us,
                ..row.clone()
            };
            (row, Vec::new())
        }
        (Answer::Unchanged, None) => return Err("it answered with 304 unasked".to_owned()),
        (Answer::Missing, _) => (absent(name, now_us), Vec::new()),
        (
            Answer::Page {
                url,
                content_type,
                tag,
                body,
            },
            _,
        ) => {
            let files = listing::read(name, &url, &content_type, &body)?;
            (row_of(name, tag, &files, now_us)?, files)
        }
    };
    let rows: Vec<UpstreamFileRow> = files.into_iter().map(|file| file_row(name, file)).collect();
    keep(market, &row, &rows)
        .await
        .map_err(|error| error.message)?;
    Ok(row)
}

async fn keep(
    market: &Market,
    row: &UpstreamPageRow,
    files: &[UpstreamFileRow],
) -> Result<(), MarketError> {
    let mut transaction = market.database.begin().await?;
    upstream::put_page(&mut transaction, row).await?;
    for file in files {
        upstream::put_file(&mut transaction, file).await?;
    }
    Ok(transaction.commit().await?)
}

fn absent(name: &ProjectName, now_us: i64) -> UpstreamPageRow {
    UpstreamPageRow {
        project: name.to_string(),
        found: 0,
        tag: None,
        fetched_us: now_us,
        key: String::new(),
        json: String::new(),
        html: String::new(),
    }
}

/// The page is written by our own emitter: nothing of the other one's text is passed on.
fn row_of(
    name: &ProjectName,
    tag: Option<String>,
    files: &[UpstreamFile],
    now_us: i64,
) -> Result<UpstreamPageRow, String> {
    let mut versions: Vec<String> = files.iter().map(|file| file.version.clone()).collect();
    versions.sort_unstable();
    versions.dedup();
    versions.sort_by_cached_key(|version| rank(version).1);
    let page = IndexProject {
        name: name.to_string(),
        status: ProjectStatus::Active,
        status_reason: None,
        versions,
        files: files.iter().map(index_file).collect(),
    };
    let rendered = page.render().map_err(|error| error.message)?;
    Ok(UpstreamPageRow {
        project: name.to_string(),
        found: 1,
        tag,
        fetched_us: now_us,
        key: rendered.key,
        json: rendered.json,
        html: rendered.html,
    })
}

fn index_file(file: &UpstreamFile) -> IndexFile {
    let location = Location {
        sha256: file.sha256.clone(),
        filename: file.filename.clone(),
    };
    let metadata = file.metadata_sha256.clone().map(|sha256| Hashes { sha256 });
    IndexFile {
        filename: location.filename.clone(),
        url: format!("../../files/{}", location.path()),
        hashes: Hashes {
            sha256: location.sha256,
        },
        requires_python: file.requires_python.clone(),
        size: file.size,
        upload_time: file.upload_time.clone(),
        yanked: Yanked::of(file.yanked.clone()),
        core_metadata: metadata.clone(),
        data_dist_info_metadata: metadata,
        provenance: None,
    }
}

fn file_row(name: &ProjectName, file: UpstreamFile) -> UpstreamFileRow {
    UpstreamFileRow {
        sha256: file.sha256,
        filename: file.filename,
        project: name.to_string(),
        url: file.url.into(),
        metadata_sha256: file.metadata_sha256,
        metadata: None,
        kept: 0,
    }
}
