//! The database: SQLite in the data folder, or PostgreSQL. One SQL text serves both (ADR 0025).

use std::fmt;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use axum::http::StatusCode;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::{Any, AnyPool, Executor as _, Transaction};
use url::Url;

use crate::error::MarketError;

/// The database's file within the data folder.
const FILE: &str = "market.sqlite3";

/// Connections to SQLite: readers beside the one writer that it allows.
const SQLITE_CONNECTIONS: u32 = 8;

/// Connections to PostgreSQL; six replicas stay below its usual limit of 100.
const POSTGRES_CONNECTIONS: u32 = 16;

/// How long a request waits for a connection, or for another one's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// What every connection to SQLite is told. With `FULL`, an upload that was answered with 200 is
/// there after a power cut.
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; \
     PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -8192;";

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// Which database it is, where the few differences matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// Where the database is. Never shows the password in an address.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseAddress {
    /// A SQLite file, made when it isn't there.
    Sqlite(PathBuf),
    /// A PostgreSQL server: `postgres://user:password@host/name`.
    Postgres(Url),
}

impl DatabaseAddress {
    /// The SQLite file of a data folder.
    #[must_use]
    pub fn in_folder(data: &Path) -> Self {
        Self::Sqlite(data.join(FILE))
    }

    /// Reads an address as it is configured.
    ///
    /// # Errors
    ///
    /// A text that says what was expected; it doesn't repeat the address, which can hold a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = "expected `postgres://USER:PASSWORD@HOST/NAME` or `sqlite:FILE`";
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return match path {
                "" => Err(expected.to_owned()),
                path => Ok(Self::Sqlite(PathBuf::from(path))),
            };
        }
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "postgres" | "postgresql") => Ok(Self::Postgres(url)),
            _ => Err(expected.to_owned()),
        }
    }

    fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    fn options(&self) -> Result<AnyConnectOptions, String> {
        let options = match self {
            Self::Sqlite(path) => {
                let path = std::path::absolute(path).map_err(|error| error.to_string())?;
                let file = Url::from_file_path(&path).map_err(|()| "no path".to_owned())?;
                AnyConnectOptions::from_str(&format!("sqlite://{}?mode=rwc", file.path()))
            }
            Self::Postgres(url) => AnyConnectOptions::from_str(url.as_str()),
        };
        options.map_err(|error| error.to_string())
    }
}

impl fmt::Display for DatabaseAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(formatter),
            Self::Postgres(url) => {
                let host = url.host_str().unwrap_or("localhost");
                write!(formatter, "{}://{host}{}", url.scheme(), url.path())
            }
        }
    }
}

impl fmt::Debug for DatabaseAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DatabaseAddress({self})")
    }
}

/// An open database: a pool of connections. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Database {
    pool: AnyPool,
    dialect: Dialect,
}

impl Deref for Database {
    type Target = AnyPool;

    fn deref(&self) -> &AnyPool {
        &self.pool
    }
}

impl Database {
    /// Opens the database and brings its tables up to date.
    ///
    /// # Errors
    ///
    /// `data-folder` or `database` when it can't be opened, `migration` when its tables can't be
    /// brought up to date.
    pub async fn open(address: &DatabaseAddress) -> Result<Self, MarketError> {
        let database = Self::connect(address).await?;
        database.migrate(address).await?;
        Ok(database)
    }

    /// Opens the database as it is.
    ///
    /// # Errors
    ///
    /// `data-folder` or `database`.
    pub async fn connect(address: &DatabaseAddress) -> Result<Self, MarketError> {
        sqlx::any::install_default_drivers();
        let dialect = address.dialect();
        if let DatabaseAddress::Sqlite(path) = address
            && let Some(folder) = path.parent()
        {
            std::fs::create_dir_all(folder).map_err(|error| unusable(address, &error))?;
        }
        let options = address
            .options()
            .map_err(|error| unusable(address, &error))?;
        let pool = AnyPoolOptions::new()
            .max_connections(match dialect {
                Dialect::Sqlite => SQLITE_CONNECTIONS,
                Dialect::Postgres => POSTGRES_CONNECTIONS,
            })
            .acquire_timeout(BUSY_TIMEOUT)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if dialect == Dialect::Sqlite {
                        connection.execute(SQLITE_SETTINGS).await?;
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await
            .map_err(|error| unusable(address, &error))?;
        Ok(Self { pool, dialect })
    }

    async fn migrate(&self, address: &DatabaseAddress) -> Result<(), MarketError> {
        let migrations = match self.dialect {
            Dialect::Sqlite => &SQLITE_MIGRATIONS,
            Dialect::Postgres => &POSTGRES_MIGRATIONS,
        };
        migrations.run(&self.pool).await.map_err(|error| {
            MarketError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "migration",
                format!("the tables of `{address}` can't be brought up to date: {error}"),
                "use the version of fapilog-market that wrote this database, or a newer one",
            )
        })
    }

    /// Which database it is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Begins a transaction that is going to write. On SQLite it waits for its turn here: one that
    /// reads first and is then to write would fail at once when another has written in between.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub async fn begin(&self) -> sqlx::Result<Transaction<'static, Any>> {
        match self.dialect {
            Dialect::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await,
            Dialect::Postgres => self.pool.begin().await,
        }
    }
}

fn unusable(address: &DatabaseAddress, cause: &dyn fmt::Display) -> MarketError {
    let (id, hint) = match address {
        DatabaseAddress::Sqlite(_) => (
            "data-folder",
            "choose a folder that you can write with `--data DIR`",
        ),
        DatabaseAddress::Postgres(_) => (
            "database",
            "check that the server runs and that user, password and name in `--database` are right",
        ),
    };
    MarketError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        id,
        format!("the database `{address}` can't be opened: {cause}"),
        hint,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let address = DatabaseAddress::parse("postgres://ada:s3cret@db.test/market").unwrap();
        assert_eq!(address.to_string(), "postgres://db.test/market");
        assert!(!format!("{address:?}").contains("s3cret"));
    }

    #[test]
    fn other_databases_are_refused_without_repeating_the_address() {
        for text in ["mysql://ada:s3cret@db/x", "sqlite:", "market.db", ""] {
            let message = DatabaseAddress::parse(text).unwrap_err();
            assert!(message.contains("postgres://") && !message.contains("s3cret"));
        }
    }

    #[tokio::test]
    async fn a_file_whose_name_needs_escaping_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b?c#d%20ü.sqlite3");
        let address = DatabaseAddress::Sqlite(path.clone());
        Database::open(&address).await.unwrap();
        assert!(path.exists());
    }
}
