//! How random bytes look.

/// Shannon entropy in bits for each byte: 0 for one letter repeated, about 4 for words, 6 for base64.
pub(crate) fn bits(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let total = bytes.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / total;
            -share * share.log2()
        })
        .sum()
}

/// Whether a text repeats few characters, as made-up keys do.
pub(crate) fn is_repetitive(text: &str) -> bool {
    let mut characters: Vec<char> = text.chars().collect();
    let length = characters.len();
    characters.sort_unstable();
    characters.dedup();
    length >= 16 && characters.len() * 3 < length.min(48)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn randomness_is_measured() {
        assert!(bits(b"aaaaaaaa") < 0.1);
        assert!((bits(b"abcdefgh") - 3.0).abs() < 0.01);
        assert!(is_repetitive("AKIAAAAAAAAAAAAAAAAA"));
        assert!(!is_repetitive("q7GmZ2xVb9LkT4pW"));
    }
}
