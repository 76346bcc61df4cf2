//! What a webhook may want to know of.

/// Kinds of events, as their owners choose them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// A file of a version was published.
    Published,
    /// A file was rejected by the judge.
    Rejected,
    /// Files can be had no longer, or again: yanked, withdrawn, quarantined, restored; the status of
    /// the project.
    Availability,
    /// A published version is touched by an advisory.
    Advisory,
}

impl Topic {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 4] = [
        Self::Published,
        Self::Availability,
        Self::Advisory,
        Self::Rejected,
    ];

    /// The word in forms and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Rejected => "rejected",
            Self::Availability => "availability",
            Self::Advisory => "advisory",
        }
    }

    /// The topic that a word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.word() == word)
    }

    /// What people read.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Published => "New versions: a file was published",
            Self::Rejected => "Rejections: a file did not pass the judge",
            Self::Availability => {
                "Availability: yanked, withdrawn, quarantined or restored; the project's status"
            }
            Self::Advisory => "Advisories: a version has a known vulnerability",
        }
    }

    /// The topic of an event; `None` for what is nobody's business.
    #[must_use]
    pub fn of(event: &str) -> Option<Self> {
        match event {
            "published" => Some(Self::Published),
            "rejected" => Some(Self::Rejected),
            "yanked" | "unyanked" | "withdrawn" | "quarantined" | "cleared" | "restored" => {
                Some(Self::Availability)
            }
            "advisory" => Some(Self::Advisory),
            status if status.starts_with("status-") => Some(Self::Availability),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_its_topic_and_unknown_ones_none() {
        assert_eq!(Topic::of("published"), Some(Topic::Published));
        assert_eq!(Topic::of("rejected"), Some(Topic::Rejected));
        assert_eq!(Topic::of("quarantined"), Some(Topic::Availability));
        assert_eq!(Topic::of("status-archived"), Some(Topic::Availability));
        assert_eq!(Topic::of("advisory"), Some(Topic::Advisory));
        assert_eq!(Topic::of("looked-at"), None);
        // No word is part of another one: they are searched for within a list of words.
        for one in Topic::ALL {
            let within = |other: &Topic| other.word().contains(one.word());
            assert_eq!(Topic::ALL.iter().filter(|other| within(other)).count(), 1);
        }
    }
}
