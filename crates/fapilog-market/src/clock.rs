//! Time as the marketplace stores and shows it: microseconds since 1970, UTC.

use std::time::{SystemTime, UNIX_EPOCH};

/// Microseconds since 1970 now; 0 when the machine's clock stands before 1970.
#[must_use]
pub fn now_us() -> i64 {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX)
}

/// RFC 3339 with microseconds, as PEP 700 wants `upload-time`: `2026-11-23T01:02:03.000004Z`.
#[must_use]
pub fn rfc3339(us: i64) -> String {
    let (seconds, fraction) = (us.div_euclid(1_000_000), us.rem_euclid(1_000_000));
    let second = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!(
        "{}T{hour:02}:{minute:02}:{second:02}.{fraction:06}Z",
        date(us)
    )
}

/// The day alone: `2026-11-23`. Days to a civil date by 400-year eras that begin on 1 March, so
/// that the leap day comes last.
#[must_use]
pub fn date(us: i64) -> String {
    /// Days from 0000-03-01 to 1970-01-01.
    const EPOCH: i64 = 719_468;
    const ERA_DAYS: i64 = 146_097;
    let days = us.div_euclid(86_400_000_000) + EPOCH;
    let (era, day) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    let year_of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day_of_month:02}")
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
        }
    }
}
