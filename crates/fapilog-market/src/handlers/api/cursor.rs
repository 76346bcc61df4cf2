//! Cursors: where the next page begins, in a form that nobody is tempted to count with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::MarketError;

/// Results on a page when nothing else is asked for.
pub const DEFAULT_LIMIT: usize = 20;
/// Most results on a page.
pub const MAX_LIMIT: usize = 100;

/// Writes a cursor.
#[must_use]
pub fn write(place: &str) -> String {
    URL_SAFE_NO_PAD.encode(place)
}

/// Reads a cursor that [`write`] made.
///
/// # Errors
///
/// `bad-cursor`.
pub fn read(cursor: &str) -> Result<String, MarketError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(wrong)
}

/// Reads a cursor that is a number of results to pass over.
///
/// # Errors
///
/// `bad-cursor`.
pub fn offset(cursor: Option<&str>) -> Result<usize, MarketError> {
    match cursor {
        None => Ok(0),
        Some(cursor) => read(cursor)?.parse().map_err(|_| wrong()),
    }
}

/// How many results a page is to have.
///
/// # Errors
///
/// `bad-limit`.
pub fn limit(given: Option<&str>) -> Result<usize, MarketError> {
    let Some(given) = given else {
        return Ok(DEFAULT_LIMIT);
    };
    let limit = given
        .parse()
        .ok()
        .filter(|limit| (1..=MAX_LIMIT).contains(limit));
    limit.ok_or_else(|| {
        let shown = fapilog_package::name::shorten(given);
        MarketError::bad_request(
            "bad-limit",
            format!("`limit` is `{shown}`, expected a number from 1 to {MAX_LIMIT}"),
            format!("leave it out for {DEFAULT_LIMIT}"),
        )
    })
}

/// The error for a cursor of somebody else.
#[must_use]
pub fn wrong() -> MarketError {
    MarketError::bad_request(
        "bad-cursor",
        "`cursor` isn't one that this server gave out",
        "take `next_cursor` from the page before, or leave it out for the first page",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_back_and_others_refused() {
        assert_eq!(offset(Some(&write("40"))).unwrap(), 40);
        assert_eq!(offset(None).unwrap(), 0);
        for wrong in ["", "40", "!!", &write("-1"), &write("x")] {
            assert_eq!(offset(Some(wrong)).unwrap_err().id, "bad-cursor", "{wrong}");
        }
    }

    #[test]
    fn limits_have_bounds() {
        assert_eq!(limit(Some("100")).unwrap(), 100);
        for wrong in ["0", "101", "-1", "x", ""] {
            assert_eq!(limit(Some(wrong)).unwrap_err().id, "bad-limit", "{wrong}");
        }
    }
}
