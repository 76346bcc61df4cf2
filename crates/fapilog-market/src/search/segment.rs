//! A segment: an immutable index over some documents.

use std::collections::HashMap;

use fst::{Map, MapBuilder};

use crate::search::bits::Bits;
use crate::search::cores::Cores;
use crate::search::document::{Document, MAX_TEXT_BYTES, MAX_TEXT_WORDS};
use crate::search::facets::FacetBits;
use crate::search::query::Sort;
use crate::search::ranking::{
    KEYWORD_WEIGHT, NAME_WEIGHT, SUMMARY_WEIGHT, TEXT_WEIGHT, saturated, standing,
};
use crate::search::words;

/// Weights are stored in seven bits, in steps of a sixth: the largest sum, 21.2, still fits.
const STEPS: f32 = 6.0;
const WEIGHT_BITS: u8 = 0x7f;
/// Set when the word stands in the name.
const IN_NAME: u8 = 0x80;

/// A document in a list of those that have a word.
#[derive(Debug, Clone, Copy)]
pub struct Posting {
    /// The document.
    pub document: u32,
    packed: u8,
}

impl Posting {
    /// Sum of the weights of the fields in which the word stands.
    #[must_use]
    pub fn weight(self) -> f32 {
        f32::from(self.packed & WEIGHT_BITS) / STEPS
    }

    /// Whether the word stands in the name.
    #[must_use]
    pub fn in_name(self) -> bool {
        self.packed & IN_NAME != 0
    }
}

/// What is kept of a document itself.
#[derive(Debug)]
pub struct Facts {
    /// Normalised name.
    pub name: Box<str>,
    /// What it is worth before any query.
    pub standing: f32,
    /// Downloads of the last 30 days.
    pub downloads: i64,
    /// Bayesian mean of the ratings, 0 without any.
    pub rating: f64,
    /// When the newest file was published.
    pub updated_us: i64,
}

/// An index over some documents, which are numbered by falling standing.
pub struct Segment {
    documents: Vec<Facts>,
    numbers: HashMap<Box<str>, u32>,
    /// From a word to its list.
    dictionary: Map<Vec<u8>>,
    /// Where each list begins, and the end of the last one.
    starts: Vec<u32>,
    listed: Vec<u32>,
    packed: Vec<u8>,
    facets: FacetBits,
    orders: HashMap<&'static str, Vec<u32>>,
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (documents, words) = (self.documents.len(), self.dictionary.len());
        write!(formatter, "Segment({documents} documents, {words} words)")
    }
}

impl Segment {
    /// Indexes documents.
    ///
    /// # Errors
    ///
    /// What the dictionary's builder reports; words come to it in order, so that it has no reason to.
    pub fn build(
        mut documents: Vec<Document>,
        cores: &Cores,
        now_us: i64,
    ) -> Result<Self, fst::Error> {
        documents.sort_by_cached_key(|document| {
            let standing = standing(document, cores, now_us);
            (
                std::cmp::Reverse((standing * 1e6) as u64),
                document.name.clone(),
            )
        });
        let (dictionary, lists) = dictionary(&documents)?;
        let mut starts = vec![0];
        let (mut listed, mut packed) = (Vec::new(), Vec::new());
        for list in lists {
            listed.extend(list.iter().map(|posting| posting.document));
            packed.extend(list.iter().map(|posting| posting.packed));
            starts.push(u32::try_from(listed.len()).unwrap_or(u32::MAX));
        }
        let facts: Vec<Facts> = documents
            .iter()
            .map(|document| facts(document, cores, now_us))
            .collect();
        let names = facts.iter().zip(0..);
        Ok(Self {
            numbers: names.map(|(facts, at)| (facts.name.clone(), at)).collect(),
            facets: FacetBits::new(&documents, cores),
            orders: orders(&facts),
            documents: facts,
            dictionary,
            starts,
            listed,
            packed,
        })
    }

    /// How many documents there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// A document by its number.
    #[must_use]
    pub fn facts(&self, document: u32) -> Option<&Facts> {
        self.documents.get(document as usize)
    }

    /// The number of the plugin of this name.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// The words.
    #[must_use]
    pub fn dictionary(&self) -> &Map<Vec<u8>> {
        &self.dictionary
    }

    /// Who has which value of which facet.
    #[must_use]
    pub fn facets(&self) -> &FacetBits {
        &self.facets
    }

    /// The documents that have a word, in their order; none for a word that isn't known.
    pub fn list(&self, word: &str) -> impl Iterator<Item = Posting> + '_ {
        let range = self.range(word);
        let documents = self.listed.get(range.clone()).unwrap_or_default();
        let packed = self.packed.get(range).unwrap_or_default();
        documents
            .iter()
            .zip(packed)
            .map(|(&document, &packed)| Posting { document, packed })
    }

    /// How many documents have a word.
    #[must_use]
    pub fn frequency(&self, word: &str) -> usize {
        self.range(word).len()
    }

    /// How many documents a list of the dictionary holds.
    #[must_use]
    pub fn frequency_of(&self, list: u64) -> usize {
        self.range_of(list).len()
    }

    fn range(&self, word: &str) -> std::ops::Range<usize> {
        match self.dictionary.get(word) {
            Some(list) => self.range_of(list),
            None => 0..0,
        }
    }

    fn range_of(&self, list: u64) -> std::ops::Range<usize> {
        let at = usize::try_from(list).unwrap_or(usize::MAX);
        let bound = |at: usize| self.starts.get(at).map_or(0, |start| *start as usize);
        bound(at)..bound(at.saturating_add(1))
    }

    /// The documents of a set in an order, without any limit. By relevance means by standing.
    pub fn ordered<'a>(&'a self, matched: &'a Bits, sort: Sort) -> impl Iterator<Item = u32> + 'a {
        let by = self.orders.get(sort.word());
        let ordered = by.into_iter().flatten().copied();
        let plain = by.is_none().then(|| matched.iter());
        ordered
            .filter(|document| matched.contains(*document))
            .chain(plain.into_iter().flatten())
    }
}

fn facts(document: &Document, cores: &Cores, now_us: i64) -> Facts {
    Facts {
        name: document.name.as_str().into(),
        standing: standing(document, cores, now_us),
        downloads: document.downloads,
        rating: if document.ratings > 0 {
            document.rating
        } else {
            0.0
        },
        updated_us: document.updated_us,
    }
}

fn orders(facts: &[Facts]) -> HashMap<&'static str, Vec<u32>> {
    let by = |less: &dyn Fn(&Facts, &Facts) -> std::cmp::Ordering| {
        let mut order: Vec<(u32, &Facts)> = (0..).zip(facts).collect();
        order.sort_by(|a, b| less(a.1, b.1).then(a.1.name.cmp(&b.1.name)));
        order.into_iter().map(|(document, _)| document).collect()
    };
    HashMap::from([
        (
            Sort::Downloads.word(),
            by(&|a, b| b.downloads.cmp(&a.downloads)),
        ),
        (
            Sort::Updated.word(),
            by(&|a, b| b.updated_us.cmp(&a.updated_us)),
        ),
        (
            Sort::Rating.word(),
            by(&|a, b| b.rating.total_cmp(&a.rating)),
        ),
        (Sort::Name.word(), by(&|a, b| a.name.cmp(&b.name))),
    ])
}

type Lists = Vec<Vec<Posting>>;

fn dictionary(documents: &[Document]) -> Result<(Map<Vec<u8>>, Lists), fst::Error> {
    let mut gatherer = Gatherer::default();
    for (document, number) in documents.iter().zip(0..) {
        gatherer.gather(document, number);
    }
    let Gatherer {
        numbers, mut lists, ..
    } = gatherer;
    let mut sorted: Vec<(Box<str>, usize)> = numbers.into_iter().collect();
    sorted.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let mut builder = MapBuilder::memory();
    for ((word, _), list) in sorted.iter().zip(0..) {
        builder.insert(word.as_bytes(), list)?;
    }
    let dictionary = Map::new(builder.into_inner()?)?;
    let mut take = |number: usize| lists.get_mut(number).map(std::mem::take);
    let in_order = sorted.iter().filter_map(|(_, number)| take(*number));
    Ok((dictionary, in_order.collect()))
}

/// Gathers which documents have which words. What it needs for one document is used again for the
/// next, so that 100,000 of them take few allocations.
#[derive(Default)]
struct Gatherer {
    numbers: HashMap<Box<str>, usize>,
    lists: Lists,
    /// Of this document: the sum of weights of each word, and whether it is in the name.
    weights: HashMap<usize, (f32, bool)>,
    occurrences: HashMap<usize, u32>,
}

impl Gatherer {
    fn gather(&mut self, document: &Document, number: u32) {
        self.field(&document.name, NAME_WEIGHT, true);
        self.field(&document.keywords, KEYWORD_WEIGHT, false);
        self.field(&document.kinds, KEYWORD_WEIGHT, false);
        self.field(&document.summary, SUMMARY_WEIGHT, false);
        self.count(beginning(&document.text), MAX_TEXT_WORDS);
        for (word, times) in self.occurrences.drain() {
            self.weights.entry(word).or_default().0 += TEXT_WEIGHT * saturated(times);
        }
        for (word, (weight, in_name)) in self.weights.drain() {
            let steps = (weight * STEPS).round().clamp(1.0, f32::from(WEIGHT_BITS)) as u8;
            let posting = Posting {
                document: number,
                packed: if in_name { steps | IN_NAME } else { steps },
            };
            if let Some(list) = self.lists.get_mut(word) {
                list.push(posting);
            }
        }
    }

    /// A word counts once in a field, however often it is there.
    fn field(&mut self, text: &str, weight: f32, in_name: bool) {
        self.count(text, usize::MAX);
        for (word, _) in self.occurrences.drain() {
            let entry = self.weights.entry(word).or_default();
            entry.0 += weight;
            entry.1 |= in_name;
        }
    }

    fn count(&mut self, text: &str, most: usize) {
        for word in words::of(text) {
            let known = self.numbers.get(word.as_ref()).copied();
            let is_full = self.occurrences.len() >= most;
            let counted = known.and_then(|number| self.occurrences.get_mut(&number));
            match (counted, known) {
                (Some(times), _) => *times += 1,
                (None, _) if is_full => {}
                (None, Some(number)) => drop(self.occurrences.insert(number, 1)),
                (None, None) => {
                    let number = self.lists.len();
                    self.lists.push(Vec::new());
                    self.numbers.insert(word.as_ref().into(), number);
                    self.occurrences.insert(number, 1);
                }
            }
        }
    }
}

fn beginning(text: &str) -> &str {
    let mut end = text.len().min(MAX_TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
