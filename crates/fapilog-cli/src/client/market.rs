//! The marketplace's JSON API and its upload interface.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use fapilog_market_api::{PluginInfo, Problem, SearchPage};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::http::{Response, StatusCode};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::{Address, ClientFailure};

/// Longest time of one question, the connection included.
const LIMIT: Duration = Duration::from_secs(30);
/// Longest time of an upload; the marketplace itself gives up earlier.
const UPLOAD_LIMIT: Duration = Duration::from_secs(600);
/// Most bytes of an answer that are read.
const ANSWER_BYTES: u64 = 8 * 1024 * 1024;
/// Most bytes of a refusal that are shown.
const REFUSAL_BYTES: usize = 2_000;

/// A marketplace.
pub struct Market {
    address: Address,
    agent: Agent,
}

impl Market {
    /// A marketplace at an address. Proxies are those of the environment.
    pub fn at(address: Address) -> Result<Self, ClientFailure> {
        let agent = agent_for(address.for_request());
        Ok(Self { address, agent })
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Plugins for a text.
    pub fn search(&self, query: &[(&str, String)]) -> Result<SearchPage, ClientFailure> {
        match self.ask("/api/v1/search", query)? {
            Some(page) => Ok(page),
            None => Err(self.failed("it has no search".to_owned())),
        }
    }

    /// Everything about a plugin; `None` when it is not there.
    pub fn plugin(&self, name: &str) -> Result<Option<PluginInfo>, ClientFailure> {
        self.ask(&format!("/api/v1/plugins/{name}"), &[])
    }

    fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<Option<T>, ClientFailure> {
        let mut request = self
            .agent
            .get(format!("{}{path}", self.address.for_request()))
            .header("accept", "application/json")
            .config()
            .timeout_global(Some(LIMIT))
            .build();
        for (key, value) in query {
            request = request.query(key, value);
        }
        let answer = request.call().map_err(|error| self.unreachable(&error))?;
        let (status, text) = self.read(answer)?;
        if status == StatusCode::NOT_FOUND {
            // A marketplace says in its own words that something is not there; whatever else
            // answers is none.
            return match serde_json::from_slice::<Problem>(&text) {
                Ok(_) => Ok(None),
                Err(_) => Err(self.failed("it has no `/api/v1`: it is no marketplace".to_owned())),
            };
        }
        if !status.is_success() {
            return Err(self.failed(said(status, &text)));
        }
        self.understand(&text).map(Some)
    }

    /// Sends JSON; what was answered, when it was taken.
    pub fn tell<T: Serialize>(
        &self,
        path: &str,
        body: &T,
        token: Option<&str>,
        limit: Duration,
    ) -> Result<Vec<u8>, ClientFailure> {
        if limit.is_zero() {
            return Err(self.failed("there was no time left for it".to_owned()));
        }
        let body = serde_json::to_vec(body).map_err(|error| self.failed(error.to_string()))?;
        let mut request = self
            .agent
            .post(format!("{}{path}", self.address.for_request()))
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .config()
            .timeout_global(Some(limit))
            .max_redirects(0)
            .build();
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = request.send(&body[..]);
        let answer = answer.map_err(|error| self.unreachable(&error))?;
        let (status, text) = self.read(answer)?;
        if status.is_success() {
            return Ok(text);
        }
        Err(self.failed(said(status, &text)))
    }

    /// Reads an answer as JSON.
    pub fn understand<T: DeserializeOwned>(&self, text: &[u8]) -> Result<T, ClientFailure> {
        serde_json::from_slice(text)
            .map_err(|error| self.failed(format!("its answer cannot be read: {error}")))
    }

    /// Sends a form to an address of the upload interface; what it said, when it took it.
    pub fn upload(
        &self,
        credentials: &str,
        boundary: &str,
        form: &[u8],
    ) -> Result<(u16, String), ClientFailure> {
        let answer = self
            .agent
            .post(self.address.for_request())
            .header("authorization", credentials)
            .header(
                "content-type",
                format!("multipart/form-data; boundary={boundary}"),
            )
            .header("accept", "application/json, text/plain;q=0.9")
            .config()
            .timeout_global(Some(UPLOAD_LIMIT))
            .max_redirects(0)
            .build()
            .send(form)
            .map_err(|error| self.unreachable(&error))?;
        let reason = answer
            .headers()
            .get("location")
            .and_then(|place| place.to_str().ok())
            .map(str::to_owned);
        let (status, text) = self.read(answer)?;
        if status.is_success() {
            return Ok((status.as_u16(), first_line(&text)));
        }
        Err(match reason {
            Some(place) if status.is_redirection() => self.failed(format!(
                "it moved to `{place}`: give that address with --index"
            )),
            _ => self.failed(said(status, &text)),
        })
    }

    fn read(
        &self,
        mut answer: Response<ureq::Body>,
    ) -> Result<(StatusCode, Vec<u8>), ClientFailure> {
        let mut text = Vec::new();
        answer
            .body_mut()
            .as_reader()
            .take(ANSWER_BYTES)
            .read_to_end(&mut text)
            .map_err(|error| self.failed(format!("its answer broke off: {error}")))?;
        Ok((answer.status(), text))
    }

    fn unreachable(&self, error: &ureq::Error) -> ClientFailure {
        // The library's words may hold the address with its credentials.
        let shown = self.address.to_string();
        self.failed(
            error
                .to_string()
                .replace(self.address.for_request(), &shown),
        )
    }

    fn failed(&self, reason: String) -> ClientFailure {
        ClientFailure::Market {
            address: self.address.to_string(),
            reason,
        }
    }
}

/// What asks an address. Proxies are those of the environment.
pub(super) fn agent_for(address: &str) -> Agent {
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(Duration::from_secs(10)))
        .user_agent(concat!("fapilog-cli/", env!("CARGO_PKG_VERSION")));
    if address.starts_with("https:") {
        // The system's own roots: that is where a company puts its authorities.
        let roots: Vec<_> = rustls_native_certs::load_native_certs()
            .certs
            .iter()
            .map(|der| Certificate::from_der(der).to_owned())
            .collect();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&roots))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()));
        config = config.tls_config(tls.build());
    }
    config.build().into()
}

/// What a refusal says, in one line.
pub(super) fn said(status: StatusCode, text: &[u8]) -> String {
    if let Ok(problem) = serde_json::from_slice::<Problem>(text) {
        return if problem.hint.is_empty() {
            problem.detail
        } else {
            format!("{}; {}", problem.detail, problem.hint)
        };
    }
    let words = first_line(text);
    if words.is_empty() {
        format!("status {status}")
    } else {
        format!("status {status}: {words}")
    }
}

/// One line of printable text.
fn first_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    line.unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(REFUSAL_BYTES)
        .collect()
}
