//! Filling the catalogue from what is published: for databases that are older than it, and for
//! `fapilog-market reindex`.

use crate::catalogue::entry::project_changed;
use crate::database::Database;
use crate::error::MarketError;
use crate::queries::{projects, search};

/// Projects that are indexed in one transaction.
const AT_ONCE: usize = 200;

/// Fills the catalogue when it never was.
///
/// # Errors
///
/// `internal`.
pub async fn if_never_filled(database: &Database) -> Result<(), MarketError> {
    if search::clock(database).await? > 0 {
        return Ok(());
    }
    again(database).await.map(drop)
}

/// Computes what is searched of every project anew; returns how many there are.
///
/// # Errors
///
/// `internal`.
pub async fn again(database: &Database) -> Result<usize, MarketError> {
    let names = projects::all_names(database).await?;
    for some in names.chunks(AT_ONCE) {
        let mut transaction = database.begin().await?;
        for name in some {
            project_changed(&mut transaction, name).await?;
        }
        transaction.commit().await?;
    }
    Ok(names.len())
}
