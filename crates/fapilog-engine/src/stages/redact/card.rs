//! Card numbers: 13 to 19 digits whose check digit is right.

use std::ops::Range;

/// Fewest and most digits of a card number (ISO/IEC 7812).
pub(super) const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// Appends where card numbers stand in a text, in order. Digits may be grouped by single spaces or
/// hyphens; a number may stand anywhere but inside of a longer run of digits.
pub(super) fn find_cards(text: &[u8], found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(offset) = text[at..].iter().position(u8::is_ascii_digit) {
        let run = groups(text, at + offset);
        at = run.last().map_or(text.len(), |group| group.end);
        if digits_in(&run) >= *DIGITS.start() {
            cards_in(text, &run, found);
        }
    }
}

/// Groups of digits from a position on, with one space or hyphen between two.
fn groups(text: &[u8], start: usize) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let mut begin = start;
    loop {
        let length = text[begin..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        groups.push(begin..begin + length);
        let end = begin + length;
        match text.get(end..end + 2) {
            Some([b' ' | b'-', next]) if next.is_ascii_digit() => begin = end + 1,
            _ => return groups,
        }
    }
}

fn digits_in(groups: &[Range<usize>]) -> usize {
    groups.iter().map(ExactSizeIterator::len).sum()
}

/// From each group on, the longest number that ends with a group.
fn cards_in(text: &[u8], groups: &[Range<usize>], found: &mut Vec<Range<usize>>) {
    let mut first = 0;
    while first < groups.len() {
        let last = (first..groups.len()).rev().find(|&last| {
            let span = groups[first].start..groups[last].end;
            DIGITS.contains(&digits_in(&groups[first..=last])) && passes_luhn(&text[span])
        });
        match last {
            Some(last) => {
                found.push(groups[first].start..groups[last].end);
                first = last + 1;
            }
            None => first += 1,
        }
    }
}

/// The check of ISO/IEC 7812: every second digit from the right counts twice. What is no digit
/// does not count. Zeros alone are no number.
pub(super) fn passes_luhn(text: &[u8]) -> bool {
    let (mut sum, mut double, mut zeros) = (0_u32, false, true);
    for byte in text.iter().rev().filter(|byte| byte.is_ascii_digit()) {
        let digit = u32::from(byte - b'0');
        zeros &= digit == 0;
        sum += match (double, digit * 2) {
            (false, _) => digit,
            (true, doubled) if doubled > 9 => doubled - 9,
            (true, doubled) => doubled,
        };
        double = !double;
    }
    sum.is_multiple_of(10) && !zeros
}

#[cfg(test)]
mod tests {
    use super::find_cards;

    fn cards(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        find_cards(text.as_bytes(), &mut found);
        found.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn card_numbers_are_found_however_they_are_grouped() {
        assert_eq!(cards("pay 4111111111111111!"), ["4111111111111111"]);
        assert_eq!(cards("x4111 1111-1111 1111y"), ["4111 1111-1111 1111"]);
        assert_eq!(cards("378282246310005"), ["378282246310005"]);
        assert_eq!(
            cards("4111 1111 1111 1111 5500 0000 0000 0004"),
            ["4111 1111 1111 1111", "5500 0000 0000 0004"]
        );
        assert_eq!(cards("order 17 4111111111111111"), ["4111111111111111"]);
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "4111111111111112",
            "1234567890",
            "0000000000000000",
            "411111111111111141111111111111114",
            "2026-11-23 09:08:07",
            "",
        ] {
            assert!(cards(text).is_empty(), "{text}");
        }
    }
}
