//! What the pipeline has to say about itself: one line a finding on standard error, rate-limited,
//! never through the pipeline that it speaks about, and never waiting for a reader.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::standard_error;

/// A finding of the same key is repeated at the earliest after this time.
const REPEAT_AFTER: Duration = Duration::from_secs(10);

/// Keys remembered; beyond that all further keys share one limit.
const MAX_KEYS: usize = 256;

/// Longest line, in bytes: a plugin's error text may be of any size.
const MAX_LINE_BYTES: usize = 2048;

/// Says one line on standard error, for what has no pipeline to say it. Takes no lock.
pub fn say(message: &str) {
    let line = format!("fapilog: {}\n", one_line(message));
    standard_error::write_line(line.as_bytes());
}

/// Rate-limited findings of one pipeline.
#[derive(Debug, Default)]
pub struct Diagnostics {
    seen: Mutex<HashMap<String, Seen>>,
}

#[derive(Debug)]
struct Seen {
    last: Instant,
    suppressed: u64,
}

impl Diagnostics {
    /// Says `message` on standard error unless `key` spoke within the last 10 seconds; what was
    /// held back is counted in the next line of that key.
    ///
    /// `key` names the part and the fault, such as `sink acme: write failed`.
    pub fn report(&self, key: &str, message: &str) {
        let Some(suppressed) = self.admit(key, Instant::now()) else {
            return;
        };
        let mut line = format!("fapilog: {}", one_line(message));
        if suppressed > 0 {
            line.push_str(&format!(" (and {suppressed} more like it)"));
        }
        line.push('\n');
        standard_error::write_line(line.as_bytes());
    }

    /// How many were held back since the last one that was let through; `None` to hold this back.
    fn admit(&self, key: &str, now: Instant) -> Option<u64> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let key = if seen.len() >= MAX_KEYS && !seen.contains_key(key) {
            "…"
        } else {
            key
        };
        match seen.get_mut(key) {
            Some(entry) if now.duration_since(entry.last) < REPEAT_AFTER => {
                entry.suppressed += 1;
                None
            }
            Some(entry) => {
                entry.last = now;
                Some(std::mem::take(&mut entry.suppressed))
            }
            None => {
                let first = Seen {
                    last: now,
                    suppressed: 0,
                };
                seen.insert(key.to_owned(), first);
                Some(0)
            }
        }
    }
}

/// The message on one line of bounded length, without control characters.
fn one_line(message: &str) -> String {
    let mut line: String = message
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    if line.len() > MAX_LINE_BYTES {
        let end = (0..=MAX_LINE_BYTES)
            .rev()
            .find(|&at| line.is_char_boundary(at))
            .unwrap_or(0);
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{Diagnostics, MAX_KEYS, MAX_LINE_BYTES, REPEAT_AFTER, one_line};
    use std::time::Instant;

    #[test]
    fn a_repeated_finding_is_held_back_and_counted() {
        let diagnostics = Diagnostics::default();
        let start = Instant::now();
        assert_eq!(diagnostics.admit("a", start), Some(0));
        assert_eq!(diagnostics.admit("a", start), None);
        assert_eq!(diagnostics.admit("a", start), None);
        assert_eq!(diagnostics.admit("b", start), Some(0));
        assert_eq!(diagnostics.admit("a", start + REPEAT_AFTER), Some(2));
    }

    #[test]
    fn the_memory_for_keys_is_bounded() {
        let diagnostics = Diagnostics::default();
        let start = Instant::now();
        for key in 0..2 * MAX_KEYS {
            diagnostics.admit(&key.to_string(), start);
        }
        assert!(diagnostics.seen.lock().unwrap().len() <= MAX_KEYS + 1);
    }

    #[test]
    fn a_message_stays_one_short_line() {
        assert_eq!(one_line("a\nb\x1b[31m"), "a b [31m");
        assert!(one_line(&"é".repeat(MAX_LINE_BYTES)).len() <= MAX_LINE_BYTES + '…'.len_utf8());
    }
}
