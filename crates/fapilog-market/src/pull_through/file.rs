//! Files of the other index: fetched once, compared with their digest, then kept like our own.

use axum::http::StatusCode;
use fapilog_package::name::ProjectName;

use super::page::may_ask;
use crate::error::MarketError;
use crate::market::Market;
use crate::queries::upstream::{self, UpstreamFileRow};
use crate::storage::{Blob, Location, Part};

/// Largest METADATA file.
const MAX_METADATA_BYTES: u64 = 2 * 1024 * 1024;

/// Whether a page of the other index told of a file whose project isn't here.
///
/// # Errors
///
/// `internal`.
pub async fn knows(market: &Market, location: &Location) -> Result<bool, MarketError> {
    Ok(find(market, location).await?.is_some())
}

/// Opens such a file, which is fetched when it was not before.
///
/// # Errors
///
/// `upstream` when it can't be fetched, `upstream-digest` when something else came; `not-found`,
/// `internal`.
pub async fn open_file(market: &Market, location: &Location) -> Result<Blob, MarketError> {
    let row = find(market, location).await?;
    let row = row.ok_or_else(|| MarketError::not_found("there is no such file"))?;
    if row.kept == 0 {
        fetch(market, location, &row).await?;
        upstream::set_kept(&market.database, &row).await?;
    }
    let opened = market.storage.open_blob(location, Part::File).await;
    opened.map_err(|error| MarketError::internal(&error))
}

/// The METADATA file beside such a file, and its digest.
///
/// # Errors
///
/// As for [`open_file`].
pub async fn metadata(
    market: &Market,
    location: &Location,
) -> Result<Option<(String, String)>, MarketError> {
    let Some(row) = find(market, location).await? else {
        return Ok(None);
    };
    let Some(expected) = row.metadata_sha256.clone() else {
        return Ok(None);
    };
    if let Some(text) = row.metadata {
        return Ok(Some((expected, text)));
    }
    let file = temporary(market)?;
    let url = format!("{}.metadata", row.url);
    let came = market
        .client
        .download(&url, &file, MAX_METADATA_BYTES)
        .await;
    compare(&row.filename, &expected, came)?;
    let text = tokio::fs::read_to_string(file.path()).await;
    let text = text.map_err(|error| MarketError::internal(&error))?;
    upstream::set_metadata(&market.database, &row, &text).await?;
    Ok(Some((expected, text)))
}

async fn find(
    market: &Market,
    location: &Location,
) -> Result<Option<UpstreamFileRow>, MarketError> {
    if market.config.upstream.is_none() {
        return Ok(None);
    }
    let row = upstream::file(&market.database, &location.sha256, &location.filename).await?;
    let Some(row) = row else { return Ok(None) };
    let name = ProjectName::parse(&row.project)?;
    Ok(may_ask(market, &name).await?.then_some(row))
}

async fn fetch(
    market: &Market,
    location: &Location,
    row: &UpstreamFileRow,
) -> Result<(), MarketError> {
    let file = temporary(market)?;
    let most = market.config.max_upload_bytes;
    let came = market.client.download(&row.url, &file, most).await;
    compare(&row.filename, &row.sha256, came)?;
    let kept = market.storage.keep(file, location, None).await;
    kept.map_err(|error| MarketError::internal(&error))
}

fn temporary(market: &Market) -> Result<tempfile::NamedTempFile, MarketError> {
    market
        .storage
        .new_upload()
        .map_err(|error| MarketError::internal(&error))
}

fn compare(
    filename: &str,
    expected: &str,
    came: Result<String, String>,
) -> Result<(), MarketError> {
    let failed = |id, message: String| {
        tracing::warn!(
            filename,
            message,
            "a file of the upstream index was not taken"
        );
        let hint = "try again in a minute; if it stays so, tell the operator";
        Err(MarketError::new(StatusCode::BAD_GATEWAY, id, message, hint))
    };
    match came {
        Ok(digest) if digest == expected => Ok(()),
        Ok(_) => failed(
            "upstream-digest",
            format!("the upstream index sent something else than its page says for `{filename}`"),
        ),
        Err(cause) => {
            tracing::warn!(filename, cause, "a file could not be fetched");
            failed(
                "upstream",
                format!("`{filename}` can't be fetched from the upstream index now"),
            )
        }
    }
}
