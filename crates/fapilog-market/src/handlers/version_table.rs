//! The versions of a project, as its page shows them: which goes with which core, and what each one
//! changed.

use fapilog_package::name::ProjectName;

use crate::clock;
use crate::error::MarketError;
use crate::market::Market;
use crate::publish::rank;
use crate::queries::files::FileRow;
use crate::queries::releases::{self, ItemRow, ReleaseHead, ReleaseRow, kind};
use crate::search::cores::Cores;

/// A line of the table of versions.
#[derive(Debug)]
pub struct VersionRow {
    /// The version.
    pub version: String,
    /// Day of its first file.
    pub date: String,
    /// Whether it is the one that the page is about.
    pub is_shown: bool,
    /// Specifiers for the core, or empty.
    pub core_range: String,
    /// For each core, newest first, whether the version admits it.
    pub admits: Vec<bool>,
}

/// What is different from the version before.
#[derive(Debug, Default)]
pub struct Changes {
    /// The version before; absent for the first one.
    pub since: Option<String>,
    /// One line for each difference.
    pub lines: Vec<String>,
}

/// All releases, newest first.
///
/// # Errors
///
/// `internal`.
pub async fn sorted_heads(
    market: &Market,
    name: &ProjectName,
) -> Result<Vec<ReleaseHead>, MarketError> {
    let mut connection = market.database.acquire().await?;
    let mut heads = releases::heads(&mut connection, name.as_str()).await?;
    heads.sort_by_cached_key(|head| std::cmp::Reverse(rank(&head.version).1));
    Ok(heads)
}

/// The table.
#[must_use]
pub fn rows(
    heads: &[ReleaseHead],
    files: &[FileRow],
    cores: &Cores,
    shown: &str,
) -> Vec<VersionRow> {
    let row = |head: &ReleaseHead| {
        let first = files.iter().find(|file| file.version == head.version);
        let admitted = cores.admitted(head.core_range.as_deref());
        VersionRow {
            date: clock::date(first.map_or(0, |file| file.uploaded_us)),
            is_shown: head.version == shown,
            core_range: head.core_range.clone().unwrap_or_default(),
            admits: (0..cores.labels().len())
                .rev()
                .map(|at| admitted >> at & 1 == 1)
                .collect(),
            version: head.version.clone(),
        }
    };
    heads.iter().map(row).collect()
}

/// What changed in what the release declares, against the release before it.
///
/// # Errors
///
/// `internal`.
pub async fn changes(
    market: &Market,
    release: &ReleaseRow,
    items: &[ItemRow],
    heads: &[ReleaseHead],
) -> Result<Changes, MarketError> {
    let at = heads
        .iter()
        .position(|head| head.version == release.version);
    let Some(before) = at.and_then(|at| heads.get(at + 1)) else {
        return Ok(Changes::default());
    };
    let old = releases::items(&market.database, &release.project, &before.version).await?;
    let mut lines = Vec::new();
    for (kind, what) in [
        (kind::REQUIREMENT, "requires"),
        (kind::ENTRY_POINT, "offers"),
    ] {
        let text = |item: &ItemRow| match kind {
            kind::ENTRY_POINT => item.label.clone(),
            _ => item.value.clone(),
        };
        let of = |items: &[ItemRow]| -> Vec<String> {
            items
                .iter()
                .filter(|item| item.kind == kind)
                .map(text)
                .collect()
        };
        let (new, old) = (of(items), of(&old));
        let added = new.iter().filter(|line| !old.contains(line));
        lines.extend(added.map(|line| format!("Now {what} {line}")));
        let gone = old.iter().filter(|line| !new.contains(line));
        lines.extend(gone.map(|line| format!("No longer {what} {line}")));
    }
    Ok(Changes {
        since: Some(before.version.clone()),
        lines,
    })
}
