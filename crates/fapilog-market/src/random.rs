//! Random ids.

use crate::error::MarketError;

/// 128 random bits in hexadecimal: they neither collide nor can be guessed.
///
/// # Errors
///
/// `internal` when the system's source of randomness fails.
pub fn id() -> Result<String, MarketError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| MarketError::internal(&error))?;
    Ok(hex::encode(bytes))
}
