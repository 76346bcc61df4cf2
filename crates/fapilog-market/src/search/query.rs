//! What is asked of the catalogue.

use crate::search::facets::Facet;

/// Longest text in characters that is looked at.
pub const MAX_TEXT_CHARACTERS: usize = 100;
/// Most words of a text that are looked at.
pub const MAX_WORDS: usize = 8;
/// Results that can be reached by turning pages; nobody reads as many, but crawlers would ask for them.
pub const MAX_RESULTS: usize = 1_000;

/// The order of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// What fits best.
    #[default]
    Relevance,
    /// Most downloads of the last 30 days.
    Downloads,
    /// Newest release.
    Updated,
    /// Best rating.
    Rating,
    /// By the alphabet.
    Name,
}

impl Sort {
    /// All orders, the default first.
    pub const ALL: [Self; 5] = [
        Self::Relevance,
        Self::Downloads,
        Self::Updated,
        Self::Rating,
        Self::Name,
    ];

    /// The word in addresses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Relevance => "relevance",
            Self::Downloads => "downloads",
            Self::Updated => "updated",
            Self::Rating => "rating",
            Self::Name => "name",
        }
    }

    /// The order that a word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.word() == word)
    }
}

/// A query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// What was typed.
    pub text: String,
    /// What results must have; values of one facet are alternatives.
    pub filters: Vec<(Facet, String)>,
    /// Their order.
    pub sort: Sort,
    /// How many results are passed over.
    pub offset: usize,
    /// How many results are wanted.
    pub limit: usize,
}

impl Query {
    /// The text as it is looked for: trimmed and cut.
    #[must_use]
    pub fn shown_text(text: &str) -> String {
        let clean = text.chars().filter(|c| !c.is_control());
        let cut: String = clean.take(MAX_TEXT_CHARACTERS).collect();
        cut.trim().to_owned()
    }
}
