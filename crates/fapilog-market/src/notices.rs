//! Notes to people of what others did to their projects: each is a job, put in by the transaction
//! that did it, so that none is lost and none tells of what never happened. Without a mail server, or
//! a verified address, nobody gets one; pages and webhooks tell the same.

use sqlx::AnyConnection;

use crate::error::MarketError;
use crate::jobs::{self, JobError, JobKind};
use crate::market::Market;
use crate::queries::jobs::JobRow;
use crate::queries::release_events::{self, ReleaseEventRow};
use crate::queries::users;

/// Has the owners of an event's project be told of it.
///
/// # Errors
///
/// `internal`.
pub async fn to_owners(
    connection: &mut AnyConnection,
    event: &ReleaseEventRow,
) -> Result<(), MarketError> {
    let owners = users::owners_with_mail(&mut *connection, &event.project).await?;
    put(connection, event, &owners).await
}

/// Has moderators and administrators be told of an event.
///
/// # Errors
///
/// `internal`.
pub async fn to_moderators(
    connection: &mut AnyConnection,
    event: &ReleaseEventRow,
) -> Result<(), MarketError> {
    let moderators = users::moderators_with_mail(&mut *connection).await?;
    put(connection, event, &moderators).await
}

/// One job for each, so that one who can't be reached keeps nobody else waiting.
async fn put(
    connection: &mut AnyConnection,
    event: &ReleaseEventRow,
    people: &[String],
) -> Result<(), MarketError> {
    for person in people {
        // Whoever is owner and moderator has one job, and gets one note.
        let subject = format!("{}:{person}", event.id);
        let payload = serde_json::json!({});
        jobs::put(&mut *connection, JobKind::Notify, &subject, &payload).await?;
    }
    Ok(())
}

/// Sends the note that a job names.
///
/// # Errors
///
/// What may work another time.
pub async fn run(market: &Market, job: &JobRow) -> Result<(), JobError> {
    let Some((event, person)) = job.subject.split_once(':') else {
        return Err(JobError::Never("it names nobody".to_owned()));
    };
    let event = release_events::find(&market.database, event).await?;
    let person = users::find(&market.database, person).await?;
    let person = person.filter(|person| person.email_verified_us.is_some());
    let (Some(event), Some(person)) = (event, person) else {
        return Ok(());
    };
    let note = Note::of(market, &event);
    let sent = market
        .outbox
        .deliver(&person.email, &note.subject, &note.text);
    sent.await.map_err(JobError::Again)
}

/// A message.
struct Note {
    subject: String,
    text: String,
}

impl Note {
    fn of(market: &Market, event: &ReleaseEventRow) -> Self {
        let what = match event.filename.as_str() {
            "" => format!("{} {}", event.project, event.version),
            filename => filename.to_owned(),
        };
        let (what, url) = (what.trim(), &market.public_url);
        let happened = match event.event.as_str() {
            "advisory" => "has a known vulnerability".to_owned(),
            "cleared" => "passes the rules of today; a moderator may restore it".to_owned(),
            event => match event.strip_prefix("status-") {
                Some(status) => format!("has the status {status} now"),
                None => format!("was {event}"),
            },
        };
        let why = match event.reason.as_str() {
            "" => String::new(),
            reason => format!("\n\n    {reason}"),
        };
        Self {
            subject: format!("{what} {happened}"),
            text: format!(
                "On {url}, {what} {happened}.{why}\n\nOwners see more at {url}/manage/{project}, \
                 moderators at {url}/moderation/projects/{project}.\n",
                project = event.project
            ),
        }
    }
}
