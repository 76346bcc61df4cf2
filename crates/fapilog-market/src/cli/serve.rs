//! Arguments of `serve` and `worker`.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use fapilog_scan::policy::PolicyError;
use fapilog_scan::{Level, Policy};

use crate::cli::Place;
use crate::config::{Config, TlsFiles};
use crate::error::MarketError;
use crate::oidc_sign_in::OidcProvider;
use crate::outbound::OutboundPolicy;
use crate::outbox::MailServer;
use crate::pull_through::{NamePattern, Upstream};

/// Arguments of `serve` and `worker`.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Where everything is kept.
    #[command(flatten)]
    pub place: Place,
    /// Address to listen on; port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "FAPILOG_MARKET_LISTEN",
        default_value = "127.0.0.1:8765"
    )]
    pub listen: SocketAddr,
    /// Address for `/metrics`, `/healthz` and `/readyz` alone; not for the public
    #[arg(long, value_name = "ADDRESS", env = "FAPILOG_MARKET_OPERATION_LISTEN")]
    pub operation_listen: Option<SocketAddr>,
    /// Address under which clients reach this server, shown in install commands [default: the
    /// address it listens on]
    #[arg(long, value_name = "URL", env = "FAPILOG_MARKET_PUBLIC_URL", value_parser = parse_url)]
    pub public_url: Option<String>,
    /// PEM file with the certificate chain; the server then speaks TLS
    #[arg(
        long,
        value_name = "FILE",
        env = "FAPILOG_MARKET_TLS_CERTIFICATE",
        requires = "tls_key"
    )]
    pub tls_certificate: Option<PathBuf>,
    /// PEM file with the certificate's private key
    #[arg(
        long,
        value_name = "FILE",
        env = "FAPILOG_MARKET_TLS_KEY",
        requires = "tls_certificate"
    )]
    pub tls_key: Option<PathBuf>,
    /// Address of a proxy whose `X-Forwarded-For` is believed; may be given several times
    #[arg(
        long = "trusted-proxy",
        value_name = "IP",
        env = "FAPILOG_MARKET_TRUSTED_PROXY",
        value_delimiter = ','
    )]
    pub trusted_proxies: Vec<IpAddr>,
    /// Largest file that may be uploaded, in bytes
    #[arg(
        long,
        value_name = "BYTES",
        env = "FAPILOG_MARKET_MAX_UPLOAD_BYTES",
        default_value_t = Config::DEFAULT_MAX_UPLOAD_BYTES,
        value_parser = clap::value_parser!(u64).range(1..=Config::MAX_UPLOAD_BYTES)
    )]
    pub max_upload_bytes: u64,
    /// Answer clients however often they ask; for measurements
    #[arg(long, env = "FAPILOG_MARKET_NO_RATE_LIMITS")]
    pub no_rate_limits: bool,
    /// Let the operator alone make accounts
    #[arg(long, env = "FAPILOG_MARKET_NO_SIGN_UP")]
    pub no_sign_up: bool,
    /// SMTP server for messages to people: `smtp://USER:PASSWORD@HOST:PORT?tls=required`, or
    /// `smtps://…` [default: no messages are sent]
    #[arg(
        long,
        value_name = "URL",
        env = "FAPILOG_MARKET_MAIL_SERVER",
        hide_env_values = true,
        requires = "mail_from"
    )]
    pub mail_server: Option<String>,
    /// Address that messages come from
    #[arg(long, value_name = "ADDRESS", env = "FAPILOG_MARKET_MAIL_FROM")]
    pub mail_from: Option<String>,
    /// OpenID Connect provider that people may sign in with
    #[arg(
        long,
        value_name = "URL",
        env = "FAPILOG_MARKET_OIDC_ISSUER",
        requires_all = ["oidc_client_id", "oidc_client_secret"]
    )]
    pub oidc_issuer: Option<String>,
    /// Who this marketplace is at the provider
    #[arg(long, value_name = "ID", env = "FAPILOG_MARKET_OIDC_CLIENT_ID")]
    pub oidc_client_id: Option<String>,
    /// Secret of this marketplace at the provider; better given by the environment
    #[arg(
        long,
        value_name = "SECRET",
        env = "FAPILOG_MARKET_OIDC_CLIENT_SECRET",
        hide_env_values = true
    )]
    pub oidc_client_secret: Option<String>,
    /// Let the server talk to addresses that people configure even where they lie in private
    /// networks, and without TLS
    #[arg(long, env = "FAPILOG_MARKET_ALLOW_PRIVATE_ADDRESSES")]
    pub allow_private_addresses: bool,
    /// Jobs done at the same time; 0 leaves them to `fapilog-market worker`
    #[arg(
        long,
        value_name = "NUMBER",
        env = "FAPILOG_MARKET_WORKERS",
        default_value_t = Config::DEFAULT_WORKERS,
        value_parser = clap::value_parser!(u32).range(0..=64)
    )]
    pub workers: u32,
    /// What uploads must pass to be published; `off` publishes without a scan
    #[arg(
        long,
        value_name = "LEVEL",
        env = "FAPILOG_MARKET_SCAN_LEVEL",
        default_value = "community"
    )]
    pub scan_level: ScanLevel,
    /// TOML file that says which rules block at which level [default: the built-in policy]
    #[arg(long, value_name = "FILE", env = "FAPILOG_MARKET_SCAN_POLICY")]
    pub scan_policy: Option<PathBuf>,
    /// OSV export of known vulnerabilities, an `all.zip` or one JSON file; read anew when it changes
    #[arg(long, value_name = "FILE", env = "FAPILOG_MARKET_ADVISORIES")]
    pub advisories: Option<PathBuf>,
    /// Another index, asked for projects that aren't here: `https://HOST/simple/`
    #[arg(long, value_name = "URL", env = "FAPILOG_MARKET_UPSTREAM", value_parser = parse_url)]
    pub upstream: Option<String>,
    /// Only these names are asked for there, `*` standing for anything; several with commas
    #[arg(
        long,
        value_name = "NAMES",
        env = "FAPILOG_MARKET_UPSTREAM_ALLOW",
        value_delimiter = ',',
        value_parser = NamePattern::parse,
        requires = "upstream"
    )]
    pub upstream_allow: Vec<NamePattern>,
    /// These names are never asked for there; goes before what is allowed
    #[arg(
        long,
        value_name = "NAMES",
        env = "FAPILOG_MARKET_UPSTREAM_DENY",
        value_delimiter = ',',
        value_parser = NamePattern::parse,
        requires = "upstream"
    )]
    pub upstream_deny: Vec<NamePattern>,
}

/// What is asked of uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ScanLevel {
    /// Nothing: uploads are published when they can be read
    Off,
    /// They do no harm that can be seen, and can be installed
    Community,
    /// They are also well made: typed, documented, tested
    Verified,
    /// Nothing is left open, and the judge was confined
    Enterprise,
}

impl From<ScanLevel> for Option<Level> {
    fn from(level: ScanLevel) -> Self {
        match level {
            ScanLevel::Off => None,
            ScanLevel::Community => Some(Level::Community),
            ScanLevel::Verified => Some(Level::Verified),
            ScanLevel::Enterprise => Some(Level::Enterprise),
        }
    }
}

fn read_policy(path: &Path) -> Result<Policy, MarketError> {
    let wrong = |message: String, hint: String| {
        let message = format!("the policy `{}`: {message}", path.display());
        MarketError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "scan-policy",
            message,
            hint,
        )
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| wrong(error.to_string(), "check its name".to_owned()))?;
    text.parse()
        .map_err(|error: PolicyError| wrong(error.to_string(), error.hint()))
}

/// Only web addresses can be shown to clients.
fn parse_url(text: &str) -> Result<String, String> {
    let web = text.starts_with("http://") || text.starts_with("https://");
    if web && !text.contains(char::is_whitespace) {
        Ok(text.to_owned())
    } else {
        Err("expected an address that begins with `http://` or `https://`".to_owned())
    }
}

impl TryFrom<Serve> for Config {
    type Error = MarketError;

    fn try_from(serve: Serve) -> Result<Self, MarketError> {
        let mut config = Self::from(serve.place);
        config.listen = serve.listen;
        config.operation_listen = serve.operation_listen;
        config.public_url = serve.public_url;
        config.tls = match (serve.tls_certificate, serve.tls_key) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            _ => None,
        };
        config.trusted_proxies = serve.trusted_proxies;
        config.max_upload_bytes = serve.max_upload_bytes;
        config.rate_limits = !serve.no_rate_limits;
        config.sign_up = !serve.no_sign_up;
        config.oidc = serve
            .oidc_issuer
            .zip(serve.oidc_client_id)
            .zip(serve.oidc_client_secret)
            .map(|((issuer, client_id), client_secret)| OidcProvider {
                issuer,
                client_id,
                client_secret,
            });
        if serve.allow_private_addresses {
            config.outbound = OutboundPolicy::Everywhere;
        }
        config.mail = serve
            .mail_server
            .zip(serve.mail_from)
            .map(|(url, from)| MailServer { url, from });
        config.workers = serve.workers;
        config.scan.level = serve.scan_level.into();
        if let Some(path) = &serve.scan_policy {
            config.scan.policy = read_policy(path)?;
        }
        config.scan.advisories = serve.advisories;
        config.upstream = match serve.upstream {
            Some(url) => Some(
                Upstream::new(&url, serve.upstream_allow, serve.upstream_deny).map_err(|text| {
                    MarketError::new(
                        StatusCode::INTERNAL_SERVER_ERROR,
                        "upstream",
                        format!("the upstream `{url}` can't be used: {text}"),
                        "give the address of a simple index, as `https://HOST/simple/`",
                    )
                })?,
            ),
            None => None,
        };
        Ok(config)
    }
}
