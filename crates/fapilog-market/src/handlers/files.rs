//! `GET /files/<shelf>/<sha256>/<filename>`: distribution files, and `<filename>.metadata`.

use std::io::SeekFrom;
use std::path::PathBuf;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use crate::clock;
use crate::downloads::counter::{Counted, DAY_US};
use crate::downloads::downloader;
use crate::error::MarketError;
use crate::handlers::page::{PathParts, is_known};
use crate::market::Market;
use crate::queries::files::{self, FileRow};
use crate::storage::METADATA_SUFFIX;

/// Sends a file, or the part of it that `Range` asks for.
///
/// # Errors
///
/// `not-found`, `range`, `internal`.
pub async fn get(
    State(market): State<Market>,
    method: Method,
    PathParts((shelf, sha256, name)): PathParts<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, MarketError> {
    let missing = || MarketError::not_found("there is no such file");
    let owner = name.strip_suffix(METADATA_SUFFIX);
    let filename = owner.unwrap_or(&name);
    let row = files::find(&market.database, filename).await?;
    let asked = format!("{shelf}/{sha256}/{filename}");
    let row = row.filter(|row| row.location().path() == asked);
    let row = row.ok_or_else(missing)?;
    let (path, digest) = match owner {
        None => (market.storage.path_of(&row.location()), row.sha256.clone()),
        Some(_) => (
            market.storage.metadata_path_of(&row.location()),
            row.metadata_sha256.clone().ok_or_else(missing)?,
        ),
    };
    let content_type = match owner {
        Some(_) => "text/plain; charset=utf-8",
        None if row.filetype == "sdist" => "application/gzip",
        None => "application/zip",
    };
    let mut response = send(path, &digest, &headers).await?;
    if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        return Ok(response);
    }
    // Parts are asked for to read a wheel's metadata; whoever installs it takes the whole.
    if response.status() == StatusCode::OK && owner.is_none() && method == Method::GET {
        count(&market, &row, &headers);
    }
    let own = response.headers_mut();
    own.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    own.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let tag = HeaderValue::from_str(&format!("\"{digest}\""));
    own.insert(
        header::ETAG,
        tag.map_err(|error| MarketError::internal(&error))?,
    );
    Ok(response)
}

fn count(market: &Market, row: &FileRow, headers: &HeaderMap) {
    let agent = headers.get(header::USER_AGENT);
    let agent = agent.and_then(|value| value.to_str().ok());
    let (by, python) = downloader::read(agent.unwrap_or_default());
    market.downloads.count(Counted {
        project: row.project.clone(),
        version: row.version.clone(),
        day: clock::now_us() / DAY_US,
        by,
        python,
    });
}

async fn send(path: PathBuf, digest: &str, headers: &HeaderMap) -> Result<Response, MarketError> {
    let internal = |error: std::io::Error| MarketError::internal(&error);
    let tag = format!("\"{digest}\"");
    if is_known(headers, &tag) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let mut file = File::open(path).await.map_err(internal)?;
    let length = file.metadata().await.map_err(internal)?.len();
    let wanted = match requested(headers, &tag, length) {
        Requested::Whole => {
            let body = Body::from_stream(ReaderStream::new(file));
            return Ok(([(header::CONTENT_LENGTH, length)], body).into_response());
        }
        Requested::Outside => {
            return Ok((
                StatusCode::RANGE_NOT_SATISFIABLE,
                [
                    (header::CONTENT_RANGE, format!("bytes */{length}")),
                    (header::CACHE_CONTROL, "no-store".to_owned()),
                ],
            )
                .into_response());
        }
        Requested::Part(first, last) => (first, last),
    };
    let (first, last) = wanted;
    file.seek(SeekFrom::Start(first)).await.map_err(internal)?;
    let body = Body::from_stream(ReaderStream::new(file.take(last - first + 1)));
    let described = [
        (header::CONTENT_LENGTH, (last - first + 1).to_string()),
        (
            header::CONTENT_RANGE,
            format!("bytes {first}-{last}/{length}"),
        ),
    ];
    Ok((StatusCode::PARTIAL_CONTENT, described, body).into_response())
}

#[derive(Debug, PartialEq, Eq)]
enum Requested {
    Whole,
    /// First and last byte, both inside the file.
    Part(u64, u64),
    Outside,
}

/// Reads `Range` (RFC 9110, section 14). One range is honoured; several, other units and nonsense
/// get the whole file, as the RFC allows.
fn requested(headers: &HeaderMap, tag: &str, length: u64) -> Requested {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    // `If-Range` compares strongly, so that a date or another tag means "then send it all".
    if text(header::IF_RANGE).is_some_and(|condition| condition != tag) {
        return Requested::Whole;
    }
    let Some((first, last)) = text(header::RANGE)
        .and_then(|value| value.strip_prefix("bytes="))
        .and_then(|range| range.split_once('-'))
    else {
        return Requested::Whole;
    };
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Err(_), Ok(0)) if first.is_empty() => Requested::Outside,
        (Err(_), Ok(count)) if first.is_empty() && length > 0 => {
            Requested::Part(length.saturating_sub(count), length - 1)
        }
        (Ok(first), Err(_)) if last.is_empty() && first < length => {
            Requested::Part(first, length - 1)
        }
        (Ok(first), Ok(last)) if first <= last && first < length => {
            Requested::Part(first, last.min(length - 1))
        }
        (Ok(first), _) if first >= length => Requested::Outside,
        _ => Requested::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        for (value, expected) in [
            ("bytes=0-3", Requested::Part(0, 3)),
            ("bytes=8-", Requested::Part(8, 9)),
            ("bytes=8-100", Requested::Part(8, 9)),
            ("bytes=-3", Requested::Part(7, 9)),
            ("bytes=-100", Requested::Part(0, 9)),
            ("bytes=10-", Requested::Outside),
            ("bytes=-0", Requested::Outside),
            ("bytes=3-1", Requested::Whole),
            ("bytes=0-1,4-5", Requested::Whole),
            ("lines=0-1", Requested::Whole),
            ("bytes=x", Requested::Whole),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static(value));
            assert_eq!(requested(&headers, "\"t\"", 10), expected, "{value}");
            headers.insert(header::IF_RANGE, HeaderValue::from_static("\"other\""));
            assert_eq!(
                requested(&headers, "\"t\"", 10),
                Requested::Whole,
                "{value}"
            );
        }
    }
}
