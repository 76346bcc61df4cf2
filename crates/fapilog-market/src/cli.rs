//! The words that are typed, and what each of them starts.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::accounts_cli::{self, AccountCommand};
use crate::audit::{Action, Event};
use crate::clock;
use crate::config::Config;
use crate::database::{Database, DatabaseAddress};
use crate::error::MarketError;
use crate::oidc_sign_in::OidcProvider;
use crate::outbound::OutboundPolicy;
use crate::outbox::MailServer;
use crate::queries::tokens;
use crate::server;
use crate::token::{PREFIX, Scope, Token};

/// The fapilog marketplace: a Python package index and a catalogue of plugins in one server.
#[derive(Debug, Parser)]
#[command(name = "fapilog-market", version, propagate_version = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the index and the pages until SIGTERM or SIGINT
    Serve(Serve),
    /// Make, list and revoke upload tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Make accounts, let people back in, and say who runs the place
    Account {
        /// Where everything is kept.
        #[command(flatten)]
        data: DataFolder,
        /// What to do.
        #[command(subcommand)]
        command: AccountCommand,
    },
}

/// Where the marketplace keeps everything.
#[derive(Debug, clap::Args)]
pub struct DataFolder {
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
}

impl DataFolder {
    async fn open(self) -> Result<Database, MarketError> {
        Database::open(&Config::from(self).database_address()).await
    }
}

impl From<DataFolder> for Config {
    fn from(folder: DataFolder) -> Self {
        let mut config = Self::new(folder.data);
        config.database = folder.database;
        config
    }
}

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Where everything is kept.
    #[command(flatten)]
    pub data: DataFolder,
    /// Address to listen on; port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "FAPILOG_MARKET_LISTEN",
        default_value = "127.0.0.1:8765"
    )]
    pub listen: SocketAddr,
    /// Address under which clients reach this server, shown in install commands [default: the
    /// address it listens on]
    #[arg(long, value_name = "URL", env = "FAPILOG_MARKET_PUBLIC_URL", value_parser = parse_url)]
    pub public_url: Option<String>,
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
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it, this one time only
    Create {
        /// Where everything is kept.
        #[command(flatten)]
        data: DataFolder,
        /// What the token is for, to tell it from others
        #[arg(long, value_name = "TEXT")]
        label: String,
        /// The one project that the token may upload to, or `*` for all
        #[arg(long, value_name = "NAME", default_value = "*")]
        project: String,
    },
    /// List all tokens, without their secrets
    List {
        /// Where everything is kept.
        #[command(flatten)]
        data: DataFolder,
    },
    /// Revoke a token at once
    Revoke {
        /// Where everything is kept.
        #[command(flatten)]
        data: DataFolder,
        /// The token's id, as `token list` shows it
        id: String,
    },
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

/// Runs a command.
///
/// # Errors
///
/// What the command reports, to be shown with its hint.
pub async fn run(arguments: Arguments) -> Result<(), MarketError> {
    start_logging();
    match arguments.command {
        Command::Serve(serve) => {
            let mut config = Config::from(serve.data);
            config.listen = serve.listen;
            config.public_url = serve.public_url;
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
            server::serve(config).await
        }
        Command::Token(TokenCommand::Create {
            data,
            label,
            project,
        }) => create(&data.open().await?, label, &project).await,
        Command::Account { data, command } => {
            print(&accounts_cli::run(&data.open().await?, command).await?)
        }
        Command::Token(TokenCommand::List { data }) => list(&data.open().await?).await,
        Command::Token(TokenCommand::Revoke { data, id }) => revoke(&data.open().await?, &id).await,
    }
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

async fn create(database: &Database, label: String, project: &str) -> Result<(), MarketError> {
    let scope = Scope::parse(project)?;
    let token = Token::generate()?;
    let row = token.operator_row(&label, &scope, clock::now_us());
    tokens::insert(database, &row).await?;
    Event::by_operator(Action::TokenMade)
        .with(format!("{} for {scope}", row.id))
        .record(&**database)
        .await?;
    print(&token.reveal())
}

async fn list(database: &Database) -> Result<(), MarketError> {
    print("id            project               created     state    label")?;
    let now_us = clock::now_us();
    for row in tokens::all(database).await? {
        let state = if row.revoked_us.is_some() {
            "revoked"
        } else if row
            .expires_us
            .is_some_and(|expires_us| expires_us <= now_us)
        {
            "expired"
        } else {
            "valid"
        };
        let created = clock::date(row.created_us);
        let label = fapilog_package::name::shorten(&row.label);
        print(&format!(
            "{:<13} {:<21} {created}  {state:<8} {label}",
            row.id, row.project
        ))?;
    }
    Ok(())
}

async fn revoke(database: &Database, given: &str) -> Result<(), MarketError> {
    // People paste the whole token when they have it; its id is enough.
    let id = given
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split('_').next())
        .unwrap_or(given);
    if tokens::revoke(database, id, clock::now_us()).await? {
        Event::by_operator(Action::TokenRevoked)
            .with(id)
            .record(&**database)
            .await?;
        return print("revoked");
    }
    let shown = fapilog_package::name::shorten(id);
    Err(MarketError::bad_request(
        "unknown-token",
        format!("there is no valid token with the id `{shown}`"),
        "list all tokens with `fapilog-market token list`",
    ))
}

fn print(line: &str) -> Result<(), MarketError> {
    writeln!(std::io::stdout(), "{line}").map_err(|error| MarketError::internal(&error))
}
