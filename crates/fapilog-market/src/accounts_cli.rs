//! `fapilog-market account …`: what the operator does with accounts, without a password of their own.

use clap::Subcommand;

use crate::account_name::AccountName;
use crate::audit::{Action, Event};
use crate::clock;
use crate::database::Database;
use crate::error::MarketError;
use crate::handlers::moderation::SITE_ROLES;
use crate::handlers::sign_in::recover;
use crate::handlers::sign_in::sign_up::taken;
use crate::queries::users::{self, UserRow};
use crate::secret::{Secret, new_id};

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Make an account and print the link at which its password is set
    Create {
        /// The account's name
        name: String,
        /// Its role on the whole marketplace
        #[arg(long, value_name = "ROLE", default_value = "none", value_parser = SITE_ROLES)]
        role: String,
        /// Address under which people reach the server
        #[arg(
            long,
            value_name = "URL",
            env = "FAPILOG_MARKET_PUBLIC_URL",
            default_value = "http://127.0.0.1:8765"
        )]
        public_url: String,
    },
    /// Print a link at which an account's password is set anew; it works once, for 30 minutes
    Recover {
        /// The account's name
        name: String,
        /// Address under which people reach the server
        #[arg(
            long,
            value_name = "URL",
            env = "FAPILOG_MARKET_PUBLIC_URL",
            default_value = "http://127.0.0.1:8765"
        )]
        public_url: String,
    },
    /// Give an account a role on the whole marketplace
    Role {
        /// The account's name
        name: String,
        /// The role
        #[arg(value_parser = SITE_ROLES)]
        role: String,
    },
}

/// Runs a command and returns the line to print.
///
/// # Errors
///
/// `bad-account-name`, `reserved-account-name`, `account-name-taken`, `unknown-account`, `internal`.
pub async fn run(database: &Database, command: AccountCommand) -> Result<String, MarketError> {
    match command {
        AccountCommand::Create {
            name,
            role,
            public_url,
        } => {
            let user = create(database, &name, &role).await?;
            link(database, &user, &public_url).await
        }
        AccountCommand::Recover { name, public_url } => {
            let user = named(database, &name).await?;
            Event::by_operator(Action::RecoveryAsked)
                .about_user(&user.id)
                .record(&**database)
                .await?;
            link(database, &user, &public_url).await
        }
        AccountCommand::Role { name, role } => {
            let user = named(database, &name).await?;
            users::set_site_role(database, &user.id, &role).await?;
            Event::by_operator(Action::SiteRoleSet)
                .about_user(&user.id)
                .with(format!("{} {role}", user.name))
                .record(&**database)
                .await?;
            Ok(format!("{}: {role}", user.name))
        }
    }
}

async fn create(database: &Database, name: &str, role: &str) -> Result<UserRow, MarketError> {
    let user = UserRow {
        id: new_id()?,
        name: AccountName::parse(name)?.to_string(),
        email: String::new(),
        email_verified_us: None,
        password_hash: None,
        site_role: role.to_owned(),
        totp_secret: None,
        totp_step: 0,
        created_us: clock::now_us(),
        deleted_us: None,
    };
    let mut transaction = database.begin().await?;
    match users::insert(&mut transaction, &user).await {
        Ok(()) => {}
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            return Err(taken(&user.name));
        }
        Err(error) => return Err(error.into()),
    }
    Event::by_operator(Action::AccountCreated)
        .about_user(&user.id)
        .record(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(user)
}

async fn named(database: &Database, name: &str) -> Result<UserRow, MarketError> {
    let user = users::by_name(database, &name.to_lowercase()).await?;
    user.ok_or_else(|| {
        MarketError::bad_request(
            "unknown-account",
            format!(
                "there is no account `{}`",
                fapilog_package::name::shorten(name)
            ),
            "make one with `fapilog-market account create NAME`",
        )
    })
}

async fn link(
    database: &Database,
    user: &UserRow,
    public_url: &str,
) -> Result<String, MarketError> {
    let secret = Secret::generate()?;
    recover::store(database, public_url.trim_end_matches('/'), user, &secret).await
}
