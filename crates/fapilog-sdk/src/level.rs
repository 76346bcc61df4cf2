//! Severity of a record.

use std::fmt;

/// Severity of a record: the number that Python's `logging` has for it. Applications may have levels
/// of their own, with other numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(pub u8);

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

    /// The name, when it is one of those above.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::TRACE => "TRACE",
            Self::DEBUG => "DEBUG",
            Self::INFO => "INFO",
            Self::WARNING => "WARNING",
            Self::ERROR => "ERROR",
            Self::CRITICAL => "CRITICAL",
            _ => return None,
        })
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => formatter.pad(name),
            None => self.0.fmt(formatter),
        }
    }
}
