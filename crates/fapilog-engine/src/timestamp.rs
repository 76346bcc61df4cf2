//! Time of a record: microseconds since the Unix epoch, written as RFC 3339 in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

/// Length of the text form, `2026-11-23T09:08:07.654321Z`, in bytes.
pub const TEXT_BYTES: usize = 27;

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// Latest time with a four-digit year, the limit of RFC 3339; later ones are written as this one.
const LAST_MICROS: i64 = 253_402_300_799 * MICROS_PER_SECOND + 999_999;

/// The present, in microseconds since the Unix epoch. A clock before 1970 counts as 1970.
#[must_use]
pub fn now_micros() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| {
            i64::try_from(elapsed.as_micros()).unwrap_or(LAST_MICROS)
        })
}

/// Writes times and remembers the last second written: records come in bursts, and a second's
/// first 20 bytes (`2026-11-23T09:08:07.`) cost most of the work.
#[derive(Debug)]
pub struct TimestampWriter {
    second: i64,
    text: [u8; TEXT_BYTES],
}

impl Default for TimestampWriter {
    fn default() -> Self {
        let mut writer = Self {
            second: 0,
            text: *b"0000-00-00T00:00:00.000000Z",
        };
        writer.write_second(0);
        writer
    }
}

impl TimestampWriter {
    /// The text of `micros` since the epoch. Times before 1970 or after 9999 are clamped.
    pub fn text(&mut self, micros: i64) -> &[u8; TEXT_BYTES] {
        let fraction = self.seek(micros);
        self.text[20..].copy_from_slice(&fraction);
        &self.text
    }

    /// Appends the text of `micros` since the epoch. The two parts are not put together before:
    /// to read what was written in pieces a moment ago costs more than to write it.
    pub(crate) fn push(&mut self, micros: i64, out: &mut Vec<u8>) {
        let fraction = self.seek(micros);
        out.extend_from_slice(&self.text[..20]);
        out.extend_from_slice(&fraction);
    }

    /// Writes the second if it is another one, and returns the rest of the text.
    fn seek(&mut self, micros: i64) -> [u8; 7] {
        let micros = micros.clamp(0, LAST_MICROS);
        let second = micros / MICROS_PER_SECOND;
        if second != self.second {
            self.write_second(second);
        }
        fraction(u32::try_from(micros % MICROS_PER_SECOND).unwrap_or(0))
    }

    fn write_second(&mut self, second: i64) {
        let (year, month, day) = civil_date(second / SECONDS_PER_DAY);
        let time = second % SECONDS_PER_DAY;
        put_digits(&mut self.text[0..4], year);
        put_digits(&mut self.text[5..7], month);
        put_digits(&mut self.text[8..10], day);
        put_digits(&mut self.text[11..13], time / 3600);
        put_digits(&mut self.text[14..16], time / 60 % 60);
        put_digits(&mut self.text[17..19], time % 60);
        self.second = second;
    }
}

/// Six digits and the letter of UTC.
fn fraction(micros: u32) -> [u8; 7] {
    let [a, b] = two_digits(micros / 10_000);
    let [c, d] = two_digits(micros / 100 % 100);
    let [e, f] = two_digits(micros % 100);
    [a, b, c, d, e, f, b'Z']
}

/// A number below 100.
fn two_digits(number: u32) -> [u8; 2] {
    let digit = |number| b'0' + u8::try_from(number % 10).unwrap_or(0);
    [digit(number / 10), digit(number)]
}

/// Writes the last `digits.len()` decimal digits of a number that is not negative.
fn put_digits(digits: &mut [u8], mut number: i64) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
}

/// Year, month and day of a day number since 1970-01-01 in the proleptic Gregorian calendar.
///
/// The calendar repeats every 146,097 days (400 years); counting from 1 March puts the leap day
/// last, so that months follow from the day of the year by one linear formula.
fn civil_date(days_since_epoch: i64) -> (i64, i64, i64) {
    const DAYS_FROM_MARCH_OF_YEAR_0: i64 = 719_468;
    let days = days_since_epoch + DAYS_FROM_MARCH_OF_YEAR_0;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::{LAST_MICROS, TimestampWriter};

    fn text(micros: i64) -> String {
        String::from_utf8(TimestampWriter::default().text(micros).to_vec()).unwrap()
    }

    #[test]
    fn known_times_have_their_text() {
        assert_eq!(text(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(text(951_782_400_000_001), "2000-02-29T00:00:00.000001Z");
        assert_eq!(text(1_709_251_199_999_999), "2024-02-29T23:59:59.999999Z");
        assert_eq!(text(4_107_542_400_000_000), "2100-03-01T00:00:00.000000Z");
    }

    #[test]
    fn times_out_of_range_are_clamped() {
        assert_eq!(text(-1), "1970-01-01T00:00:00.000000Z");
        assert_eq!(text(i64::MAX), "9999-12-31T23:59:59.999999Z");
        assert_eq!(text(LAST_MICROS), "9999-12-31T23:59:59.999999Z");
    }

    #[test]
    fn the_remembered_second_never_leaks_into_another() {
        let mut writer = TimestampWriter::default();
        writer.text(1_709_251_199_999_999);
        assert_eq!(
            writer.text(1_709_251_200_000_002),
            b"2024-03-01T00:00:00.000002Z"
        );
        assert_eq!(
            writer.text(1_709_251_199_000_000),
            b"2024-02-29T23:59:59.000000Z"
        );
    }

    #[test]
    fn days_count_up_by_one_through_four_centuries() {
        let mut previous = text(0)[..10].to_owned();
        for day in 1..146_097 {
            let current = text(day * 86_400_000_000)[..10].to_owned();
            assert!(current > previous, "{previous} then {current}");
            previous = current;
        }
        assert_eq!(previous, "2369-12-31");
    }
}
