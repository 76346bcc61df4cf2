//! How often something may be done: so many times in each window of time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::error::MarketError;

/// What a route counts against. Each class counts by itself, for each client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Nothing: cheap to answer, bounded by the number of connections.
    Free,
    /// Answers that cost a search.
    Search,
    /// The JSON interface.
    Api,
    /// Uploads.
    Upload,
    /// Changes that somebody makes who is known.
    Account,
    /// Whatever tries a secret or makes an account: passwords, codes, links, tokens of others.
    Credentials,
}

/// So many in so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Most within one window.
    pub count: u32,
    /// Length of a window.
    pub window_s: u32,
}

impl Budget {
    /// The beginning of the window that a moment falls into, in microseconds since 1970.
    #[must_use]
    pub const fn window_at(self, now_us: i64) -> i64 {
        let window_us = self.window_s as i64 * 1_000_000;
        now_us - now_us.rem_euclid(window_us)
    }
}

impl Limit {
    /// How much a client may; `None` when it isn't counted.
    #[must_use]
    pub const fn budget(self) -> Option<Budget> {
        let (count, window_s) = match self {
            Self::Free => return None,
            // Ten a second: more than people type, less than a crawler takes.
            Self::Search => (600, 60),
            Self::Api => (1200, 60),
            // A release of a large project has some 100 files.
            Self::Upload => (600, 60),
            Self::Account => (120, 60),
            // Guesses of a password, each hour 120: with lockouts far below what guessing needs.
            Self::Credentials => (20, 600),
        };
        Some(Budget { count, window_s })
    }
}

/// What is left after something was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Most within one window.
    pub limit: u32,
    /// How many more may be done; `None` when this one was too many.
    pub remaining: Option<u32>,
    /// When the window ends.
    pub reset_s: u32,
}

impl Count {
    /// The count after `used` uses within the window that `now_us` falls into.
    #[must_use]
    pub fn new(budget: Budget, used: u32, now_us: i64) -> Self {
        let window_us = i64::from(budget.window_s) * 1_000_000;
        let left_us = window_us - (now_us - budget.window_at(now_us));
        Self {
            limit: budget.count,
            remaining: budget.count.checked_sub(used),
            reset_s: u32::try_from(left_us.div_euclid(1_000_000) + 1).unwrap_or(u32::MAX),
        }
    }

    /// An error when this use was one too many.
    ///
    /// # Errors
    ///
    /// `rate-limit`.
    pub fn check(self) -> Result<(), MarketError> {
        if self.remaining.is_some() {
            return Ok(());
        }
        Err(MarketError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate-limit",
            format!("more than {} of these requests came from here", self.limit),
            format!("wait {} seconds and try again", self.reset_s),
        ))
    }

    /// Tells the client what is left.
    pub fn tell(self, response: &mut Response) {
        let headers = response.headers_mut();
        let number = |value: u32| HeaderValue::from(value);
        headers.insert("x-ratelimit-limit", number(self.limit));
        let remaining = self.remaining.unwrap_or_default();
        headers.insert("x-ratelimit-remaining", number(remaining));
        headers.insert("x-ratelimit-reset", number(self.reset_s));
        if self.remaining.is_none() {
            headers.insert(header::RETRY_AFTER, number(self.reset_s));
        }
    }
}

/// Most keys that are remembered; when there are more, ended windows are forgotten, then all.
const MAX_KEYS: usize = 100_000;

/// Counts of one process.
#[derive(Debug, Default)]
pub struct Counters(Mutex<HashMap<(Limit, String), (i64, u32)>>);

impl Counters {
    /// Counts one use.
    #[must_use]
    pub fn count(&self, limit: Limit, budget: Budget, key: &str, now_us: i64) -> Count {
        let window = budget.window_at(now_us);
        // Counts are right after any panic: each is written in one step.
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MAX_KEYS {
            counts.retain(|(other, _), (started, _)| *other != limit || *started == window);
            if counts.len() >= MAX_KEYS {
                counts.clear();
            }
        }
        let entry = counts.entry((limit, key.to_owned())).or_insert((window, 0));
        if entry.0 != window {
            *entry = (window, 0);
        }
        entry.1 = entry.1.saturating_add(1);
        Count::new(budget, entry.1, now_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget {
        count: 2,
        window_s: 10,
    };

    #[test]
    fn what_is_too_much_is_refused_until_the_window_ends() {
        let counters = Counters::default();
        let count = |key, now_s: i64| {
            let now_us = now_s * 1_000_000;
            counters
                .count(Limit::Account, BUDGET, key, now_us)
                .remaining
        };
        assert_eq!(count("a", 100), Some(1));
        assert_eq!(count("a", 101), Some(0));
        assert_eq!(count("a", 109), None);
        assert_eq!(count("b", 109), Some(1));
        assert_eq!(count("a", 110), Some(1));
    }

    #[test]
    fn who_is_refused_is_told_when_to_come_back() {
        let count = Count::new(BUDGET, 3, 104_000_000);
        let error = count.check().unwrap_err();
        assert_eq!(error.id, "rate-limit");
        assert_eq!(count.reset_s, 7);
        assert!(Count::new(BUDGET, 2, 0).check().is_ok());
    }
}
