//! Facets: what results can be narrowed down to, and how many each narrowing would leave.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::search::bits::Bits;
use crate::search::cores::{Cores, PYTHONS, pythons};
use crate::search::document::{Document, KINDS, license_label};

/// Values of a facet that are shown; the most frequent ones.
pub const MAX_VALUES: usize = 12;

/// Licences that are told apart, the most frequent ones: each costs a bit for every plugin, and anybody
/// can make up new ones.
const MAX_LICENSES: usize = 64;

/// What results can be narrowed down by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// Kind of plugin.
    Kind,
    /// Series of the core that the latest release admits.
    Core,
    /// Python version that the latest release admits.
    Python,
    /// Licence.
    License,
    /// What the latest release uses: network, files, subprocesses and so on.
    Capability,
    /// Level of the publisher.
    Publisher,
}

impl Facet {
    /// All facets, in the order in which pages show them.
    pub const ALL: [Self; 6] = [
        Self::Kind,
        Self::Core,
        Self::Python,
        Self::Capability,
        Self::License,
        Self::Publisher,
    ];

    /// The word in addresses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Core => "core",
            Self::Python => "python",
            Self::License => "license",
            Self::Capability => "capability",
            Self::Publisher => "publisher",
        }
    }

    /// The title on pages.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Kind => "Kind",
            Self::Core => "Works with core",
            Self::Python => "Works with Python",
            Self::License => "Licence",
            Self::Capability => "Uses",
            Self::Publisher => "Publisher",
        }
    }

    /// Whether its values have an order of their own instead of one by frequency.
    #[must_use]
    fn is_ordered(self) -> bool {
        matches!(self, Self::Kind | Self::Core | Self::Python)
    }
}

/// A value of a facet and how many results have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetCount {
    /// The value.
    pub value: String,
    /// Results that have it.
    pub count: usize,
}

/// Which documents of a segment have which values.
#[derive(Debug, Default)]
pub struct FacetBits(BTreeMap<Facet, BTreeMap<String, Bits>>);

impl FacetBits {
    /// Reads the values of documents.
    #[must_use]
    pub fn new(documents: &[Document], cores: &Cores) -> Self {
        let mut all = Self::default();
        let licenses = frequent_licenses(documents);
        let mut ranges = HashMap::new();
        for (document, at) in documents.iter().zip(0_u32..) {
            let mut put = |facet, value: &str| all.put(facet, value, at, documents.len());
            for kind in document.kinds.split_whitespace() {
                put(Facet::Kind, kind);
            }
            for capability in document.capabilities.split_whitespace() {
                put(Facet::Capability, capability);
            }
            if let Some(license) = license_label(document.license.as_deref())
                && licenses.contains(license)
            {
                put(Facet::License, license);
            }
            if !document.publisher_level.is_empty() {
                put(Facet::Publisher, &document.publisher_level);
            }
            // Ranges repeat: reading each once makes this ten times quicker.
            let key = (&document.core_range, &document.requires_python);
            let (admitted, python) = *ranges.entry(key).or_insert_with(|| {
                let admitted = cores.admitted(document.core_range.as_deref());
                (admitted, pythons(document.requires_python.as_deref()))
            });
            for (label, bit) in cores.labels().zip(0..) {
                if admitted >> bit & 1 == 1 {
                    put(Facet::Core, label);
                }
            }
            for (label, bit) in PYTHONS.iter().zip(0..) {
                if python >> bit & 1 == 1 {
                    put(Facet::Python, label);
                }
            }
        }
        all
    }

    fn put(&mut self, facet: Facet, value: &str, document: u32, length: usize) {
        let values = self.0.entry(facet).or_default();
        match values.get_mut(value) {
            Some(bits) => bits.insert(document),
            None => {
                let mut bits = Bits::empty(length);
                bits.insert(document);
                values.insert(value.to_owned(), bits);
            }
        }
    }

    /// The documents that have one of the values.
    #[must_use]
    pub fn any_of(&self, facet: Facet, values: &[&str], length: usize) -> Bits {
        let mut found = Bits::empty(length);
        let known = self.0.get(&facet);
        for bits in values.iter().filter_map(|value| known?.get(*value)) {
            found.add(bits);
        }
        found
    }

    /// Adds to `counts` how many of `matched` have each value.
    pub fn count(&self, facet: Facet, matched: &Bits, counts: &mut BTreeMap<String, usize>) {
        for (value, bits) in self.0.get(&facet).into_iter().flatten() {
            *counts.entry(value.clone()).or_default() += bits.count_with(matched);
        }
    }
}

fn frequent_licenses(documents: &[Document]) -> HashSet<&str> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for license in documents
        .iter()
        .filter_map(|one| license_label(one.license.as_deref()))
    {
        *counts.entry(license).or_default() += 1;
    }
    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    sorted
        .into_iter()
        .take(MAX_LICENSES)
        .map(|(license, _)| license)
        .collect()
}

/// The counts in the order in which pages show them.
#[must_use]
pub fn in_order(facet: Facet, counts: BTreeMap<String, usize>) -> Vec<FacetCount> {
    let some = counts.into_iter().filter(|(_, count)| *count > 0);
    let mut values: Vec<FacetCount> = some
        .map(|(value, count)| FacetCount { value, count })
        .collect();
    if facet.is_ordered() {
        let key = |value: &str| -> Vec<u64> {
            match facet {
                Facet::Kind => KINDS
                    .iter()
                    .position(|kind| *kind == value)
                    .map(|at| vec![at as u64])
                    .unwrap_or_default(),
                // Newest first.
                _ => value
                    .split('.')
                    .map(|part| u64::MAX - part.parse::<u64>().unwrap_or(0))
                    .collect(),
            }
        };
        values.sort_by_cached_key(|value| key(&value.value));
    } else {
        values.sort_by(|a, b| b.count.cmp(&a.count).then(a.value.cmp(&b.value)));
    }
    values.truncate(MAX_VALUES);
    values
}
