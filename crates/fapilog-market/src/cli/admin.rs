//! `fapilog-market admin`: moderation and jobs, by whoever can read the database.

use std::str::FromStr as _;

use clap::Subcommand;
use fapilog_package::Version;
use fapilog_package::name::ProjectName;

use crate::cli::{Place, print};
use crate::config::Config;
use crate::error::MarketError;
use crate::index::ProjectStatus;
use crate::moderation::{self, Act, Acting, Target};
use crate::queries::{jobs, uploads};

/// Most uploads that are listed.
const LISTED: i64 = 50;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Yank, withdraw, quarantine or restore a release
    Release {
        /// Where everything is kept.
        #[command(flatten)]
        place: Place,
        /// What to do
        act: Act,
        /// The project
        project: String,
        /// The release
        // `version` is the option that every command has.
        #[arg(id = "release", value_name = "VERSION")]
        version: String,
        /// Why, in words that its publisher and its users read
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
    },
    /// Set the status of a project: a quarantined one hands out no files, an archived one takes none
    Project {
        /// Where everything is kept.
        #[command(flatten)]
        place: Place,
        /// The new status
        status: ProjectStatus,
        /// The project
        project: String,
        /// Why, in words that its publisher and its users read
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
    },
    /// List the newest uploads to a project and their verdicts
    Uploads {
        /// Where everything is kept.
        #[command(flatten)]
        place: Place,
        /// The project
        project: String,
    },
    /// List all jobs
    Jobs {
        /// Where everything is kept.
        #[command(flatten)]
        place: Place,
    },
    /// Have failed jobs tried again
    RetryJobs {
        /// Where everything is kept.
        #[command(flatten)]
        place: Place,
    },
}

impl Admin {
    pub(super) async fn run(self) -> Result<(), MarketError> {
        match self {
            Self::Release {
                place,
                act,
                project,
                version,
                reason,
            } => {
                let target = target(&project, &version)?;
                let database = place.open().await?;
                let mut transaction = database.begin().await?;
                let acting = Acting::operator();
                moderation::act(&mut transaction, &target, act, &reason, &acting).await?;
                transaction.commit().await?;
                print("done")
            }
            Self::Project {
                place,
                status,
                project,
                reason,
            } => {
                let name = ProjectName::parse(&project)?;
                let database = place.open().await?;
                let acting = Acting::operator();
                moderation::set_status(&database, name.as_str(), status, &reason, &acting).await?;
                print("done")
            }
            Self::Uploads { place, project } => list_uploads(place, &project).await,
            Self::Jobs { place } => list_jobs(place).await,
            Self::RetryJobs { place } => {
                let database = place.open().await?;
                let mut transaction = database.begin().await?;
                let now_us = crate::clock::now_us();
                let count = jobs::retry_failed(&mut transaction, now_us).await?;
                transaction.commit().await?;
                print(&format!("{count} jobs are tried again"))
            }
        }
    }
}

fn target(project: &str, version: &str) -> Result<Target, MarketError> {
    let name = ProjectName::parse(project)?;
    // As it is stored; what is no version is looked for as it is, and not found.
    let version = Version::from_str(version).map_or(version.to_owned(), |it| it.to_string());
    Ok(Target::release(name.as_str(), &version))
}

async fn list_uploads(place: Place, project: &str) -> Result<(), MarketError> {
    let name = ProjectName::parse(project)?;
    let database = place.open().await?;
    for row in uploads::of_project(&database, name.as_str(), LISTED).await? {
        let when = crate::clock::rfc3339(row.uploaded_us);
        print(&format!(
            "{when}  {:<11}  {}  {}",
            row.state, row.id, row.filename
        ))?;
        let reasons: Vec<serde_json::Value> =
            serde_json::from_str(&row.reasons).unwrap_or_default();
        for reason in reasons {
            let message = reason["message"].as_str().unwrap_or_default();
            print(&format!("    {message}"))?;
        }
    }
    Ok(())
}

async fn list_jobs(place: Place) -> Result<(), MarketError> {
    let address = Config::from(place).database_address();
    let database = crate::database::Database::open(&address).await?;
    print("state    kind      attempts  subject  error")?;
    for row in jobs::all(&database).await? {
        let error = row.error.unwrap_or_default();
        print(&format!(
            "{:<8} {:<9} {:>3} of {:<2} {}  {error}",
            row.state, row.kind, row.attempts, row.max_attempts, row.subject
        ))?;
    }
    Ok(())
}
