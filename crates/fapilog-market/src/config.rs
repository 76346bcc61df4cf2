//! What a server needs to know before it starts, after files, environment and arguments were read.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::database::DatabaseAddress;
use crate::intake::scanner::ScanSettings;
use crate::oidc_sign_in::OidcProvider;
use crate::outbound::{Network, OutboundPolicy, SystemNetwork};
use crate::outbox::MailServer;
use crate::pull_through::Upstream;
use crate::storage::{Sharing, StorageAddress};

/// Settings of a server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder for the database and the files.
    pub data: PathBuf,
    /// Where the database is; `None` means a SQLite file in the folder.
    pub database: Option<DatabaseAddress>,
    /// Where the files are.
    pub storage: StorageAddress,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Address for metrics and health alone, for operators; none unless given.
    pub operation_listen: Option<SocketAddr>,
    /// The address under which clients reach the server, without a slash at the end; `None` means
    /// the address that the server listens on.
    pub public_url: Option<String>,
    /// Certificate chain and key in PEM; without them the server speaks plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Proxies whose word on a client's address and scheme is taken.
    pub trusted_proxies: Vec<IpAddr>,
    /// Another index that is asked for what isn't here; none unless given.
    pub upstream: Option<Upstream>,
    /// What is asked of uploads.
    pub scan: ScanSettings,
    /// Largest distribution file in bytes.
    pub max_upload_bytes: u64,
    /// Whether requests are counted and refused when there are too many.
    pub rate_limits: bool,
    /// Whether people may make accounts themselves.
    pub sign_up: bool,
    /// Who delivers messages; without, none are sent.
    pub mail: Option<MailServer>,
    /// Where else people may sign in.
    pub oidc: Option<OidcProvider>,
    /// Which addresses the server itself may talk to.
    pub outbound: OutboundPolicy,
    /// The network on which it does.
    pub network: Arc<dyn Network>,
    /// Longest time for one whole upload.
    pub upload_timeout: Duration,
    /// Longest silence of a client in the middle of an upload.
    pub upload_idle_timeout: Duration,
    /// How long an upload waits for its verdict before it is answered with 202.
    pub verdict_wait: Duration,
    /// How long a release takes new files, from its first one on.
    pub release_open: Duration,
    /// Jobs done at the same time by this process; none when others do them.
    pub workers: u32,
    /// How long a job is left alone when its worker says nothing.
    pub job_lease: Duration,
    /// Longest time for the head of a request, and between two requests on one connection.
    pub head_timeout: Duration,
    /// Longest life of a connection; what runs then may end within [`Config::upload_timeout`].
    pub connection_timeout: Duration,
    /// Most connections at the same time; others wait to be accepted.
    pub max_connections: u32,
}

/// Where certificate and key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// PEM: the certificate first, then those that vouch for it.
    pub certificate: PathBuf,
    /// PEM: the private key.
    pub key: PathBuf,
}

impl Config {
    /// 100 MiB: what the largest public index allows without asking.
    pub const DEFAULT_MAX_UPLOAD_BYTES: u64 = 100 * 1024 * 1024;

    /// 4 GiB: above that, files in ZIP need a form that isn't accepted.
    pub const MAX_UPLOAD_BYTES: u64 = 4 * 1024 * 1024 * 1024;

    /// As many as a small machine has cores.
    pub const DEFAULT_WORKERS: u32 = 2;

    /// The settings for a folder, with defaults for everything else.
    #[must_use]
    pub fn new(data: PathBuf) -> Self {
        Self {
            data,
            database: None,
            storage: StorageAddress::Folder(None),
            listen: SocketAddr::from(([127, 0, 0, 1], 8765)),
            operation_listen: None,
            public_url: None,
            rate_limits: true,
            sign_up: true,
            mail: None,
            oidc: None,
            outbound: OutboundPolicy::PublicOnly,
            network: Arc::new(SystemNetwork),
            tls: None,
            trusted_proxies: Vec::new(),
            upstream: None,
            scan: ScanSettings::default(),
            max_upload_bytes: Self::DEFAULT_MAX_UPLOAD_BYTES,
            // 100 MiB in ten minutes is 1.4 Mbit/s, below any line that builds packages.
            upload_timeout: Duration::from_secs(600),
            upload_idle_timeout: Duration::from_secs(30),
            // Well below the 30 s after which clients and proxies give up.
            verdict_wait: Duration::from_secs(5),
            // As the largest public index does: old releases are not poisoned later.
            release_open: Duration::from_secs(14 * 86_400),
            workers: Self::DEFAULT_WORKERS,
            // Prolonged three times in between; what a killed worker had goes on after it.
            job_lease: Duration::from_secs(30),
            head_timeout: Duration::from_secs(15),
            connection_timeout: Duration::from_secs(1200),
            // A download needs two open files, and 1024 is a common limit for them.
            max_connections: 400,
        }
    }

    /// Where the database is.
    #[must_use]
    pub fn database_address(&self) -> DatabaseAddress {
        let own = || DatabaseAddress::in_folder(&self.data);
        self.database.clone().unwrap_or_else(own)
    }

    /// Whether other processes may use the data folder: only PostgreSQL stands between replicas.
    #[must_use]
    pub fn sharing(&self) -> Sharing {
        match self.database_address() {
            DatabaseAddress::Sqlite(_) => Sharing::Alone,
            DatabaseAddress::Postgres(_) => Sharing::Shared,
        }
    }
}
