//! What was typed: its words in the index, written together where that helps, and what was taken for
//! words that nothing has.

use crate::search::expansion::{Expanded, expand};
use crate::search::segment::Segment;

/// What each word stands for; the last one may be unfinished.
#[must_use]
pub fn expanded(segments: &[&Segment], typed: &[String]) -> Vec<Expanded> {
    let last = typed.len().saturating_sub(1);
    let words = typed.iter().enumerate();
    words
        .map(|(at, word)| expand(segments, word, at == last))
        .collect()
}

/// The words with neighbours written together where that makes a word that is known.
#[must_use]
pub fn joined(segments: &[&Segment], typed: &[String]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in typed {
        let together = words.last().map(|before| format!("{before}{word}"));
        let known =
            together.filter(|one| segments.iter().any(|segment| segment.frequency(one) > 0));
        match (known, words.last_mut()) {
            (Some(together), Some(before)) => *before = together,
            _ => words.push(word.clone()),
        }
    }
    words
}

/// The names that a text may be: `splunk` is `fapilog-splunk` too.
#[must_use]
pub fn exact_names(text: &str) -> Vec<String> {
    let name: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let name = name.join("-");
    vec![format!("fapilog-{name}"), name]
}

/// For each word that had to be corrected the most frequent one that was taken.
#[must_use]
pub fn corrections(typed: &[String], expanded: &[Expanded]) -> Vec<(String, String)> {
    let pairs = typed.iter().zip(expanded).filter(|(_, one)| one.corrected);
    pairs
        .filter_map(|(typed, one)| Some((typed.clone(), one.words.first()?.word.clone())))
        .collect()
}
