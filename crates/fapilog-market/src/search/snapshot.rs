//! The index at one moment: a large segment, a small one with what changed since, and the search in
//! both.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::search::bits::Bits;
use crate::search::cores::Cores;
use crate::search::document::Document;
use crate::search::expansion::Expanded;
use crate::search::facets::{Facet, FacetCount, in_order};
use crate::search::query::{MAX_RESULTS, MAX_WORDS, Query, Sort};
use crate::search::ranking::{EXACT_NAME_FACTOR, rarity};
use crate::search::segment::{Facts, Segment};
use crate::search::{typing, words};

/// Matches of a segment that are ranked by the text: those of the highest standing, and as many of
/// the highest standing with a word of the query in their name. More would change nothing that
/// anybody looks at, and this bounds the time.
const CANDIDATES: usize = MAX_RESULTS;

/// What a result loses for each word of the query that it lacks, when nothing has all of them.
const MISSING_WORD_FACTOR: f32 = 0.4;

/// The index at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    base: Arc<Segment>,
    overlay: Arc<Segment>,
    /// Documents of the base that are still as they were.
    alive: Arc<Bits>,
    cores: Arc<Cores>,
    /// State of the catalogue's clock in the database.
    pub clock: i64,
}

/// A result.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The plugin's name.
    pub name: String,
    /// By what it was ordered among the relevant.
    pub score: f32,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// The results that were asked for.
    pub hits: Vec<Hit>,
    /// How many there are in all.
    pub total: usize,
    /// How many each narrowing would leave.
    pub facets: Vec<(Facet, Vec<FacetCount>)>,
    /// Words that nothing has, and what was taken instead.
    pub corrections: Vec<(String, String)>,
    /// Whether no plugin has all words, so that those with some are shown.
    pub partial: bool,
}

impl Snapshot {
    /// An index over all documents.
    ///
    /// # Errors
    ///
    /// As [`Segment::build`].
    pub fn new(
        documents: Vec<Document>,
        cores: Cores,
        clock: i64,
        now_us: i64,
    ) -> Result<Self, fst::Error> {
        let base = Segment::build(documents, &cores, now_us)?;
        let overlay = Segment::build(Vec::new(), &cores, now_us)?;
        Ok(Self {
            alive: Arc::new(Bits::full(base.len())),
            base: Arc::new(base),
            overlay: Arc::new(overlay),
            cores: Arc::new(cores),
            clock,
        })
    }

    /// The same with everything that changed since the base was built; `gone` are names that left.
    ///
    /// # Errors
    ///
    /// As [`Segment::build`].
    pub fn with_changes(
        &self,
        changed: Vec<Document>,
        gone: &[String],
        clock: i64,
        now_us: i64,
    ) -> Result<Self, fst::Error> {
        let mut alive = Bits::full(self.base.len());
        let names = changed.iter().map(|document| &document.name).chain(gone);
        for number in names.filter_map(|name| self.base.number(name)) {
            alive.remove(number);
        }
        let overlay = Segment::build(changed, &self.cores, now_us)?;
        Ok(Self {
            base: Arc::clone(&self.base),
            overlay: Arc::new(overlay),
            alive: Arc::new(alive),
            cores: Arc::clone(&self.cores),
            clock,
        })
    }

    /// How many plugins there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.alive.count() + self.overlay.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The series of the core that facets name.
    #[must_use]
    pub fn cores(&self) -> &Cores {
        &self.cores
    }

    /// Answers a query.
    #[must_use]
    pub fn search(&self, query: &Query) -> Found {
        let segments = [&*self.base, &*self.overlay];
        let text = Query::shown_text(&query.text);
        let mut typed = words::of_query(&text);
        if typed.is_empty() && !text.is_empty() {
            // Signs alone: no plugin has them.
            typed.push(text);
        }
        typed.truncate(MAX_WORDS);
        let is_empty = |matched: &[Bits]| matched.iter().all(|bits| bits.count() == 0);
        let mut expanded = typing::expanded(&segments, &typed);
        let mut matched = self.matched(&expanded, false);
        let mut partial = false;
        if typed.len() > 1 && is_empty(&matched) {
            // `fast api` may be `fastapi`.
            let joined = typing::joined(&segments, &typed);
            if joined.len() < typed.len() {
                typed = joined;
                expanded = typing::expanded(&segments, &typed);
                matched = self.matched(&expanded, false);
            }
        }
        if typed.len() > 1 && is_empty(&matched) {
            matched = self.matched(&expanded, true);
            partial = !is_empty(&matched);
        }
        let (narrowed, facets) = self.narrow(query, &matched);
        Found {
            hits: self.ordered(query, &expanded, &narrowed),
            total: narrowed.iter().map(Bits::count).sum(),
            facets,
            corrections: typing::corrections(&typed, &expanded),
            partial,
        }
    }

    fn segments(&self) -> [(&Segment, Bits); 2] {
        [
            (&self.base, (*self.alive).clone()),
            (&self.overlay, Bits::full(self.overlay.len())),
        ]
    }

    /// The documents of each segment that have all words, or any of them.
    fn matched(&self, expanded: &[Expanded], any: bool) -> Vec<Bits> {
        let of = |(segment, alive): (&Segment, Bits)| {
            let mut matched = alive.clone();
            let mut some = Bits::empty(segment.len());
            for one in expanded {
                let mut with_word = Bits::empty(segment.len());
                for expansion in &one.words {
                    for posting in segment.list(&expansion.word) {
                        with_word.insert(posting.document);
                    }
                }
                if any {
                    some.add(&with_word)
                } else {
                    matched.keep(&with_word)
                }
            }
            if any {
                matched.keep(&some);
            }
            matched
        };
        self.segments().map(of).into()
    }

    /// Applies the filters, and counts for each facet what its values would leave beside the filters
    /// of the other facets.
    fn narrow(
        &self,
        query: &Query,
        matched: &[Bits],
    ) -> (Vec<Bits>, Vec<(Facet, Vec<FacetCount>)>) {
        let mut wanted: BTreeMap<Facet, Vec<&str>> = BTreeMap::new();
        for (facet, value) in &query.filters {
            wanted.entry(*facet).or_default().push(value);
        }
        let segments = [&*self.base, &*self.overlay];
        let allowed: Vec<HashMap<Facet, Bits>> = segments
            .iter()
            .map(|segment| {
                let bits = |(facet, values): (&Facet, &Vec<&str>)| {
                    (
                        *facet,
                        segment.facets().any_of(*facet, values, segment.len()),
                    )
                };
                wanted.iter().map(bits).collect()
            })
            .collect();
        let keep = |except: Option<Facet>| -> Vec<Bits> {
            let each = matched.iter().zip(&allowed);
            each.map(|(matched, allowed)| {
                let mut bits = matched.clone();
                for (_, filter) in allowed.iter().filter(|(facet, _)| Some(**facet) != except) {
                    bits.keep(filter);
                }
                bits
            })
            .collect()
        };
        let narrowed = keep(None);
        let mut facets = Vec::new();
        for facet in Facet::ALL {
            let own = wanted.contains_key(&facet).then(|| keep(Some(facet)));
            let left = own.as_ref().unwrap_or(&narrowed);
            let mut counts = BTreeMap::new();
            for (segment, bits) in segments.iter().zip(left) {
                segment.facets().count(facet, bits, &mut counts);
            }
            facets.push((facet, in_order(facet, counts)));
        }
        (narrowed, facets)
    }

    fn ordered(&self, query: &Query, expanded: &[Expanded], narrowed: &[Bits]) -> Vec<Hit> {
        let offset = query.offset.min(MAX_RESULTS);
        let wanted = (offset + query.limit).min(MAX_RESULTS);
        let segments = [&*self.base, &*self.overlay];
        let mut all: Vec<(f32, &Facts)> = Vec::new();
        for (segment, bits) in segments.iter().zip(narrowed) {
            if query.sort == Sort::Relevance && !expanded.is_empty() {
                all.extend(self.ranked(segment, bits, expanded, &query.text));
            } else {
                let first = segment.ordered(bits, query.sort).take(wanted);
                let facts = first.filter_map(|document| segment.facts(document));
                all.extend(facts.map(|facts| (facts.standing, facts)));
            }
        }
        all.sort_by(|a, b| compare(query.sort, a, b));
        let hit = |(score, facts): (f32, &Facts)| Hit {
            name: facts.name.to_string(),
            score,
        };
        all.into_iter().take(wanted).skip(offset).map(hit).collect()
    }

    /// The candidates of a segment with their scores.
    fn ranked<'a>(
        &self,
        segment: &'a Segment,
        narrowed: &Bits,
        expanded: &[Expanded],
        text: &str,
    ) -> Vec<(f32, &'a Facts)> {
        let mut candidates = Bits::empty(segment.len());
        narrowed
            .iter()
            .take(CANDIDATES)
            .for_each(|one| candidates.insert(one));
        let named = expanded
            .iter()
            .flat_map(|one| &one.words)
            .flat_map(|expansion| {
                let in_name = segment
                    .list(&expansion.word)
                    .filter(|posting| posting.in_name());
                in_name.map(|posting| posting.document)
            });
        let named = named.filter(|document| narrowed.contains(*document));
        named
            .take(CANDIDATES)
            .for_each(|one| candidates.insert(one));
        let exact = typing::exact_names(text);
        let exact: Vec<u32> = exact
            .iter()
            .filter_map(|name| segment.number(name))
            .collect();
        for number in exact.iter().filter(|number| narrowed.contains(**number)) {
            candidates.insert(*number);
        }
        let Some(end) = candidates.iter().last() else {
            return Vec::new();
        };
        let mut scores = vec![0.0_f32; end as usize + 1];
        let mut having = vec![0_u8; end as usize + 1];
        for one in expanded {
            self.add_scores(segment, one, &mut scores, &mut having);
        }
        let words = expanded.len();
        let score = |document: u32| {
            let facts = segment.facts(document)?;
            let at = document as usize;
            let missing = words.saturating_sub(usize::from(*having.get(at)?));
            let lacking = MISSING_WORD_FACTOR.powi(i32::try_from(missing).unwrap_or(0));
            let name = if exact.contains(&document) {
                EXACT_NAME_FACTOR
            } else {
                1.0
            };
            Some((scores.get(at)? * lacking * name * facts.standing, facts))
        };
        candidates.iter().filter_map(score).collect()
    }

    /// Adds the best match of one typed word to each document's score.
    fn add_scores(
        &self,
        segment: &Segment,
        expanded: &Expanded,
        scores: &mut [f32],
        having: &mut [u8],
    ) {
        let mut best = vec![0.0_f32; scores.len()];
        for expansion in &expanded.words {
            let with_word =
                self.base.frequency(&expansion.word) + self.overlay.frequency(&expansion.word);
            let factor =
                rarity(self.base.len() + self.overlay.len(), with_word) * expansion.quality;
            for posting in segment.list(&expansion.word) {
                let Some(known) = best.get_mut(posting.document as usize) else {
                    break;
                };
                *known = known.max(posting.weight() * factor);
            }
        }
        for ((score, having), best) in scores.iter_mut().zip(having).zip(best) {
            *score += best;
            *having += u8::from(best > 0.0);
        }
    }
}

fn compare(sort: Sort, a: &(f32, &Facts), b: &(f32, &Facts)) -> std::cmp::Ordering {
    let (left, right) = (a.1, b.1);
    match sort {
        Sort::Relevance => b.0.total_cmp(&a.0),
        Sort::Downloads => right.downloads.cmp(&left.downloads),
        Sort::Updated => right.updated_us.cmp(&left.updated_us),
        Sort::Rating => right.rating.total_cmp(&left.rating),
        Sort::Name => std::cmp::Ordering::Equal,
    }
    .then_with(|| left.name.cmp(&right.name))
}
