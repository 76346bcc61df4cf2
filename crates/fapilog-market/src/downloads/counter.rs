//! Counters in memory: a download costs no write. They are written now and then and when the server
//! ends; what a killed server had not written is lost, which statistics can bear.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::downloads::Downloader;

/// Microseconds of a day.
pub const DAY_US: i64 = 86_400_000_000;

/// Most different counters that are held before they are written; more are not counted.
const MAX_COUNTERS: usize = 100_000;

/// What is counted apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Counted {
    /// Normalised project name.
    pub project: String,
    /// Version in PEP 440's normal form.
    pub version: String,
    /// Days since 1970, UTC.
    pub day: i64,
    /// Who downloaded.
    pub by: Downloader,
    /// Python version as `3.12`, or empty.
    pub python: String,
}

/// Counters since they were written last.
#[derive(Debug, Default)]
pub struct Counter(Mutex<HashMap<Counted, i64>>);

impl Counter {
    /// Counts one download.
    pub fn count(&self, counted: Counted) {
        let Ok(mut counters) = self.0.lock() else {
            return;
        };
        if counters.len() < MAX_COUNTERS || counters.contains_key(&counted) {
            *counters.entry(counted).or_default() += 1;
        }
    }

    /// Takes all counters out, to be written.
    #[must_use]
    pub fn take(&self) -> Vec<(Counted, i64)> {
        let Ok(mut counters) = self.0.lock() else {
            return Vec::new();
        };
        std::mem::take(&mut *counters).into_iter().collect()
    }

    /// Gives back what could not be written.
    pub fn give_back(&self, counts: Vec<(Counted, i64)>) {
        let Ok(mut counters) = self.0.lock() else {
            return;
        };
        for (counted, times) in counts {
            *counters.entry(counted).or_default() += times;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(project: &str, by: Downloader) -> Counted {
        Counted {
            project: project.to_owned(),
            version: "1.0".to_owned(),
            day: 20_000,
            by,
            python: "3.12".to_owned(),
        }
    }

    #[test]
    fn nothing_is_counted_twice_or_lost_when_writing_fails() {
        let counter = Counter::default();
        for _ in 0..3 {
            counter.count(counted("a", Downloader::Person));
        }
        counter.count(counted("a", Downloader::Ci));
        let taken = counter.take();
        assert!(counter.take().is_empty());
        counter.count(counted("a", Downloader::Person));
        counter.give_back(taken);
        let mut counts: Vec<i64> = counter.take().into_iter().map(|(_, times)| times).collect();
        counts.sort_unstable();
        assert_eq!(counts, [1, 4]);
    }
}
