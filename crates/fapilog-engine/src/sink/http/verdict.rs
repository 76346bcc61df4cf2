//! What an answer means for the records that were sent.

use std::time::{Duration, SystemTime};

use super::super::Retry;

/// Longest excerpt of an answer in a diagnostic, in characters.
const EXCERPT_CHARS: usize = 200;

/// What to do after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The records arrived.
    Taken,
    /// The body was too large: send fewer records.
    TooLarge,
    /// The records did not arrive.
    Refused(Retry),
}

/// The meaning of a status, with the value of `Retry-After` if there was one.
pub(super) fn verdict(status: u16, retry_after: Option<&str>, now: SystemTime) -> Verdict {
    match status {
        200..=299 => Verdict::Taken,
        413 => Verdict::TooLarge,
        429 | 503 => {
            let asked = retry_after.and_then(|text| wait_of(text, now));
            Verdict::Refused(asked.map_or(Retry::Backoff, Retry::After))
        }
        408 | 425 | 500..=599 => Verdict::Refused(Retry::Backoff),
        // Redirects too: records would go where nobody said, and with them their secrets.
        _ => Verdict::Refused(Retry::Never),
    }
}

/// The wait that `Retry-After` asks for (RFC 9110 section 10.2.3): seconds or a date.
fn wait_of(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number too large to be read is longer than any policy allows.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// The beginning of an answer as a diagnostic may show it: on one line, secrets left out.
pub(super) fn excerpt(answer: &[u8], secrets: &[String]) -> String {
    let mut text = String::from_utf8_lossy(answer).into_owned();
    for secret in secrets {
        text = text.replace(secret.as_str(), "****");
    }
    let plain: String = text
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    match plain.char_indices().nth(EXCERPT_CHARS) {
        Some((end, _)) => format!("{}…", &plain[..end]),
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict, excerpt, verdict};
    use crate::sink::Retry;
    use proptest::prelude::*;
    use std::time::{Duration, SystemTime};

    fn of(status: u16, retry_after: Option<&str>) -> Verdict {
        verdict(status, retry_after, SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn each_status_has_its_meaning() {
        let after = |seconds| Verdict::Refused(Retry::After(Duration::from_secs(seconds)));
        for status in [200, 201, 202, 204] {
            assert_eq!(of(status, None), Verdict::Taken);
        }
        assert_eq!(of(413, Some("5")), Verdict::TooLarge);
        assert_eq!(of(429, Some("5")), after(5));
        assert_eq!(of(503, Some(" 7 ")), after(7));
        assert_eq!(of(503, Some("Thu, 01 Jan 1970 00:00:09 GMT")), after(9));
        assert_eq!(of(429, Some("soon")), Verdict::Refused(Retry::Backoff));
        assert_eq!(of(429, Some("-1")), Verdict::Refused(Retry::Backoff));
        assert_eq!(of(429, Some(&"9".repeat(40))), after(u64::MAX));
        for status in [408, 425, 500, 502, 503, 504] {
            assert_eq!(of(status, None), Verdict::Refused(Retry::Backoff));
        }
        for status in [301, 302, 307, 400, 401, 403, 404, 410, 422] {
            assert_eq!(of(status, Some("1")), Verdict::Refused(Retry::Never));
        }
    }

    #[test]
    fn a_date_that_has_passed_means_now() {
        let later = SystemTime::UNIX_EPOCH + Duration::from_secs(99);
        let verdict = verdict(503, Some("Thu, 01 Jan 1970 00:00:09 GMT"), later);
        assert_eq!(verdict, Verdict::Refused(Retry::After(Duration::ZERO)));
    }

    #[test]
    fn an_excerpt_shows_no_secret() {
        let secrets = ["hunter2".to_owned()];
        assert_eq!(
            excerpt(b"no: \x1b[31m hunter2\n!", &secrets),
            "no: [31m **** !"
        );
    }

    proptest! {
        #[test]
        fn an_excerpt_is_short_and_on_one_line(answer in any::<Vec<u8>>()) {
            let text = excerpt(&answer.repeat(9), &[]);
            prop_assert!(text.chars().count() <= 201);
            prop_assert!(!text.chars().any(char::is_control));
        }
    }
}
