//! How many single-character changes lie between two words.

/// Insertions, deletions, replacements and swaps of neighbours; gives `usize::MAX` beyond `most`.
pub(crate) fn edits(left: &str, right: &str, most: usize) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    if left.len().abs_diff(right.len()) > most {
        return usize::MAX;
    }
    let mut two_back: Vec<usize> = Vec::new();
    let mut back: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let at =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let replace = at(&back, j) + usize::from(a != b);
            let mut best = replace.min(at(&back, j + 1) + 1).min(at(&row, j) + 1);
            let swapped =
                i > 0 && j > 0 && left.get(i - 1) == Some(b) && right.get(j - 1) == Some(a);
            if swapped {
                best = best.min(at(&two_back, j - 1) + 1);
            }
            row.push(best);
        }
        two_back = std::mem::replace(&mut back, row);
    }
    match back.last() {
        Some(distance) if *distance <= most => *distance,
        _ => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_counted() {
        assert_eq!(edits("requests", "reqeusts", 2), 1);
        assert_eq!(edits("requests", "request", 2), 1);
        assert_eq!(edits("numpy", "nunpi", 2), 2);
        assert_eq!(edits("numpy", "django", 2), usize::MAX);
        assert_eq!(edits("", "ab", 2), 2);
    }
}
