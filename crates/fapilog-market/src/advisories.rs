//! Known vulnerabilities of what is published. Each is told of once for each release: to webhooks, in
//! feeds, and to owners.

use std::str::FromStr as _;

use fapilog_package::Version;
use fapilog_package::name::ProjectName;
use sqlx::AnyConnection;

use crate::clock;
use crate::error::MarketError;
use crate::intake::scanner::Scanner;
use crate::moderation::JUDGE;
use crate::notices;
use crate::queries::advisories::{self, AdvisoryRow};
use crate::queries::release_events::{self, ReleaseEventRow};
use crate::random;

/// Most advisories of one release.
const MOST: usize = 100;

/// Longest summary in characters: one line of a feed.
const MAX_SUMMARY: usize = 300;

/// The advisories that touch a release, by the export that was read last: id and one line each.
#[must_use]
pub fn of_release(scanner: &Scanner, project: &str, version: &str) -> Vec<(String, String)> {
    let (Ok(name), Ok(version)) = (ProjectName::parse(project), Version::from_str(version)) else {
        return Vec::new();
    };
    let found = scanner.with_advisories(|database| {
        let about = database.about(&name);
        let touching = about.filter(|advisory| advisory.affects(&name, &version));
        let told = |text: &str| text.chars().take(MAX_SUMMARY).collect();
        touching
            .take(MOST)
            .map(|advisory| (advisory.id.clone(), told(&advisory.summary)))
            .collect()
    });
    found.unwrap_or_default()
}

/// Notes what touches a release and was not told of yet, within the transaction that judged it.
///
/// # Errors
///
/// `internal`.
pub async fn notice(
    connection: &mut AnyConnection,
    scanner: &Scanner,
    project: &str,
    version: &str,
) -> Result<(), MarketError> {
    for (advisory, summary) in of_release(scanner, project, version) {
        let row = AdvisoryRow {
            project: project.to_owned(),
            version: version.to_owned(),
            advisory,
            summary,
            noticed_us: clock::now_us(),
        };
        if advisories::insert(&mut *connection, &row).await? {
            tell(&mut *connection, row).await?;
        }
    }
    Ok(())
}

async fn tell(connection: &mut AnyConnection, row: AdvisoryRow) -> Result<(), MarketError> {
    tracing::info!(
        row.project,
        row.version,
        row.advisory,
        "touched by an advisory"
    );
    let event = ReleaseEventRow {
        id: random::id()?,
        event: "advisory".to_owned(),
        reason: row.line(),
        project: row.project,
        version: row.version,
        filename: String::new(),
        actor: JUDGE.to_owned(),
        created_us: row.noticed_us,
    };
    release_events::insert(&mut *connection, &event).await?;
    notices::to_owners(connection, &event).await
}
