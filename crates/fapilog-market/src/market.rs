//! The state that all requests share.

use std::sync::Arc;

use tokio::sync::{Mutex, Semaphore};

use crate::catalogue::{self, Catalogue};
use crate::config::Config;
use crate::database::Database;
use crate::downloads::Counter;
use crate::error::MarketError;
use crate::issuers::Issuers;
use crate::outbound::Outbound;
use crate::outbox::Outbox;
use crate::password;
use crate::queries;
use crate::rate_limit::Counters;
use crate::storage::Storage;

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
    /// Uploads are put in place one at a time, so that file and row can't be torn apart by a race.
    pub publishing: Mutex<()>,
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
    /// One permit for each upload that is being received, so that they can't fill the disk.
    pub receiving: Semaphore,
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
    /// Opens a data folder for serving: takes its lock, migrates, and sweeps away what uploads
    /// that were cut off have left.
    ///
    /// # Errors
    ///
    /// `data-folder`, `data-folder-in-use`, `migration`, `mail-server`, `internal`.
    pub async fn open(config: Config) -> Result<Self, MarketError> {
        let storage = Storage::open(&config.data)?;
        let database = Database::open(&config.database_address()).await?;
        let known = queries::files::all_locations(&database).await?;
        let swept = storage.sweep(&known)?;
        if swept > 0 {
            tracing::warn!(files = swept, "removed what interrupted uploads had left");
        }
        let outbound = Outbound::new(config.outbound)?;
        let outbox = Outbox::open(config.mail.as_ref())?;
        catalogue::fill::if_never_filled(&database).await?;
        let listening = format!("http://{}", config.listen);
        let public_url = config.public_url.clone().unwrap_or(listening);
        let public_url = public_url.trim_end_matches('/').to_owned();
        Ok(Self(Arc::new(Inner {
            database,
            storage,
            config,
            public_url,
            publishing: Mutex::new(()),
            counters: Counters::default(),
            hashing: Semaphore::new(password::AT_ONCE),
            issuers: Issuers::default(),
            outbound,
            outbox,
            catalogue: Catalogue::default(),
            downloads: Counter::default(),
            receiving: Semaphore::new(UPLOADS_AT_ONCE),
        })))
    }

    /// Whether clients come by TLS, so that cookies can be bound to it.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}
