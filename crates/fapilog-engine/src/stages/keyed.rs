//! Memory of a stage by key, bounded.

use std::collections::HashMap;

use crate::frame_reader::Frame;
use crate::rewrite::push_value;

/// Writes what tells records apart: the values of some fields, in order. `level` is the number of
/// the header; what is missing is nothing.
pub(crate) fn key_of(frame: &Frame<'_>, fields: &[String], key: &mut Vec<u8>) {
    key.clear();
    for name in fields {
        let start = key.len();
        if name == "level" {
            key.push(frame.level().number());
        } else if let Some(value) = frame.field(name.as_bytes())
            && push_value(key, &value).is_err()
        {
            key.truncate(start);
        }
        // Values are self-contained; a missing one must not look like its neighbour.
        key.push(0xff);
    }
}

/// A map that forgets what was not used for long: of two generations the older one goes when the
/// younger one is full, so that at most so many keys are held and at least half of them last.
#[derive(Debug)]
pub(crate) struct Keyed<T> {
    young: HashMap<Vec<u8>, T>,
    old: HashMap<Vec<u8>, T>,
    half: usize,
}

impl<T> Keyed<T> {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            half: most.div_ceil(2),
        }
    }

    /// The value of a key, made if it is not there; `forget` gets what has to go.
    pub(crate) fn get(
        &mut self,
        key: &[u8],
        make: impl FnOnce() -> T,
        mut forget: impl FnMut(T),
    ) -> &mut T {
        let known = self.young.contains_key(key);
        let moved = if known { None } else { self.old.remove(key) };
        if !known && self.young.len() >= self.half {
            let gone = std::mem::replace(&mut self.old, std::mem::take(&mut self.young));
            gone.into_values().for_each(&mut forget);
        }
        self.young
            .entry(key.to_vec())
            .or_insert_with(|| moved.unwrap_or_else(make))
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.young.values().chain(self.old.values())
    }
}

#[cfg(test)]
mod tests {
    use super::Keyed;

    #[test]
    fn it_holds_at_most_so_many_keys_and_tells_what_it_forgets() {
        let mut keyed = Keyed::new(10);
        let mut forgotten = Vec::new();
        for number in 0..100_u8 {
            keyed.get(&[number], || number, |value| forgotten.push(value));
            keyed.get(&[99], || 99, |value| forgotten.push(value));
            assert!(keyed.values().count() <= 10);
        }
        let held = keyed.values().count();
        forgotten.sort_unstable();
        forgotten.dedup();
        assert_eq!(forgotten.len() + held, 100);
        assert!(!forgotten.contains(&99), "it was used all the time");
    }
}
