//! The kinds of jobs.

use std::time::Duration;

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    /// Judges an upload and publishes or rejects it. Subject: the upload's id.
    Judge,
    /// Judges a published file again. Subject: the file's name.
    Rescan,
    /// Writes the index page of a project anew. Subject: the project's name.
    Reindex,
    /// Tells a webhook of an event. Subject: the delivery's id.
    Deliver,
    /// Sends somebody a note of an event. Subject: the event's id, a colon, the account's id.
    Notify,
    /// Removes what uploads that were cut off or rejected have left in the storage. Subject: empty.
    Sweep,
}

impl JobKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::Judge,
        Self::Rescan,
        Self::Reindex,
        Self::Deliver,
        Self::Notify,
        Self::Sweep,
    ];

    /// The name in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Judge => "judge",
            Self::Rescan => "rescan",
            Self::Reindex => "reindex",
            Self::Deliver => "deliver",
            Self::Notify => "notify",
            Self::Sweep => "sweep",
        }
    }

    /// Finds a kind by its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// How often a job is tried in all.
    #[must_use]
    pub fn max_attempts(self) -> i64 {
        match self {
            Self::Judge | Self::Rescan | Self::Notify => 6,
            Self::Reindex | Self::Sweep => 4,
            // The last one an hour and a half after the first.
            Self::Deliver => 8,
        }
    }

    /// Lower ones are taken first: somebody waits for an upload, nobody for a rescan.
    #[must_use]
    pub fn priority(self) -> i64 {
        match self {
            Self::Judge => 0,
            Self::Reindex => Self::AWAITED,
            Self::Deliver | Self::Notify => 7,
            Self::Rescan | Self::Sweep => 9,
        }
    }

    /// The least urgent priority of what somebody waits for.
    pub const AWAITED: i64 = 5;

    /// The least urgent priority of all.
    pub const ANY: i64 = i64::MAX;

    /// How long to wait after a failed attempt, the first being number 1.
    #[must_use]
    pub fn pause(self, attempt: i64) -> Duration {
        // One second, then four times as long each time, at most an hour.
        let power = u32::try_from(attempt.clamp(1, 7) - 1).unwrap_or(0);
        Duration::from_secs(4_u64.pow(power).min(3600))
    }
}
