//! Requests to the other index.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;
use url::Url;

use crate::error::MarketError;

/// JSON first; an index that knows HTML only is understood, too.
const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, \
     application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/// How long the other index may take to answer at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest silence in the middle of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// Largest page: that of the project with the most files has some 20 MiB.
const MAX_PAGE_BYTES: usize = 64 * 1024 * 1024;

/// A page of the other index.
#[derive(Debug)]
pub(super) enum Answer {
    /// As it was when the tag was given.
    Unchanged,
    /// No such project.
    Missing,
    /// The page.
    Page {
        url: Url,
        content_type: String,
        tag: Option<String>,
        body: Vec<u8>,
    },
}

/// The client for another index. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client(reqwest::Client);

impl Client {
    /// A client.
    ///
    /// # Errors
    ///
    /// `internal` when no client can be made.
    pub fn new() -> Result<Self, MarketError> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .user_agent(concat!("fapilog-market/", env!("CARGO_PKG_VERSION")))
            .build();
        client
            .map(Self)
            .map_err(|error| MarketError::internal(&error))
    }

    pub(super) async fn page(&self, url: Url, tag: Option<&str>) -> Result<Answer, String> {
        let mut request = self.0.get(url).header(header::ACCEPT, ACCEPT);
        if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(tag).ok()) {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        let mut response = request.send().await.map_err(text_of)?;
        match response.status() {
            StatusCode::NOT_MODIFIED => return Ok(Answer::Unchanged),
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Answer::Missing),
            StatusCode::OK => {}
            other => return Err(format!("it answered with {other}")),
        }
        let text = |name: header::HeaderName| {
            let value = response.headers().get(name);
            value
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let (content_type, tag) = (text(header::CONTENT_TYPE), text(header::ETAG));
        let url = response.url().clone();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(text_of)? {
            if body.len() + chunk.len() > MAX_PAGE_BYTES {
                return Err("its page is larger than 64 MiB".to_owned());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer::Page {
            url,
            content_type: content_type.unwrap_or_default(),
            tag,
            body,
        })
    }

    /// Downloads into a file; returns the digest of what came.
    pub(super) async fn download(
        &self,
        url: &str,
        target: &NamedTempFile,
        most_bytes: u64,
    ) -> Result<String, String> {
        let mut response = self.0.get(url).send().await.map_err(text_of)?;
        if response.status() != StatusCode::OK {
            return Err(format!("it answered with {}", response.status()));
        }
        let file = target.reopen().map_err(|error| error.to_string())?;
        let mut file = tokio::fs::File::from_std(file);
        let (mut hasher, mut size) = (Sha256::new(), 0_u64);
        while let Some(chunk) = response.chunk().await.map_err(text_of)? {
            size += chunk.len() as u64;
            if size > most_bytes {
                return Err(format!("the file is larger than {most_bytes} bytes"));
            }
            hasher.update(&chunk);
            let written = file.write_all(&chunk).await;
            written.map_err(|error| error.to_string())?;
        }
        file.flush().await.map_err(|error| error.to_string())?;
        Ok(hex::encode(hasher.finalize()))
    }
}

/// The causes tell more than the error; addresses may hold passwords.
fn text_of(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
