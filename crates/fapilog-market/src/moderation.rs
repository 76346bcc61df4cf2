//! What publishers and moderators do to what is published: yank, withdraw, quarantine, restore, and
//! the status of projects. Each with a reason, and noted with who did it.

use axum::http::StatusCode;
use sqlx::AnyConnection;

use crate::clock;
use crate::database::Database;
use crate::error::MarketError;
use crate::index::{self, ProjectStatus};
use crate::queries::files::{self, FileRow, state};
use crate::queries::projects;
use crate::queries::release_events::{self, ReleaseEventRow};
use crate::queries::scans;
use crate::random;

/// What is done to files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Act {
    /// Installers pass over it unless it is asked for by its exact version (PEP 592).
    Yank,
    /// Takes a yank back.
    Unyank,
    /// Takes it out of the index for good; its name is never used again.
    Withdraw,
    /// Takes it out of the index until it is looked into.
    Quarantine,
    /// Puts what was withdrawn or quarantined back into the index.
    Restore,
}

impl Act {
    fn event(self) -> &'static str {
        match self {
            Self::Yank => "yanked",
            Self::Unyank => "unyanked",
            Self::Withdraw => "withdrawn",
            Self::Quarantine => "quarantined",
            Self::Restore => "restored",
        }
    }
}

/// The files that something is done to: a release, or one file of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Normalised project name.
    pub project: String,
    /// Version in PEP 440's normal form.
    pub version: String,
    /// One file only.
    pub filename: Option<String>,
}

impl Target {
    /// A whole release.
    #[must_use]
    pub fn release(project: &str, version: &str) -> Self {
        Self {
            project: project.to_owned(),
            version: version.to_owned(),
            filename: None,
        }
    }

    /// One file.
    #[must_use]
    pub fn file(row: &FileRow) -> Self {
        Self {
            project: row.project.clone(),
            version: row.version.clone(),
            filename: Some(row.filename.clone()),
        }
    }
}

/// Does something to files.
///
/// # Errors
///
/// `not-found` when there are no such files.
pub async fn act(
    connection: &mut AnyConnection,
    target: &Target,
    act: Act,
    reason: &str,
    actor: &str,
) -> Result<(), MarketError> {
    projects::lock(&mut *connection, &target.project).await?;
    let scope = files::Scope {
        project: &target.project,
        version: &target.version,
        filename: target.filename.as_deref(),
    };
    let touched = match act {
        Act::Yank => files::set_yanked(&mut *connection, &scope, Some(reason)).await?,
        Act::Unyank => files::set_yanked(&mut *connection, &scope, None).await?,
        Act::Withdraw => {
            files::set_state(&mut *connection, &scope, state::WITHDRAWN, Some(reason)).await?
        }
        Act::Quarantine => {
            files::set_state(&mut *connection, &scope, state::QUARANTINED, Some(reason)).await?
        }
        Act::Restore => {
            scans::accept(&mut *connection, &target.project, &target.version).await?;
            files::set_state(&mut *connection, &scope, state::LISTED, None).await?
        }
    };
    if touched == 0 {
        return Err(MarketError::new(
            StatusCode::NOT_FOUND,
            "not-found",
            format!(
                "there is no release `{}` of `{}`",
                target.version, target.project
            ),
            "look at the project's page for its versions",
        ));
    }
    let filename = target.filename.as_deref().unwrap_or_default();
    let about = (target.project.as_str(), target.version.as_str(), filename);
    note(&mut *connection, about, act.event(), reason, actor).await?;
    index::refresh(connection, &target.project).await
}

/// Sets the status of a project (PEP 792). A quarantined one hands out no file, an archived one takes
/// no upload.
///
/// # Errors
///
/// `not-found` when there is no such project.
pub async fn set_status(
    database: &Database,
    project: &str,
    status: ProjectStatus,
    reason: &str,
    actor: &str,
) -> Result<(), MarketError> {
    let mut transaction = database.begin().await?;
    let name = status.to_string();
    let reason_kept = Some(reason).filter(|reason| !reason.is_empty());
    if !projects::set_status(&mut transaction, project, &name, reason_kept).await? {
        return Err(MarketError::not_found(format!(
            "there is no project `{project}`"
        )));
    }
    let event = format!("status-{status}");
    note(&mut transaction, (project, "", ""), &event, reason, actor).await?;
    index::refresh(&mut transaction, project).await?;
    Ok(transaction.commit().await?)
}

async fn note(
    connection: &mut AnyConnection,
    (project, version, filename): (&str, &str, &str),
    event: &str,
    reason: &str,
    actor: &str,
) -> Result<(), MarketError> {
    let row = ReleaseEventRow {
        id: random::id()?,
        project: project.to_owned(),
        version: version.to_owned(),
        filename: filename.to_owned(),
        event: event.to_owned(),
        reason: reason.to_owned(),
        actor: actor.to_owned(),
        created_us: clock::now_us(),
    };
    tracing::info!(project, version, filename, event, actor, "moderated");
    Ok(release_events::insert(connection, &row).await?)
}
