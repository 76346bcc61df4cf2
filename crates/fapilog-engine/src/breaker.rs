//! A circuit breaker: a sink that keeps failing is left alone for a while.

use std::time::Instant;

use crate::lane::BreakerPolicy;

/// Opens after some failures in a row; after a while lets one attempt through, whose outcome
/// closes it or keeps it open for as long again.
#[derive(Debug)]
pub(crate) struct Breaker {
    policy: BreakerPolicy,
    failures: u32,
    open_until: Option<Instant>,
}

impl Breaker {
    pub(crate) fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            failures: 0,
            open_until: None,
        }
    }

    /// Whether an attempt may be made.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        self.open_until.is_none_or(|until| now >= until)
    }

    pub(crate) fn success(&mut self) {
        self.failures = 0;
        self.open_until = None;
    }

    /// Whether the circuit was closed and is open now.
    pub(crate) fn failure(&mut self, now: Instant) -> bool {
        self.failures = self.failures.saturating_add(1);
        if self.failures < self.policy.failures {
            return false;
        }
        self.open_until
            .replace(now + self.policy.open_for)
            .is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::Breaker;
    use crate::lane::BreakerPolicy;
    use std::time::{Duration, Instant};

    const POLICY: BreakerPolicy = BreakerPolicy {
        failures: 5,
        open_for: Duration::from_secs(5),
    };

    #[test]
    fn it_opens_after_failures_in_a_row_and_probes_later() {
        let mut breaker = Breaker::new(POLICY);
        let start = Instant::now();
        for number in 1..=POLICY.failures {
            assert!(breaker.admits(start));
            assert_eq!(breaker.failure(start), number == POLICY.failures);
        }
        assert!(!breaker.admits(start + POLICY.open_for - Duration::from_nanos(1)));
        let probe = start + POLICY.open_for;
        assert!(breaker.admits(probe));
        assert!(!breaker.failure(probe), "it was open already");
        assert!(!breaker.admits(probe));
        breaker.success();
        assert!(breaker.admits(probe));
    }

    #[test]
    fn a_success_in_between_starts_the_count_again() {
        let mut breaker = Breaker::new(POLICY);
        let start = Instant::now();
        for _ in 0..3 * POLICY.failures {
            breaker.failure(start);
            breaker.success();
        }
        assert!(breaker.admits(start));
    }
}
