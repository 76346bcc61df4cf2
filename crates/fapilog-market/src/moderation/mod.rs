//! What publishers, moderators and the judge do to what is published: yank, withdraw, quarantine,
//! restore, and the status of projects. Each with a reason, and noted with who did it: in the events
//! of the project, which webhooks are told of, and in the audit log. Owners get a note of what others
//! did.

mod acting;

use axum::http::StatusCode;
use sqlx::AnyConnection;

use crate::audit::Action;
use crate::clock;
use crate::database::Database;
use crate::error::MarketError;
use crate::index::{self, ProjectStatus};
use crate::notices;
use crate::queries::files::{self, FileRow, state};
use crate::queries::projects;
use crate::queries::release_events::{self, ReleaseEventRow};
use crate::queries::scans;
use crate::random;

pub use acting::{Acting, JUDGE, MAX_REASON_BYTES};

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

    fn action(self) -> Action {
        match self {
            Self::Yank => Action::ReleaseYanked,
            Self::Unyank => Action::ReleaseUnyanked,
            Self::Withdraw => Action::ReleaseWithdrawn,
            Self::Quarantine => Action::ReleaseQuarantined,
            Self::Restore => Action::ReleaseRestored,
        }
    }

    /// Whether users and publishers have to live with it: then it needs a reason.
    fn concerns_others(self) -> bool {
        !matches!(self, Self::Yank | Self::Unyank)
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

/// Does something to files. What was withdrawn can be restored and not be quarantined.
///
/// # Errors
///
/// `not-found` when there are no such files, `reason-missing`, `reason-too-long`.
pub async fn act(
    connection: &mut AnyConnection,
    target: &Target,
    act: Act,
    reason: &str,
    acting: &Acting,
) -> Result<(), MarketError> {
    acting.check_reason(reason, act.concerns_others())?;
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
                "there is no release `{}` of `{}` that can be {}",
                target.version,
                target.project,
                act.event()
            ),
            "look at the project's page for its versions",
        ));
    }
    let filename = target.filename.as_deref().unwrap_or_default();
    let about = (target.project.as_str(), target.version.as_str(), filename);
    note(&mut *connection, about, act.event(), reason, acting).await?;
    let scope = format!("{} {filename}", target.version);
    acting
        .event(act.action())
        .about_project(&target.project)
        .with(format!("{} {reason}", scope.trim()).trim())
        .record(&mut *connection)
        .await?;
    index::refresh(connection, &target.project).await
}

/// Sets the status of a project (PEP 792). A quarantined one hands out no file, an archived one takes
/// no upload.
///
/// # Errors
///
/// `not-found` when there is no such project, `quarantine` for publishers, `reason-missing`,
/// `reason-too-long`.
pub async fn set_status(
    database: &Database,
    project: &str,
    status: ProjectStatus,
    reason: &str,
    acting: &Acting,
) -> Result<(), MarketError> {
    acting.check_reason(reason, status != ProjectStatus::Active)?;
    let mut transaction = database.begin().await?;
    projects::lock(&mut transaction, project).await?;
    let before = projects::find(&mut *transaction, project).await?;
    let missing = || MarketError::not_found(format!("there is no project `{project}`"));
    let before = before.ok_or_else(missing)?;
    acting.check_status(ProjectStatus::parse(&before.status), status)?;
    let unchanged = before.status == status.to_string()
        && before.status_reason.as_deref().unwrap_or_default() == reason;
    if unchanged {
        return Ok(());
    }
    let reason_kept = Some(reason).filter(|reason| !reason.is_empty());
    projects::set_status(&mut transaction, project, &status.to_string(), reason_kept).await?;
    let event = format!("status-{status}");
    note(&mut transaction, (project, "", ""), &event, reason, acting).await?;
    acting
        .event(Action::ProjectStatusSet)
        .about_project(project)
        .with(format!("{status} {reason}").trim())
        .record(&mut *transaction)
        .await?;
    index::refresh(&mut transaction, project).await?;
    Ok(transaction.commit().await?)
}

async fn note(
    connection: &mut AnyConnection,
    (project, version, filename): (&str, &str, &str),
    event: &str,
    reason: &str,
    acting: &Acting,
) -> Result<(), MarketError> {
    let row = ReleaseEventRow {
        id: random::id()?,
        project: project.to_owned(),
        version: version.to_owned(),
        filename: filename.to_owned(),
        event: event.to_owned(),
        reason: reason.to_owned(),
        actor: acting.name().to_owned(),
        created_us: clock::now_us(),
    };
    tracing::info!(
        project,
        version,
        filename,
        event,
        actor = row.actor,
        "moderated"
    );
    release_events::insert(&mut *connection, &row).await?;
    if acting.is_news_to_owners() {
        notices::to_owners(connection, &row).await?;
    }
    Ok(())
}
