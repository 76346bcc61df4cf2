//! How long things take, in few numbers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Buckets: up to 1 µs, 2 µs, 4 µs … about 34 s, and everything above.
const BUCKETS: usize = 27;

/// Counts durations in buckets whose bounds double. Any thread may add; nothing is locked.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    total_ns: AtomicU64,
}

/// A histogram at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// How many durations were at most so many microseconds, but more than the bucket before:
    /// (bound, count), bounds rising; the last bound is `u64::MAX`. Empty buckets are left out.
    pub buckets: Vec<(u64, u64)>,
    /// Number of durations.
    pub count: u64,
    /// Their sum in nanoseconds.
    pub total_ns: u64,
}

impl Histogram {
    pub(crate) fn add(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        // Number of doublings from 1 µs up to a bound that is not below.
        let bucket = (u64::BITS - micros.saturating_sub(1).leading_zeros()) as usize;
        self.buckets[bucket.min(BUCKETS - 1)].fetch_add(1, Ordering::Relaxed);
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.total_ns.fetch_add(nanos, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Latency {
        let mut latency = Latency {
            total_ns: self.total_ns.load(Ordering::Relaxed),
            ..Latency::default()
        };
        for (index, bucket) in self.buckets.iter().enumerate() {
            let count = bucket.load(Ordering::Relaxed);
            let bound = if index + 1 == BUCKETS {
                u64::MAX
            } else {
                1 << index
            };
            if count > 0 {
                latency.buckets.push((bound, count));
            }
            latency.count += count;
        }
        latency
    }
}

#[cfg(test)]
mod tests {
    use super::Histogram;
    use std::time::Duration;

    #[test]
    fn a_duration_counts_at_the_first_bound_that_is_not_below_it() {
        let histogram = Histogram::default();
        for micros in [0, 1, 2, 3, 4, 1_000] {
            histogram.add(Duration::from_micros(micros));
        }
        histogram.add(Duration::from_secs(3_600));
        let latency = histogram.snapshot();
        assert_eq!(
            latency.buckets,
            [(1, 2), (2, 1), (4, 2), (1_024, 1), (u64::MAX, 1)]
        );
        assert_eq!(latency.count, 7);
    }
}
