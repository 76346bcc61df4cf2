//! How a lane treats its sink.

use std::time::Duration;

/// How much may wait in front of a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferBounds {
    /// Number of records.
    pub records: usize,
    /// Bytes, frames and their texts together.
    pub bytes: usize,
}

impl Default for BufferBounds {
    /// 16,384 records or 16 MiB.
    fn default() -> Self {
        Self {
            records: 16_384,
            bytes: 16 * 1024 * 1024,
        }
    }
}

/// How many records a sink is given at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchPolicy {
    /// At most so many records.
    pub records: usize,
    /// No further records once there are so many bytes.
    pub bytes: usize,
    /// How long the first one waits for others; zero gives what is there at once.
    pub delay: Duration,
}

impl Default for BatchPolicy {
    /// What is there, at once, up to 512 records or 256 KiB: about what the worker hands over at
    /// a time, so that a full batch is written from where it stands.
    fn default() -> Self {
        Self {
            records: 512,
            bytes: 256 * 1024,
            delay: Duration::ZERO,
        }
    }
}

/// What happens to records that a sink did not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often one record is tried before it is given up; at least 1.
    pub attempts: u32,
    /// Wait before the second attempt; doubles with each further one. Each wait is shortened by a
    /// random part of up to a quarter, so that many processes do not come back at once.
    pub first_delay: Duration,
    /// Longest wait between two attempts, also when a peer asks for more.
    pub longest_delay: Duration,
}

impl Default for RetryPolicy {
    /// 3 attempts, 50 ms and 100 ms apart; a peer may ask for up to 30 seconds.
    fn default() -> Self {
        Self {
            attempts: 3,
            first_delay: Duration::from_millis(50),
            longest_delay: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// The wait after the attempt of that number, the first being 1, with `chance` from 0 to 255.
    pub(crate) fn delay_after(&self, attempt: u32, chance: u8) -> Duration {
        let doubled = self
            .first_delay
            .saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
        let delay = doubled.min(self.longest_delay);
        delay - delay / 4 * u32::from(chance) / 255
    }
}

/// When a sink that keeps failing is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// Records given up in a row before the circuit opens; at least 1.
    pub failures: u32,
    /// How long it stays open before one attempt is made.
    pub open_for: Duration,
}

impl Default for BreakerPolicy {
    /// 5 failures, 5 seconds.
    fn default() -> Self {
        Self {
            failures: 5,
            open_for: Duration::from_secs(5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RetryPolicy;
    use std::time::Duration;

    #[test]
    fn waits_double_up_to_the_longest_and_vary_by_a_quarter() {
        let policy = RetryPolicy {
            attempts: 99,
            first_delay: Duration::from_millis(100),
            longest_delay: Duration::from_millis(300),
        };
        let delays = [1, 2, 3, 99].map(|attempt| policy.delay_after(attempt, 0).as_millis());
        assert_eq!(delays, [100, 200, 300, 300]);
        assert_eq!(policy.delay_after(1, 255).as_millis(), 75);
    }
}
