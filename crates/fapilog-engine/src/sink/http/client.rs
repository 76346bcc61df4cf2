//! One request: from a body to what the answer means.

use std::io::Read;
use std::time::SystemTime;

use ureq::Agent;
use ureq::http::{HeaderName, HeaderValue, Method, Uri, header};
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

use super::super::tls::{TlsOptions, provider};
use super::super::{Retry, WriteError};
use super::body::Compression;
use super::options::Plan;
use super::verdict::{Verdict, excerpt, verdict};

/// Bytes of an answer that are read; the connection is closed when there are more.
const ANSWER_BYTES: u64 = 16 * 1024;

/// Most bytes of an answer's headers.
const ANSWER_HEADER_BYTES: usize = 64 * 1024;

/// The server, and everything that stays the same from request to request.
pub(super) struct Client {
    agent: Agent,
    url: Uri,
    method: Method,
    headers: Vec<(HeaderName, HeaderValue)>,
    compression: Option<Compression>,
    /// What no diagnostic may show.
    secrets: Vec<String>,
}

/// Why records did not arrive.
pub(super) struct Refusal {
    pub(super) too_large: bool,
    pub(super) retry: Retry,
    pub(super) message: String,
}

impl Refusal {
    fn retried(message: String) -> Self {
        Self {
            too_large: false,
            retry: Retry::Backoff,
            message,
        }
    }
}

impl From<Refusal> for WriteError {
    fn from(refusal: Refusal) -> Self {
        Self::of_sink(refusal.message).retry(refusal.retry)
    }
}

impl Client {
    pub(super) fn new(plan: Plan) -> Result<Self, String> {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_response_header_size(ANSWER_HEADER_BYTES)
            .timeout_connect(Some(plan.connect_timeout))
            .timeout_global(Some(plan.timeout))
            .user_agent(concat!("fapilog/", env!("CARGO_PKG_VERSION")))
            .max_idle_connections(1);
        if let Some(proxy) = &plan.proxy {
            let proxy = ureq::Proxy::new(proxy).map_err(|_| "`proxy` is no URL of a proxy")?;
            config = config.proxy(Some(proxy));
        }
        if plan.url.scheme_str() == Some("https") {
            config = config.tls_config(tls_config(&plan.tls)?);
        }
        Ok(Self {
            agent: config.build().into(),
            secrets: secrets(&plan),
            url: plan.url,
            method: plan.method,
            headers: plan.headers,
            compression: plan.compression,
        })
    }

    /// Sends a body; `key` names it, so that a server can tell that it has it already.
    pub(super) fn send(&self, body: &[u8], key: &str) -> Result<(), Refusal> {
        let mut request = ureq::http::Request::builder()
            .method(&self.method)
            .uri(&self.url)
            .header("idempotency-key", key);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answer = match self.compression {
            Some(compression) => {
                let smaller = compression
                    .compress(body)
                    .map_err(|error| Refusal::retried(format!("cannot compress: {error}")))?;
                request
                    .header(header::CONTENT_ENCODING, compression.name())
                    .body(smaller)
                    .map(|request| self.agent.run(request))
            }
            None => request.body(body).map(|request| self.agent.run(request)),
        };
        match answer {
            Ok(Ok(answer)) => self.judge(answer),
            Ok(Err(error)) => Err(Refusal::retried(self.shown(&error))),
            Err(error) => Err(Refusal::retried(self.shown(&error))),
        }
    }

    fn judge(&self, mut answer: ureq::http::Response<ureq::Body>) -> Result<(), Refusal> {
        let status = answer.status().as_u16();
        let retry_after = answer
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok());
        let verdict = verdict(status, retry_after, SystemTime::now());
        let mut text = Vec::new();
        // Read to the end where it is short, so that the connection can be used again. An answer
        // that breaks off has said what matters: its status.
        let _ = answer
            .body_mut()
            .as_reader()
            .take(ANSWER_BYTES)
            .read_to_end(&mut text);
        let retry = match verdict {
            Verdict::Taken => return Ok(()),
            Verdict::TooLarge => Retry::Never,
            Verdict::Refused(retry) => retry,
        };
        let said = excerpt(&text, &self.secrets);
        let message = if said.is_empty() {
            format!("status {status}")
        } else {
            format!("status {status}: {said}")
        };
        Err(Refusal {
            too_large: verdict == Verdict::TooLarge,
            retry,
            message,
        })
    }

    fn shown(&self, error: &impl std::fmt::Display) -> String {
        excerpt(error.to_string().as_bytes(), &self.secrets)
    }
}

/// Texts that could let somebody in: of headers, of the query, of the proxy.
fn secrets(plan: &Plan) -> Vec<String> {
    let mut secrets = plan.secrets.clone();
    for (_, value) in plan
        .headers
        .iter()
        .filter(|(_, value)| value.is_sensitive())
    {
        let Ok(text) = value.to_str() else { continue };
        secrets.push(text.to_owned());
        secrets.extend(
            text.split_once(' ')
                .map(|(_, credentials)| credentials.to_owned()),
        );
    }
    secrets.extend(plan.url.query().map(str::to_owned));
    secrets.extend(plan.proxy.clone());
    secrets.retain(|secret| !secret.is_empty());
    // A secret that is part of another one must not break up the longer one first.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

fn tls_config(options: &TlsOptions) -> Result<TlsConfig, String> {
    let identity = options.read()?;
    let certificate = |der: &[u8]| Certificate::from_der(der).to_owned();
    let roots: Vec<_> = identity.roots.iter().map(|der| certificate(der)).collect();
    let client = match (&identity.client, &options.client_key) {
        (Some((chain, _)), Some(path)) => {
            // Read again: the library makes keys from PEM, and tells by itself which kind it is.
            let key = std::fs::read(path)
                .ok()
                .and_then(|pem| PrivateKey::from_pem(&pem).ok())
                .ok_or_else(|| format!("cannot read a private key from `{}`", path.display()))?;
            let chain: Vec<_> = chain.iter().map(|der| certificate(der)).collect();
            Some(ClientCert::new_with_certs(&chain, key))
        }
        _ => None,
    };
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&roots))
        .client_cert(client)
        .unversioned_rustls_crypto_provider(provider())
        .build())
}
