//! Severity of a record.

use std::fmt;
use std::sync::{OnceLock, PoisonError, RwLock};

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

/// Names that an application gave to numbers, for the life of the process.
static REGISTERED: [OnceLock<&'static str>; 256] = [const { OnceLock::new() }; 256];

/// Their numbers, to look for a name.
static NUMBERS: RwLock<Vec<Level>> = RwLock::new(Vec::new());

/// Longest name of a level, in bytes.
const MAX_NAME_BYTES: usize = 32;

/// A level cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterLevelError {
    /// The name is no identifier in ASCII, or too long.
    #[error("a name of a level has 1 to 32 letters, digits and underscores")]
    BadName,
    /// The name is that of another number.
    #[error("it is the name of level {0}")]
    NameTaken(u8),
    /// The number has another name.
    #[error("level {0} is named {1}")]
    NumberTaken(u8, &'static str),
}

impl Level {
    /// Gives a name to a number, for the whole process and for good; the same again is harmless.
    ///
    /// # Errors
    /// [`RegisterLevelError`].
    pub fn register(self, name: &str) -> Result<(), RegisterLevelError> {
        let name = name.to_ascii_uppercase();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let starts = name
            .bytes()
            .next()
            .is_some_and(|first| !first.is_ascii_digit());
        if !starts || name.len() > MAX_NAME_BYTES || !name.bytes().all(fits) {
            return Err(RegisterLevelError::BadName);
        }
        // Held to the end: two registrations at once must not both think they are the first.
        let mut numbers = NUMBERS.write().unwrap_or_else(PoisonError::into_inner);
        let same_name = |level: &&Self| level.name() == Some(&name);
        let known = Self::builtin(&name).or_else(|| numbers.iter().find(same_name).copied());
        match (known, self.name()) {
            (Some(other), _) if other != self => Err(RegisterLevelError::NameTaken(other.0)),
            (_, Some(other)) if other != name => {
                Err(RegisterLevelError::NumberTaken(self.0, other))
            }
            (Some(_), _) => Ok(()),
            (None, _) => {
                // Levels are few and stay for the life of the process.
                let _ = REGISTERED[usize::from(self.0)].set(Box::leak(name.into_boxed_str()));
                numbers.push(self);
                Ok(())
            }
        }
    }

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
            .or_else(|| REGISTERED[usize::from(self.0)].get().copied())
    }

    /// The level of that name, in any case (`info`, `INFO`); `WARN` and `FATAL` are accepted, too.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let upper = name.to_ascii_uppercase();
        Self::builtin(&upper).or_else(|| {
            let numbers = NUMBERS.read().unwrap_or_else(PoisonError::into_inner);
            let mut known = numbers.iter();
            known.find(|level| level.name() == Some(&upper)).copied()
        })
    }

    fn builtin(upper: &str) -> Option<Self> {
        let canonical = match upper {
            "WARN" => "WARNING",
            "FATAL" => "CRITICAL",
            other => other,
        };
        NAMED
            .iter()
            .find(|(_, known)| *known == canonical)
            .map(|(level, _)| *level)
    }

    /// Every name that comes with the engine, least severe first.
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
    use super::{Level, RegisterLevelError};

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
    fn a_registered_level_has_its_name_and_no_other() {
        let audit = Level::new(60);
        assert_eq!(audit.register("audit"), Ok(()));
        assert_eq!(audit.register("AUDIT"), Ok(()));
        assert_eq!(Level::from_name("Audit"), Some(audit));
        assert_eq!(audit.to_string(), "AUDIT");
        assert_eq!(
            audit.register("other"),
            Err(RegisterLevelError::NumberTaken(60, "AUDIT"))
        );
        assert_eq!(
            Level::new(61).register("audit"),
            Err(RegisterLevelError::NameTaken(60))
        );
        assert_eq!(
            Level::new(62).register("warn"),
            Err(RegisterLevelError::NameTaken(30))
        );
        assert_eq!(
            Level::new(63).register("no good"),
            Err(RegisterLevelError::BadName)
        );
        assert_eq!(Level::INFO.register("info"), Ok(()));
    }

    #[test]
    fn an_unknown_name_is_no_level() {
        assert_eq!(Level::from_name("LOUD"), None);
    }
}
