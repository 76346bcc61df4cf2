//! The state that all requests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, Semaphore};

use crate::catalogue::{self, Catalogue};
use crate::clock;
use crate::config::Config;
use crate::database::Database;
use crate::downloads::Counter;
use crate::error::MarketError;
use crate::index::{Heads, PageCache};
use crate::intake::scanner::Scanner;
use crate::intake::sweep;
use crate::issuers::Issuers;
use crate::metrics::Metrics;
use crate::outbound::Outbound;
use crate::outbox::Outbox;
use crate::passkeys::relying_party::RelyingParty;
use crate::password;
use crate::pull_through::Client;
use crate::queries::jobs;
use crate::rate_limit::Counters;
use crate::storage::{Sharing, Storage};
use crate::tls;

/// Database, files and settings of one running server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Market(Arc<Inner>);

/// What a [`Market`] shares.
#[derive(Debug)]
pub struct Inner {
    /// The database.
    pub database: Database,
    /// The files.
    pub storage: Storage,
    /// The settings.
    pub config: Config,
    /// Address under which clients reach this server, without a slash at the end.
    pub public_url: String,
    /// Who asks for passkeys.
    pub relying_party: RelyingParty,
    /// How often clients did what is counted.
    pub counters: Counters,
    /// One permit for each password that is being hashed, so that guesses can't fill the memory.
    pub hashing: Semaphore,
    /// Keys of those who sign statements.
    pub issuers: Issuers,
    /// Makes the requests that this server makes.
    pub outbound: Outbound,
    /// Where messages to people go.
    pub outbox: Outbox,
    /// What the catalogue is searched with.
    pub catalogue: Catalogue,
    /// Downloads that were not written yet.
    pub downloads: Counter,
    /// Requests that ask for keys of index pages.
    pub heads: Heads,
    /// Index pages that were served lately.
    pub pages: PageCache,
    /// What uploads are judged by.
    pub scanner: Scanner,
    /// Requests to the other index.
    pub client: Client,
    /// What was counted.
    pub metrics: Metrics,
    /// One permit for each upload that is being received, so that they can't fill the disk.
    pub receiving: Semaphore,
    /// Wakes workers that wait for jobs.
    pub job_put: Notify,
    /// Wakes uploads that wait for their verdict.
    pub judged: Notify,
    stopping: AtomicBool,
}

/// Uploads received at the same time; with the largest size of a file this bounds `incoming/`.
const UPLOADS_AT_ONCE: usize = 8;

impl std::ops::Deref for Market {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Market {
    /// Opens database and storage for serving or working. A process that has them to itself puts
    /// right what an earlier one that was killed has left.
    ///
    /// # Errors
    ///
    /// `advisories`, `data-folder`, `data-folder-in-use`, `database`, `storage`, `migration`, `mail-server`,
    /// `internal`.
    pub async fn open(config: Config) -> Result<Self, MarketError> {
        tls::choose_provider();
        let scanner = Scanner::open(config.scan.clone(), config.max_upload_bytes)?;
        let storage = Storage::open(&config.data, &config.storage, config.sharing())?;
        let database = Database::open(&config.database_address()).await?;
        let outbound = Outbound::new(config.outbound, Arc::clone(&config.network))?;
        let outbox = Outbox::open(config.mail.as_ref())?;
        catalogue::fill::if_never_filled(&database).await?;
        let scheme = match config.tls {
            Some(_) => "https",
            None => "http",
        };
        let listening = format!("{scheme}://{}", config.listen);
        let public_url = config.public_url.clone().unwrap_or(listening);
        let public_url = public_url.trim_end_matches('/').to_owned();
        let market = Self(Arc::new(Inner {
            heads: Heads::new(database.clone()),
            database,
            storage,
            relying_party: RelyingParty::at(&public_url),
            public_url,
            counters: Counters::default(),
            hashing: Semaphore::new(password::AT_ONCE),
            issuers: Issuers::default(),
            outbound,
            outbox,
            catalogue: Catalogue::default(),
            downloads: Counter::default(),
            pages: PageCache::default(),
            scanner,
            client: Client::new()?,
            metrics: Metrics::default(),
            receiving: Semaphore::new(UPLOADS_AT_ONCE),
            job_put: Notify::new(),
            judged: Notify::new(),
            stopping: AtomicBool::new(false),
            config,
        }));
        if market.config.sharing() == Sharing::Alone {
            market.take_up().await?;
        }
        Ok(market)
    }

    /// Nobody else works here: jobs that are running belong to a dead process, and uploads that are
    /// being received are cut off.
    async fn take_up(&self) -> Result<(), MarketError> {
        let freed = jobs::free_all(&self.database, clock::now_us()).await?;
        let swept = sweep::sweep(self, i64::MAX).await?;
        if freed > 0 || swept > 0 {
            tracing::warn!(
                jobs = freed,
                uploads = swept,
                "took up what a killed server has left"
            );
        }
        Ok(())
    }

    /// Has the workers of this process look for jobs at once.
    pub fn wake_workers(&self) {
        // Nothing is stored: a worker listens before it looks, and looks again after its job.
        self.job_put.notify_waiters();
    }

    /// Says that no further requests should be sent here.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the signal to stop has come.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Whether clients come by TLS, so that cookies can be bound to it.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}
