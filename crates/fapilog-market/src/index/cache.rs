//! Pages that were served lately, in memory. The database is asked for the page's key each time, so
//! that a page that another replica has changed is never served.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;

/// Most bytes in one of the two generations: 64 MiB in all.
const GENERATION_BYTES: usize = 32 * 1024 * 1024;

/// Pages by project and form. When the young generation is full it becomes the old one, and what
/// nobody asked for since then is dropped.
#[derive(Debug, Default)]
pub struct PageCache(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<String, Bytes>,
    young_bytes: usize,
    old: HashMap<String, Bytes>,
}

impl PageCache {
    /// The page with this tag, if it is here.
    #[must_use]
    pub fn get(&self, project: &str, tag: &str) -> Option<Bytes> {
        let name = name_of(project, tag);
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(body) = generations.young.get(&name) {
            return Some(body.clone());
        }
        let body = generations.old.remove(&name)?;
        generations.put(name, body.clone());
        Some(body)
    }

    /// Keeps a page.
    pub fn put(&self, project: &str, tag: &str, body: Bytes) {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        generations.put(name_of(project, tag), body);
    }
}

impl Generations {
    fn put(&mut self, name: String, body: Bytes) {
        if body.len() > GENERATION_BYTES {
            return;
        }
        if self.young_bytes + body.len() > GENERATION_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += body.len();
        if let Some(previous) = self.young.insert(name, body) {
            self.young_bytes -= previous.len();
        }
    }
}

/// A tag holds the page's key: a page that has changed has another name.
fn name_of(project: &str, tag: &str) -> String {
    format!("{project} {tag}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let cache = PageCache::default();
        let page = Bytes::from(vec![b'x'; GENERATION_BYTES / 4]);
        cache.put("asked", "\"1\"", page.clone());
        for n in 0..20 {
            assert!(cache.get("asked", "\"1\"").is_some(), "{n}");
            cache.put(&format!("other{n}"), "\"1\"", page.clone());
        }
        assert!(cache.get("other0", "\"1\"").is_none());
        assert!(cache.get("asked", "\"2\"").is_none());
        let generations = cache.0.lock().unwrap();
        assert!(generations.young.len() + generations.old.len() <= 8);
    }
}
