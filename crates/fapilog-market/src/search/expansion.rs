//! What a typed word stands for: itself, what begins with it, and what it was probably meant to be.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::LazyLock;

use fst::automaton::Str;
use fst::{Automaton, IntoStreamer as _, Streamer as _};
use levenshtein_automata::{DFA, LevenshteinAutomatonBuilder};

use crate::search::segment::Segment;

/// Most words that one typed word may stand for; the most frequent ones.
const MAX_EXPANSIONS: usize = 48;
/// Shortest typed word that is completed.
const MIN_PREFIX: usize = 2;
/// Shortest typed word in which one error is forgiven.
const MIN_ONE_ERROR: usize = 4;
/// Shortest typed word in which two errors are forgiven.
const MIN_TWO_ERRORS: usize = 8;

/// What the completion of a word counts beside the word itself; more of it typed counts more.
const PREFIX_QUALITY: f32 = 0.85;
/// What a word with one error counts.
const ONE_ERROR_QUALITY: f32 = 0.6;
/// What a word with two errors counts.
const TWO_ERRORS_QUALITY: f32 = 0.35;

static ONE_ERROR: LazyLock<LevenshteinAutomatonBuilder> =
    LazyLock::new(|| LevenshteinAutomatonBuilder::new(1, true));
static TWO_ERRORS: LazyLock<LevenshteinAutomatonBuilder> =
    LazyLock::new(|| LevenshteinAutomatonBuilder::new(2, true));

/// A word that the index knows, for one that was typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Expansion {
    /// The word.
    pub word: String,
    /// What a match of it counts, up to 1.
    pub quality: f32,
}

/// What was found for a typed word.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expanded {
    /// The words.
    pub words: Vec<Expansion>,
    /// Whether errors had to be forgiven.
    pub corrected: bool,
}

/// Finds what a typed word stands for. Errors are forgiven only where nothing is spelt so; the last
/// word of a query may be the beginning of one.
#[must_use]
pub fn expand(segments: &[&Segment], typed: &str, is_last: bool) -> Expanded {
    let mut found: BTreeMap<String, (f32, usize)> = BTreeMap::new();
    let exact: usize = segments.iter().map(|one| one.frequency(typed)).sum();
    if exact > 0 {
        found.insert(typed.to_owned(), (1.0, usize::MAX));
    }
    let length = typed.chars().count();
    if is_last && length >= MIN_PREFIX {
        let quality = |word: &str| {
            let typed_part = length as f32 / word.chars().count().max(1) as f32;
            PREFIX_QUALITY * (0.4 + 0.6 * typed_part)
        };
        collect(
            segments,
            || Str::new(typed).starts_with(),
            quality,
            &mut found,
        );
    }
    let mut corrected = false;
    for (least, builder, quality) in [
        (MIN_ONE_ERROR, &ONE_ERROR, ONE_ERROR_QUALITY),
        (MIN_TWO_ERRORS, &TWO_ERRORS, TWO_ERRORS_QUALITY),
    ] {
        if found.is_empty() && length >= least {
            let dfa = || -> DFA { builder.build_dfa(typed) };
            collect(segments, dfa, |_| quality, &mut found);
            if found.is_empty() && is_last {
                let dfa = || -> DFA { builder.build_prefix_dfa(typed) };
                collect(segments, dfa, |_| quality * PREFIX_QUALITY, &mut found);
            }
            corrected = !found.is_empty();
        }
    }
    Expanded {
        words: most_frequent(found),
        corrected,
    }
}

/// Adds the most frequent words that an automaton accepts. Only those are copied: the beginning of a
/// word can stand for half of the dictionary.
fn collect<A: Automaton>(
    segments: &[&Segment],
    automaton: impl Fn() -> A,
    quality: impl Fn(&str) -> f32,
    found: &mut BTreeMap<String, (f32, usize)>,
) {
    for segment in segments {
        let mut best: BinaryHeap<Reverse<(usize, String)>> = BinaryHeap::new();
        let mut stream = segment.dictionary().search(automaton()).into_stream();
        while let Some((word, list)) = stream.next() {
            let frequency = segment.frequency_of(list);
            let least = best.peek().map_or(0, |Reverse((least, _))| *least);
            if best.len() >= MAX_EXPANSIONS && frequency <= least {
                continue;
            }
            if let Ok(word) = std::str::from_utf8(word) {
                best.push(Reverse((frequency, word.to_owned())));
            }
            if best.len() > MAX_EXPANSIONS {
                best.pop();
            }
        }
        for Reverse((frequency, word)) in best {
            let quality = quality(&word);
            let known = found.entry(word).or_insert((quality, 0));
            known.1 = known.1.saturating_add(frequency);
        }
    }
}

fn most_frequent(found: BTreeMap<String, (f32, usize)>) -> Vec<Expansion> {
    let mut all: Vec<_> = found.into_iter().collect();
    all.sort_by(|a, b| b.1.1.cmp(&a.1.1).then(a.0.cmp(&b.0)));
    all.truncate(MAX_EXPANSIONS);
    all.into_iter()
        .map(|(word, (quality, _))| Expansion { word, quality })
        .collect()
}
