//! Time as the marketplace stores and shows it: microseconds since 1970, UTC.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Microseconds since 1970 now; 0 when the machine's clock stands before 1970.
#[must_use]
pub fn now_us() -> i64 {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX)
}

/// RFC 3339 with microseconds, as PEP 700 wants `upload-time`: `2026-11-23T01:02:03.000004Z`.
/// A time that no calendar holds is written as 1970.
#[must_use]
pub fn rfc3339(us: i64) -> String {
    at(us).strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// The day alone: `2026-11-23`.
#[must_use]
pub fn date(us: i64) -> String {
    at(us).strftime("%Y-%m-%d").to_string()
}

/// The second, for people: `2026-11-23 01:02:03 UTC`.
#[must_use]
pub fn second(us: i64) -> String {
    at(us).strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn at(us: i64) -> Timestamp {
    Timestamp::from_microsecond(us).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_are_written_right() {
        for (us, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (1_795_395_723_000_004, "2026-11-23T01:02:03.000004Z"),
            (4_107_542_399_999_999, "2100-02-28T23:59:59.999999Z"),
        ] {
            assert_eq!(rfc3339(us), text);
            assert_eq!(second(us), format!("{} UTC", text[..19].replace('T', " ")));
        }
    }
}
