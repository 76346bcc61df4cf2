//! What is searched of a plugin, computed from its latest release within the transaction that changed
//! it.

use std::collections::BTreeSet;

use sqlx::AnyConnection;

use crate::clock;
use crate::downloads::counter::DAY_US;
use crate::queries::releases::kind;
use crate::queries::search::{self, DocumentRow, SourceRow};
use crate::queries::{downloads, publishers, reviews, scans};
use crate::rating::Stars;
use crate::search::document::{MAX_TEXT_BYTES, kinds_named};

/// Levels of publishers.
pub mod level {
    /// A moderator has verified who they are.
    pub const VERIFIED: &str = "verified";
    /// Everybody else.
    pub const COMMUNITY: &str = "community";
}

/// Days of downloads that count as popularity.
pub const POPULARITY_DAYS: i64 = 30;

/// Shortest description, in characters, that explains something.
const EXPLAINS: usize = 200;

/// Brings what is searched level with what was published, withdrawn, rated or downloaded. To be called
/// in the transaction that changed the project, after everything else.
///
/// # Errors
///
/// What the database reports.
pub async fn project_changed(connection: &mut AnyConnection, project: &str) -> sqlx::Result<()> {
    // Raised for the core too: which cores there are is part of the index. First, because it locks:
    // of two changes at the same time the second one reads what the first has written.
    let changed = search::tick(connection).await?;
    let source = search::source(connection, project).await?;
    match source.filter(|source| source.is_plugin == 1) {
        None => search::remove(connection, project, changed).await,
        Some(source) => {
            let row = row(connection, source).await?;
            search::put(connection, &row, changed).await
        }
    }
}

/// Brings what is searched level with who the publisher of some plugins is: verified, or not any more.
/// To be called in the transaction that changed it.
///
/// # Errors
///
/// What the database reports.
pub async fn publisher_changed(
    connection: &mut AnyConnection,
    publisher: &str,
) -> sqlx::Result<()> {
    for project in publishers::published_by(&mut *connection, publisher).await? {
        project_changed(&mut *connection, &project).await?;
    }
    Ok(())
}

async fn row(connection: &mut AnyConnection, source: SourceRow) -> sqlx::Result<DocumentRow> {
    let items = search::source_items(connection, &source.name, &source.latest_version).await?;
    let labels = |wanted: &str| -> Vec<&str> {
        let of_kind = items.iter().filter(|item| item.kind == wanted);
        of_kind.map(|item| item.label.as_str()).collect()
    };
    let entry_points = labels(kind::ENTRY_POINT).join(" ");
    let today = clock::now_us() / DAY_US;
    let downloads = downloads::since(connection, &source.name, today - POPULARITY_DAYS).await?;
    let mut stars = Stars::default();
    for (value, count) in reviews::stars(connection, &source.name).await? {
        stars.add(value, u64::try_from(count).unwrap_or(0));
    }
    let capabilities =
        scans::capabilities(connection, &source.name, &source.latest_version).await?;
    let capabilities = united(&capabilities);
    let keywords = format!("{} {entry_points}", source.keywords);
    Ok(DocumentRow {
        kinds: kinds_named(&keywords).join(" "),
        health: health(&source, !labels(kind::LINK).is_empty()),
        text: beginning(&source.description),
        version: source.latest_version,
        summary: source.summary,
        keywords,
        license: source.license,
        core_range: source.core_range,
        requires_python: source.requires_python,
        capabilities,
        publisher_level: match source.is_verified {
            0 => level::COMMUNITY,
            _ => level::VERIFIED,
        }
        .to_owned(),
        downloads,
        rating_milli: stars
            .mean()
            .map_or(0, |mean| (mean * 1000.0).round() as i64),
        ratings: i64::try_from(stars.ratings()).unwrap_or(i64::MAX),
        updated_us: source.updated_us,
        status: source.status,
        is_gone: 0,
        name: source.name,
    })
}

/// The words of all files, each once.
fn united(capabilities: &[String]) -> String {
    let words = capabilities
        .iter()
        .flat_map(|of_file| of_file.split_whitespace());
    let words: BTreeSet<&str> = words.collect();
    words.into_iter().collect::<Vec<_>>().join(" ")
}

/// How much of what a healthy release has is there: `docs/concepts/ranking.md` lists the points.
fn health(source: &SourceRow, has_links: bool) -> i64 {
    let has_text = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    let closed = source
        .core_range
        .as_ref()
        .is_some_and(|range| range.contains('<'));
    let points = [
        (!source.summary.is_empty(), 10),
        (source.description.chars().count() >= EXPLAINS, 25),
        (has_text(&source.license), 15),
        (has_links, 15),
        (has_text(&source.requires_python), 10),
        (closed, 10),
        (source.wheels > 0, 15),
    ];
    points
        .into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, points)| points)
        .sum()
}

fn beginning(text: &str) -> String {
    let mut end = text.len().min(MAX_TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_release_is_healthy_and_an_empty_one_is_not() {
        let whole = SourceRow {
            summary: "Sends records".into(),
            description: "x".repeat(EXPLAINS),
            license: Some("MIT".into()),
            requires_python: Some(">=3.10".into()),
            core_range: Some(">=3.0,<4.0".into()),
            wheels: 1,
            ..SourceRow::default()
        };
        assert_eq!(health(&whole, true), 100);
        assert_eq!(health(&SourceRow::default(), false), 0);
    }

    #[test]
    fn the_beginning_ends_between_characters() {
        assert!(beginning(&"é".repeat(MAX_TEXT_BYTES)).len() <= MAX_TEXT_BYTES);
    }
}
