//! How often an account may do something in a day, counted by all replicas together.

use crate::clock;
use crate::error::MarketError;
use crate::market::Market;
use crate::queries::rate_counts;
use crate::rate_limit::Budget;

/// Seconds of a day.
const DAY_S: u32 = 24 * 3600;

/// Counts one use of an account; `false` when it was more than `most` since midnight (UTC).
///
/// # Errors
///
/// `internal`.
pub async fn count(
    market: &Market,
    what: &str,
    user_id: &str,
    most: u32,
) -> Result<bool, MarketError> {
    let budget = Budget {
        count: most,
        window_s: DAY_S,
    };
    let key = format!("{what}:{user_id}");
    let window = budget.window_at(clock::now_us());
    let used = rate_counts::count(&market.database, &key, window).await?;
    Ok(used <= i64::from(most))
}
