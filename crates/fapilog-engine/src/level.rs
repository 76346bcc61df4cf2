//! Severity of a record.

use std::fmt;

/// Severity of a record: a number from 0 (least severe) to 255.
///
/// The named levels keep the numbers of Python's `logging` module, so that thresholds compare the
/// same way on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(u8);

/// Every named level, from least to most severe, with the name that records carry.
const NAMED: [(Level, &str); 6] = [
    (Level::TRACE, "TRACE"),
    (Level::DEBUG, "DEBUG"),
    (Level::INFO, "INFO"),
    (Level::WARNING, "WARNING"),
    (Level::ERROR, "ERROR"),
    (Level::CRITICAL, "CRITICAL"),
];

impl Level {
    /// Finer than debugging.
    pub const TRACE: Self = Self(5);
    /// For the people who write the application.
    pub const DEBUG: Self = Self(10);
    /// The normal course of events.
    pub const INFO: Self = Self(20);
    /// Something to look at, the request went on.
    pub const WARNING: Self = Self(30);
    /// A request or a task failed.
    pub const ERROR: Self = Self(40);
    /// The service itself is in danger.
    pub const CRITICAL: Self = Self(50);

    /// A level of that number; any number is a level.
    #[must_use]
    pub const fn new(number: u8) -> Self {
        Self(number)
    }

    /// The number, as in Python's `logging`.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The name that records carry; `None` for a number that has no name.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        NAMED
            .iter()
            .find(|(level, _)| *level == self)
            .map(|(_, name)| *name)
    }

    /// The level of that name, in any case (`info`, `INFO`); `WARN` and `FATAL` are accepted too.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let upper = name.to_ascii_uppercase();
        let canonical = match upper.as_str() {
            "WARN" => "WARNING",
            "FATAL" => "CRITICAL",
            other => other,
        };
        NAMED
            .iter()
            .find(|(_, known)| *known == canonical)
            .map(|(level, _)| *level)
    }

    /// Every name that [`Level::from_name`] documents, least severe first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|(_, name)| *name)
    }
}

/// Some of the levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LevelSet([u64; 4]);

impl LevelSet {
    /// Adds a level.
    pub fn insert(&mut self, level: Level) {
        self.0[usize::from(level.0 / 64)] |= 1 << (level.0 % 64);
    }

    /// Whether a level is in the set.
    #[must_use]
    pub const fn contains(&self, level: Level) -> bool {
        self.0[(level.0 / 64) as usize] & (1 << (level.0 % 64)) != 0
    }

    /// Whether no level is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }
}

impl FromIterator<Level> for LevelSet {
    fn from_iter<I: IntoIterator<Item = Level>>(levels: I) -> Self {
        let mut set = Self::default();
        levels.into_iter().for_each(|level| set.insert(level));
        set
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => formatter.write_str(name),
            None => write!(formatter, "LEVEL{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Level;

    #[test]
    fn every_name_leads_back_to_its_level() {
        for name in Level::names() {
            let level = Level::from_name(&name.to_lowercase()).expect(name);
            assert_eq!(level.to_string(), name);
        }
    }

    #[test]
    fn a_number_without_a_name_is_still_a_level() {
        assert_eq!(Level::new(25).to_string(), "LEVEL25");
        assert!(Level::new(25) > Level::INFO);
    }

    #[test]
    fn an_unknown_name_is_no_level() {
        assert_eq!(Level::from_name("LOUD"), None);
    }
}
