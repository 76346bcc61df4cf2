//! Several files at once: one judge for each processor.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Does all of the work, and gives the results in its order. The first failure by that order is the
/// failure of all; what was begun is brought to its end.
pub fn in_order<T: Sync, R: Send, E: Send>(
    work: &[T],
    do_one: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let take = || {
        while let Some((index, item)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            work.get(index).map(|item| (index, item))
        } {
            let result = do_one(item);
            let is_failure = result.is_err();
            if let Ok(mut done) = done.lock() {
                done.push((index, result));
            }
            if is_failure {
                next.store(work.len(), Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..processors.min(work.len()) {
            scope.spawn(take);
        }
        take();
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::in_order;

    #[test]
    fn results_keep_the_order_of_the_work() {
        let work: Vec<usize> = (0..100).collect();
        let double = |number: &usize| Ok::<_, ()>(number * 2);
        let results = in_order(&work, double).unwrap();
        assert!(
            results
                .iter()
                .enumerate()
                .all(|(at, result)| *result == at * 2)
        );
        let refuse = |number: &usize| if *number == 7 { Err(*number) } else { Ok(()) };
        assert_eq!(in_order(&work, refuse), Err(7));
    }
}
