//! `GET /files/<shelf>/<sha256>/<filename>`: distribution files, and `<filename>.metadata`.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::clock;
use crate::downloads::counter::{Counted, DAY_US};
use crate::downloads::downloader;
use crate::error::MarketError;
use crate::handlers::page::{PathParts, is_known};
use crate::market::Market;
use crate::pull_through;
use crate::queries::files::{self, FileRow};
use crate::storage::{Blob, Location, METADATA_SUFFIX, Part};

/// What is about to be sent.
struct Found {
    /// Digest of the bytes.
    digest: String,
    source: Source,
    /// The row of a distribution file of our own, whose downloads are counted.
    counted: Option<FileRow>,
}

enum Source {
    Stored(Location, Part),
    Upstream(Location),
    Text(String),
}

/// Sends a file, or the part of it that `Range` asks for.
///
/// # Errors
///
/// `not-found`, `range`, `internal`; `upstream`, `upstream-digest`.
pub async fn get(
    State(market): State<Market>,
    method: Method,
    PathParts((shelf, sha256, name)): PathParts<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, MarketError> {
    let missing = || MarketError::not_found("there is no such file");
    let owner = name.strip_suffix(METADATA_SUFFIX);
    let location = Location {
        filename: owner.unwrap_or(&name).to_owned(),
        sha256,
    };
    if location.path() != format!("{shelf}/{}/{}", location.sha256, location.filename) {
        return Err(missing());
    }
    let part = match owner {
        Some(_) => Part::Metadata,
        None => Part::File,
    };
    let found = find(&market, location, part).await?.ok_or_else(missing)?;
    let tag = format!("\"{}\"", found.digest);
    let content_type = match part {
        Part::Metadata => "text/plain; charset=utf-8",
        Part::File if name.ends_with(".tar.gz") => "application/gzip",
        Part::File => "application/zip",
    };
    let mut response = if is_known(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        send(&market, found.source, &tag, &headers).await?
    };
    if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        return Ok(response);
    }
    // Parts are asked for to read a wheel's metadata; whoever installs it takes the whole.
    if response.status() == StatusCode::OK
        && method == Method::GET
        && let Some(row) = &found.counted
    {
        count(&market, row, &headers);
    }
    let own = response.headers_mut();
    own.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    own.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let tag = HeaderValue::from_str(&tag).map_err(|error| MarketError::internal(&error))?;
    own.insert(header::ETAG, tag);
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

/// Only what the index lists is handed out.
async fn find(
    market: &Market,
    location: Location,
    part: Part,
) -> Result<Option<Found>, MarketError> {
    let row = files::served(&market.database, &location.filename).await?;
    if let Some(row) = row.filter(|row| row.sha256 == location.sha256) {
        let digest = match part {
            Part::File => Some(row.sha256.clone()),
            Part::Metadata => row.metadata_sha256.clone(),
        };
        let source = Source::Stored(location, part);
        let counted = (part == Part::File).then_some(row);
        return Ok(digest.map(|digest| Found {
            digest,
            source,
            counted,
        }));
    }
    match part {
        Part::File if pull_through::knows(market, &location).await? => Ok(Some(Found {
            digest: location.sha256.clone(),
            source: Source::Upstream(location),
            counted: None,
        })),
        Part::File => Ok(None),
        Part::Metadata => {
            let came = pull_through::metadata(market, &location).await?;
            Ok(came.map(|(digest, text)| Found {
                digest,
                source: Source::Text(text),
                counted: None,
            }))
        }
    }
}

async fn send(
    market: &Market,
    source: Source,
    tag: &str,
    headers: &HeaderMap,
) -> Result<Response, MarketError> {
    let blob = match source {
        Source::Text(text) => return Ok(text.into_response()),
        Source::Stored(location, part) => market.storage.open_blob(&location, part).await,
        Source::Upstream(location) => Ok(pull_through::open_file(market, &location).await?),
    };
    let blob: Blob = blob.map_err(|error| MarketError::internal(&error))?;
    let length = blob.length;
    let (first, last) = match requested(headers, tag, length) {
        Requested::Whole => {
            let body = match length {
                0 => Body::empty(),
                _ => body_of(blob, 0, length - 1).await?,
            };
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
    let body = body_of(blob, first, last).await?;
    let described = [
        (header::CONTENT_LENGTH, (last - first + 1).to_string()),
        (
            header::CONTENT_RANGE,
            format!("bytes {first}-{last}/{length}"),
        ),
    ];
    Ok((StatusCode::PARTIAL_CONTENT, described, body).into_response())
}

async fn body_of(blob: Blob, first: u64, last: u64) -> Result<Body, MarketError> {
    let body = blob.body(first, last).await;
    body.map_err(|error| MarketError::internal(&error))
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
