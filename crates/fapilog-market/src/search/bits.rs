//! Sets of documents, one bit for each.

/// A set of the documents of one segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
    length: usize,
}

impl Bits {
    /// The empty set over so many documents.
    #[must_use]
    pub fn empty(length: usize) -> Self {
        let words = vec![0; length.div_ceil(64)];
        Self { words, length }
    }

    /// All of so many documents.
    #[must_use]
    pub fn full(length: usize) -> Self {
        let mut words = vec![u64::MAX; length.div_ceil(64)];
        if let (Some(last), rest) = (words.last_mut(), length % 64)
            && rest > 0
        {
            *last = (1 << rest) - 1;
        }
        Self { words, length }
    }

    /// Adds a document.
    pub fn insert(&mut self, document: u32) {
        if let Some(word) = self.words.get_mut(document as usize / 64) {
            *word |= 1 << (document % 64);
        }
    }

    /// Takes a document out.
    pub fn remove(&mut self, document: u32) {
        if let Some(word) = self.words.get_mut(document as usize / 64) {
            *word &= !(1 << (document % 64));
        }
    }

    /// Whether a document is in the set.
    #[must_use]
    pub fn contains(&self, document: u32) -> bool {
        self.words
            .get(document as usize / 64)
            .is_some_and(|word| word & (1 << (document % 64)) != 0)
    }

    /// Keeps what is in both sets.
    pub fn keep(&mut self, other: &Self) {
        for (own, other) in self.words.iter_mut().zip(&other.words) {
            *own &= other;
        }
    }

    /// Adds what is in the other set.
    pub fn add(&mut self, other: &Self) {
        for (own, other) in self.words.iter_mut().zip(&other.words) {
            *own |= other;
        }
    }

    /// How many documents are in the set.
    #[must_use]
    pub fn count(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// How many documents are in both sets.
    #[must_use]
    pub fn count_with(&self, other: &Self) -> usize {
        let both = self.words.iter().zip(&other.words);
        both.map(|(a, b)| (a & b).count_ones() as usize).sum()
    }

    /// The documents, in their order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().zip(0_u32..).flat_map(|(word, at)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros();
                    rest &= rest - 1;
                    at * 64 + bit
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_joined_met_and_counted() {
        let mut a = Bits::empty(130);
        let mut b = Bits::empty(130);
        for document in [0, 63, 64, 129] {
            a.insert(document);
        }
        for document in [63, 100, 129, 500] {
            b.insert(document);
        }
        assert_eq!((a.count(), b.count(), a.count_with(&b)), (4, 3, 2));
        let mut both = a.clone();
        both.keep(&b);
        assert_eq!(both.iter().collect::<Vec<_>>(), [63, 129]);
        a.add(&b);
        assert_eq!(a.iter().collect::<Vec<_>>(), [0, 63, 64, 100, 129]);
        a.remove(63);
        assert!(!a.contains(63) && a.contains(64) && !a.contains(500));
        assert_eq!(Bits::full(130).count(), 130);
        assert_eq!(Bits::full(128).count(), 128);
    }
}
