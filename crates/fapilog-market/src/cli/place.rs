//! Where a marketplace keeps everything: arguments of every command.

use std::path::PathBuf;

use crate::config::Config;
use crate::database::{Database, DatabaseAddress};
use crate::error::MarketError;
use crate::storage::StorageAddress;

/// Where the marketplace keeps everything.
#[derive(Debug, clap::Args)]
pub struct Place {
    /// Folder for the database and the files; made when it isn't there
    #[arg(
        long,
        value_name = "DIR",
        env = "FAPILOG_MARKET_DATA",
        default_value = "./fapilog-market-data"
    )]
    pub data: PathBuf,
    /// Database: `postgres://USER:PASSWORD@HOST/NAME` or `sqlite:FILE` [default: a SQLite file in
    /// the data folder]
    #[arg(
        long,
        value_name = "URL",
        env = "FAPILOG_MARKET_DATABASE",
        hide_env_values = true,
        value_parser = DatabaseAddress::parse
    )]
    pub database: Option<DatabaseAddress>,
    /// Files: a folder, or `s3://BUCKET/PREFIX` with `AWS_ENDPOINT_URL`, `AWS_REGION`,
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` [default: `files` in the data folder]
    #[arg(
        long,
        value_name = "PLACE",
        env = "FAPILOG_MARKET_STORAGE",
        value_parser = StorageAddress::parse
    )]
    pub storage: Option<StorageAddress>,
}

impl Place {
    /// Opens the database alone.
    pub(super) async fn open(self) -> Result<Database, MarketError> {
        Database::open(&Config::from(self).database_address()).await
    }
}

impl From<Place> for Config {
    fn from(place: Place) -> Self {
        let mut config = Self::new(place.data);
        config.database = place.database;
        if let Some(storage) = place.storage {
            config.storage = storage;
        }
        config
    }
}
