//! Keys of records as Python strings, made once.

use std::collections::HashMap;

use pyo3::prelude::*;
use pyo3::types::PyString;

/// Keys remembered; applications use few different ones.
const MAX_KEYS: usize = 512;

/// Longest key remembered, in bytes.
const MAX_KEY_BYTES: usize = 128;

/// Remembers keys, and which came after which: records of one place in an application have the same
/// ones in the same order, so that most are found without a search.
#[derive(Default)]
pub struct Keys {
    known: Vec<Known>,
    places: HashMap<Box<[u8]>, usize>,
    /// The place of the key that was asked for last.
    last: Option<usize>,
    /// The place of the first key of the last record.
    first: usize,
}

struct Known {
    bytes: Box<[u8]>,
    string: Py<PyString>,
    /// The place of the key that came after it last time.
    next: usize,
}

impl Keys {
    /// The next key asked for is the first one of a record.
    pub fn begin_record(&mut self) {
        self.last = None;
    }

    /// The string of a key; `make` makes it.
    pub fn get<'py>(
        &mut self,
        py: Python<'py>,
        key: &[u8],
        make: impl FnOnce() -> Bound<'py, PyString>,
    ) -> Bound<'py, PyString> {
        let guess = match self.last {
            Some(last) => self.known.get(last).map_or(0, |known| known.next),
            None => self.first,
        };
        if let Some(known) = self.known.get(guess)
            && *known.bytes == *key
        {
            self.last = Some(guess);
            return known.string.bind(py).clone();
        }
        let Some(place) = self.place(key) else {
            let made = make();
            self.remember(key, &made);
            return made;
        };
        self.follows(place);
        match self.known.get(place) {
            Some(known) => known.string.bind(py).clone(),
            None => make(),
        }
    }

    fn place(&self, key: &[u8]) -> Option<usize> {
        self.places.get(key).copied()
    }

    fn remember(&mut self, key: &[u8], string: &Bound<'_, PyString>) {
        if self.known.len() >= MAX_KEYS || key.len() > MAX_KEY_BYTES {
            return;
        }
        let place = self.known.len();
        self.known.push(Known {
            bytes: key.into(),
            string: string.clone().unbind(),
            next: 0,
        });
        self.places.insert(key.into(), place);
        self.follows(place);
    }

    /// The key at a place is the one that was asked for now.
    fn follows(&mut self, place: usize) {
        let next = match self.last {
            Some(last) => self.known.get_mut(last).map(|known| &mut known.next),
            None => Some(&mut self.first),
        };
        if let Some(next) = next {
            *next = place;
        }
        self.last = Some(place);
    }
}
