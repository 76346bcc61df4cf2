//! What an HTTP sink is told.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use ureq::http::{HeaderName, HeaderValue, Method, Uri};

use super::super::tls::TlsOptions;
use super::body::{Compression, Shape};

/// Options as the Python face gives them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct HttpOptions {
    url: String,
    method: String,
    shape: Shape,
    compression: Option<Compression>,
    /// Names and values; values are secrets.
    headers: Vec<(String, String)>,
    /// What else no diagnostic may show.
    secrets: Vec<String>,
    content_type: Option<String>,
    proxy: Option<String>,
    connect_timeout: f64,
    timeout: f64,
    ca_file: Option<PathBuf>,
    client_certificate: Option<PathBuf>,
    client_key: Option<PathBuf>,
}

/// The same, checked. It has secrets in it and is shown to nobody.
pub(super) struct Plan {
    pub(super) url: Uri,
    pub(super) method: Method,
    pub(super) shape: Shape,
    pub(super) compression: Option<Compression>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) secrets: Vec<String>,
    pub(super) proxy: Option<String>,
    pub(super) connect_timeout: Duration,
    pub(super) timeout: Duration,
    pub(super) tls: TlsOptions,
}

/// Headers that the sink writes itself.
const OWN_HEADERS: [&str; 6] = [
    "connection",
    "content-encoding",
    "content-length",
    "host",
    "idempotency-key",
    "transfer-encoding",
];

impl HttpOptions {
    pub(super) fn plan(self) -> Result<Plan, String> {
        // No error of these shows the value: a URL may have a token in its query.
        let url: Uri = self.url.parse().map_err(|_| "`url` is no URL")?;
        if !matches!(url.scheme_str(), Some("http" | "https")) || url.host().is_none() {
            return Err("`url` is no `http://` or `https://` URL with a host".to_owned());
        }
        if url
            .authority()
            .is_some_and(|part| part.as_str().contains('@'))
        {
            return Err("`url` has a user in it; use `basic`".to_owned());
        }
        let method = match self.method.as_str() {
            "POST" => Method::POST,
            "PUT" => Method::PUT,
            "PATCH" => Method::PATCH,
            _ => return Err("`method` is not POST, PUT or PATCH".to_owned()),
        };
        let content_type = match (self.content_type, self.shape) {
            (Some(own), _) => own,
            (None, Shape::Array) => "application/json".to_owned(),
            (None, Shape::Ndjson) => "application/x-ndjson".to_owned(),
        };
        let mut headers = Vec::with_capacity(self.headers.len() + 1);
        let own = ("content-type".to_owned(), content_type);
        for (name, value) in std::iter::once(own).chain(self.headers) {
            headers.push(header(&name, &value)?);
        }
        Ok(Plan {
            url,
            method,
            shape: self.shape,
            compression: self.compression,
            headers,
            secrets: self.secrets,
            proxy: self.proxy,
            connect_timeout: seconds(self.connect_timeout)?,
            timeout: seconds(self.timeout)?,
            tls: TlsOptions {
                ca_file: self.ca_file,
                client_certificate: self.client_certificate,
                client_key: self.client_key,
            },
        })
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    if OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(format!("header `{name}` is written by the sink itself"));
    }
    let checked = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| format!("`{name}` is no name of a header"))?;
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| format!("the value of header `{name}` has characters that no header has"))?;
    value.set_sensitive(checked != "content-type");
    Ok((checked, value))
}

fn seconds(number: f64) -> Result<Duration, String> {
    Duration::try_from_secs_f64(number)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(|| format!("`{number}` is no number of seconds above 0"))
}
