//! A circuit breaker: a sink that keeps failing is left alone for a while.

use std::time::{Duration, Instant};

/// Records given up in a row before the circuit opens.
const FAILURES: u32 = 5;

/// How long an open circuit stays open before one record is tried.
const OPEN_FOR: Duration = Duration::from_secs(5);

/// Opens after 5 failures in a row; after 5 seconds lets one attempt through, whose outcome closes
/// it or keeps it open for 5 more.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: u32,
    open_until: Option<Instant>,
}

impl Breaker {
    /// Whether an attempt may be made.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        self.open_until.is_none_or(|until| now >= until)
    }

    pub(crate) fn success(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn failure(&mut self, now: Instant) {
        self.failures += 1;
        if self.failures >= FAILURES {
            self.open_until = Some(now + OPEN_FOR);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Breaker, FAILURES, OPEN_FOR};
    use std::time::{Duration, Instant};

    #[test]
    fn it_opens_after_failures_in_a_row_and_probes_later() {
        let mut breaker = Breaker::default();
        let start = Instant::now();
        for _ in 0..FAILURES {
            assert!(breaker.admits(start));
            breaker.failure(start);
        }
        assert!(!breaker.admits(start + OPEN_FOR - Duration::from_nanos(1)));
        let probe = start + OPEN_FOR;
        assert!(breaker.admits(probe));
        breaker.failure(probe);
        assert!(!breaker.admits(probe));
        breaker.success();
        assert!(breaker.admits(probe));
    }

    #[test]
    fn a_success_in_between_starts_the_count_again() {
        let mut breaker = Breaker::default();
        let start = Instant::now();
        for _ in 0..3 * FAILURES {
            breaker.failure(start);
            breaker.success();
        }
        assert!(breaker.admits(start));
    }
}
