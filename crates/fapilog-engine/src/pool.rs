//! Memory that is used again.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Kept while records flow: a queue and a lane full of chunks. Buffers of this size come from the
/// system page by page; getting and losing them for each batch would cost the caller of a log
/// method more than its copy.
const KEPT_BYTES: usize = 8 * 1024 * 1024;

/// Kept while nothing flows.
const KEPT_BYTES_IDLE: usize = 512 * 1024;

/// A larger buffer, which a few huge records made, is given back at once.
pub(crate) const LARGEST_KEPT_BYTES: usize = 1024 * 1024;

/// Empty buffers of one pipeline, for queue chunks and encoded lines alike.
#[derive(Debug, Default)]
pub(crate) struct BufferPool(Mutex<Spare>);

#[derive(Debug, Default)]
struct Spare {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

impl BufferPool {
    /// An empty buffer: a used one, else a new one with room for `capacity` bytes.
    pub(crate) fn take(&self, capacity: usize) -> Vec<u8> {
        let mut spare = self.lock();
        match spare.buffers.pop() {
            Some(buffer) => {
                spare.bytes -= buffer.capacity();
                buffer
            }
            None => {
                drop(spare);
                Vec::with_capacity(capacity)
            }
        }
    }

    /// Takes a buffer back.
    pub(crate) fn give(&self, mut buffer: Vec<u8>) {
        let capacity = buffer.capacity();
        if capacity == 0 || capacity > LARGEST_KEPT_BYTES {
            return;
        }
        buffer.clear();
        let mut spare = self.lock();
        if spare.bytes + capacity <= KEPT_BYTES {
            spare.bytes += capacity;
            spare.buffers.push(buffer);
        }
    }

    /// Gives back to the system what a quiet pipeline does not need.
    pub(crate) fn trim(&self) {
        let mut spare = self.lock();
        while spare.bytes > KEPT_BYTES_IDLE
            && let Some(buffer) = spare.buffers.pop()
        {
            spare.bytes -= buffer.capacity();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Spare> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{BufferPool, KEPT_BYTES, KEPT_BYTES_IDLE, LARGEST_KEPT_BYTES};

    #[test]
    fn a_buffer_comes_back_empty() {
        let pool = BufferPool::default();
        let mut buffer = pool.take(100);
        buffer.push(1);
        let place = buffer.as_ptr();
        pool.give(buffer);
        let again = pool.take(1);
        assert!(again.is_empty());
        assert_eq!(again.as_ptr(), place);
    }

    #[test]
    fn what_is_kept_is_bounded_and_shrinks_when_quiet() {
        let pool = BufferPool::default();
        for _ in 0..2 * KEPT_BYTES / (128 * 1024) {
            pool.give(Vec::with_capacity(128 * 1024));
        }
        pool.give(Vec::with_capacity(2 * LARGEST_KEPT_BYTES));
        assert_eq!(pool.lock().bytes, KEPT_BYTES);
        pool.trim();
        assert_eq!(pool.lock().bytes, KEPT_BYTES_IDLE);
    }
}
