//! The words that are typed, and what each of them starts.

mod admin;
mod file;
mod place;
mod serve;
mod token;

use std::io::Write as _;
use std::path::PathBuf;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::accounts_cli::{self, AccountCommand};
use crate::backup;
use crate::config::Config;
use crate::database::Database;
use crate::error::MarketError;
use crate::index;
use crate::market::Market;
use crate::queries::projects;
use crate::server;
use crate::storage::{Sharing, Storage};

pub use place::Place;
pub use serve::Serve;

/// Pages that `reindex` writes in one transaction: others that want to write wait for so long.
const PAGES_AT_ONCE: usize = 200;

/// The fapilog marketplace: a Python package index and a catalogue of plugins in one server.
#[derive(Debug, Parser)]
#[command(name = "fapilog-market", version, propagate_version = true)]
pub struct Arguments {
    /// TOML file with settings; its keys are the names of the options, without dashes in front.
    /// Options and variables go before it
    #[arg(
        long,
        value_name = "FILE",
        env = "FAPILOG_MARKET_CONFIG",
        global = true
    )]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the index and the pages until SIGTERM or SIGINT
    Serve(Serve),
    /// Do jobs without serving, beside replicas on one PostgreSQL
    Worker(Serve),
    /// Bring the database's tables up to date and end
    Migrate(Place),
    /// Write all pages of the index anew
    Reindex(Place),
    /// Write all rows and files into a new folder; may be done while a server runs
    Backup(BackupFolder),
    /// Put a backup into an empty database and storage, of either kind
    Restore(BackupFolder),
    /// Make, list and revoke upload tokens
    #[command(subcommand)]
    Token(token::Token),
    /// Make accounts, let people back in, and say who runs the place
    Account {
        /// Where everything is kept.
        #[command(flatten)]
        place: Place,
        /// What to do.
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// Moderate what is published, and look after jobs
    #[command(subcommand)]
    Admin(admin::Admin),
}

/// Arguments of `backup` and `restore`.
#[derive(Debug, clap::Args)]
pub struct BackupFolder {
    /// Where everything is kept.
    #[command(flatten)]
    pub place: Place,
    /// The backup
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
}

impl Arguments {
    /// Reads the arguments of this process, the environment, and the file that they name. Ends the
    /// process when help was asked for or an argument is wrong.
    ///
    /// # Errors
    ///
    /// `config-file` when the file or a value in it is wrong.
    pub fn read() -> Result<Self, MarketError> {
        let mut command = Self::command();
        if let Some(path) = file::named(std::env::args_os()) {
            command = file::apply(command, &path)?;
        }
        let matches = command.get_matches();
        Self::from_arg_matches(&matches).map_err(|error| MarketError::internal(&error))
    }
}

/// Runs a command.
///
/// # Errors
///
/// What the command reports, to be shown with its hint.
pub async fn run(arguments: Arguments) -> Result<(), MarketError> {
    start_logging();
    match arguments.command {
        Command::Serve(serve) => server::serve(Config::try_from(serve)?).await,
        Command::Worker(serve) => server::work(Config::try_from(serve)?).await,
        Command::Migrate(place) => {
            let address = Config::from(place).database_address();
            Database::open(&address).await?;
            print(&format!("{address} is up to date"))
        }
        Command::Reindex(place) => reindex(Config::from(place)).await,
        Command::Backup(wanted) => take_backup(wanted).await,
        Command::Restore(wanted) => restore(wanted).await,
        Command::Token(token) => token.run().await,
        Command::Account { place, command } => {
            print(&accounts_cli::run(&place.open().await?, command).await?)
        }
        Command::Admin(admin) => admin.run().await,
    }
}

async fn reindex(config: Config) -> Result<(), MarketError> {
    let market = Market::open(config).await?;
    let names = projects::all_names(&market.database).await?;
    for some in names.chunks(PAGES_AT_ONCE) {
        let mut transaction = market.database.begin().await?;
        for name in some {
            projects::lock(&mut transaction, name).await?;
            index::refresh(&mut transaction, name).await?;
        }
        transaction.commit().await?;
    }
    print(&format!("{} pages written", names.len()))
}

async fn take_backup(wanted: BackupFolder) -> Result<(), MarketError> {
    let config = Config::from(wanted.place);
    let database = Database::open(&config.database_address()).await?;
    // A server may run here: nothing is locked, and nothing swept.
    let storage = Storage::open(&config.data, &config.storage, Sharing::Shared)?;
    let counts = backup::take(&database, &storage, &wanted.folder).await?;
    print(&format!(
        "{} rows and {} files backed up",
        counts.rows, counts.files
    ))
}

async fn restore(wanted: BackupFolder) -> Result<(), MarketError> {
    let config = Config::from(wanted.place);
    let storage = Storage::open(&config.data, &config.storage, config.sharing())?;
    let database = Database::open(&config.database_address()).await?;
    let counts = backup::restore(&database, &storage, &wanted.folder).await?;
    print(&format!(
        "{} rows and {} files restored",
        counts.rows, counts.files
    ))
}

/// JSON lines on standard error; `FAPILOG_MARKET_LOG` chooses what is told, as in
/// `FAPILOG_MARKET_LOG=debug`.
fn start_logging() {
    let filter = EnvFilter::try_from_env("FAPILOG_MARKET_LOG");
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_env_filter(filter.unwrap_or_else(|_| EnvFilter::new("info")))
        .init();
}

/// Prints a line on standard output.
fn print(line: &str) -> Result<(), MarketError> {
    writeln!(std::io::stdout(), "{line}").map_err(|error| MarketError::internal(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_arguments_of_a_command_have_one_name() {
        Arguments::command().debug_assert();
    }
}
