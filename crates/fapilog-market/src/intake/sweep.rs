//! Removing what uploads that were rejected or cut off have left in the storage.

use crate::clock;
use crate::error::MarketError;
use crate::market::Market;
use crate::queries::uploads::{self, UploadRow};
use crate::storage::Location;

/// An upload that is still being stored after an hour was cut off: its process died.
const CUT_OFF_AFTER_US: i64 = 3_600_000_000;

/// Most uploads in one go.
const PORTION: i64 = 500;

/// Sweeps: the job.
///
/// # Errors
///
/// `internal`.
pub async fn run(market: &Market) -> Result<(), MarketError> {
    sweep(market, clock::now_us() - CUT_OFF_AFTER_US)
        .await
        .map(drop)
}

/// Removes what is left of uploads that were rejected, or cut off before a time; returns how many.
///
/// # Errors
///
/// `internal`.
pub async fn sweep(market: &Market, cut_off_before_us: i64) -> Result<usize, MarketError> {
    let mut swept = 0;
    loop {
        let rows = uploads::leftovers(&market.database, cut_off_before_us, PORTION).await?;
        if rows.is_empty() {
            return Ok(swept);
        }
        for row in &rows {
            remove(market, row).await?;
        }
        swept += rows.len();
    }
}

/// Removes the bytes of an upload, unless another one of the same file needs them.
///
/// # Errors
///
/// `internal`.
pub async fn remove(market: &Market, row: &UploadRow) -> Result<(), MarketError> {
    let location = Location {
        sha256: row.sha256.clone(),
        filename: row.filename.clone(),
    };
    // Bytes first: when this is broken off between the two, it is done again.
    let mut transaction = market.database.begin().await?;
    uploads::lock(&mut transaction, &row.filename).await?;
    if !uploads::bytes_are_needed(&mut transaction, row).await? {
        market
            .storage
            .remove(&location)
            .await
            .map_err(|error| MarketError::internal(&error))?;
    }
    uploads::forget(&mut transaction, &row.id).await?;
    uploads::unlock(&mut transaction, &row.filename).await?;
    Ok(transaction.commit().await?)
}
