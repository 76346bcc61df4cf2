//! Card numbers: 13 to 19 digits whose check digit is right, and whose first digit is one that
//! card numbers of this length have.

use std::ops::Range;

/// Fewest and most digits of a card number (ISO/IEC 7812).
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// Whether so many bytes hold the digits of a card number, wherever they stand.
///
/// Every byte is looked at, so that many can be at once: this is what most records cost.
pub(super) fn could_hold_card(bytes: &[u8]) -> bool {
    // So few that a byte can count the digits of each.
    let digits = |part: &[u8]| {
        let count = |digits: u8, byte: &u8| digits + u8::from(byte.is_ascii_digit());
        usize::from(part.iter().fold(0, count))
    };
    bytes.chunks(128).map(digits).sum::<usize>() >= *DIGITS.start()
}

/// Whether a number is that of a card.
pub(super) fn is_card(number: i64) -> bool {
    number >= FEWEST_AS_NUMBER && is_card_number(itoa::Buffer::new().format(number).as_bytes())
}

/// The smallest number of so many digits.
const FEWEST_AS_NUMBER: i64 = 1_000_000_000_000;

/// Appends where card numbers stand in a text, in order. Digits may be grouped by single spaces or
/// hyphens; a number may stand anywhere but inside of a longer run of digits.
pub(super) fn find_cards(text: &[u8], found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(offset) = text[at..].iter().position(u8::is_ascii_digit) {
        let start = at + offset;
        let (end, digits) = run_of_digits(text, start);
        if digits >= *DIGITS.start() {
            cards_in(text, &groups(text, start), found);
        }
        at = end;
    }
}

/// Where a run of digits ends, with one space or hyphen between two groups, and how many there are.
fn run_of_digits(text: &[u8], start: usize) -> (usize, usize) {
    let (mut at, mut digits) = (start, 0);
    loop {
        match text.get(at..) {
            Some([digit, ..]) if digit.is_ascii_digit() => digits += 1,
            Some([b' ' | b'-', next, ..]) if next.is_ascii_digit() => {}
            _ => return (at, digits),
        }
        at += 1;
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
            DIGITS.contains(&digits_in(&groups[first..=last])) && is_card_number(&text[span])
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

/// Whether so many digits are a card number, by the first and the last of them. Without a look at the
/// first, one in ten times in milliseconds or microseconds since 1970 would be one: those begin
/// with a 1, as card numbers of 15 digits alone do (UATP); of 13 digits only Visa and Maestro gave
/// out any.
fn is_card_number(text: &[u8]) -> bool {
    let mut digits = text.iter().filter(|byte| byte.is_ascii_digit());
    let first = digits.next().copied().unwrap_or_default();
    let plausible = match digits.count() + 1 {
        13 => matches!(first, b'4'..=b'6'),
        15 => first != b'0',
        _ => first > b'1',
    };
    plausible && passes_luhn(text)
}

/// The check of ISO/IEC 7812: every second digit from the right counts twice. What is no digit
/// does not count.
fn passes_luhn(text: &[u8]) -> bool {
    let (mut sum, mut double) = (0_u32, false);
    for byte in text.iter().rev().filter(|byte| byte.is_ascii_digit()) {
        let digit = u32::from(byte - b'0');
        sum += match (double, digit * 2) {
            (false, _) => digit,
            (true, doubled) if doubled > 9 => doubled - 9,
            (true, doubled) => doubled,
        };
        double = !double;
    }
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::{could_hold_card, find_cards, is_card};

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

    #[test]
    fn times_since_1970_are_no_cards_whatever_their_last_digit() {
        for millis in 1_764_155_555_550..1_764_155_555_560_i64 {
            assert!(!is_card(millis), "{millis}");
            assert!(!is_card(millis * 1_000_000 + 18_367), "{millis}");
            assert!(cards(&millis.to_string()).is_empty(), "{millis}");
        }
        assert!(is_card(4_222_222_222_222) && is_card(378_282_246_310_005));
        assert_eq!(cards("135410014004955"), ["135410014004955"]);
    }

    #[test]
    fn digits_count_wherever_they_stand() {
        let apart = "1 2 3 4 5 6 7 8 9 0 1 2 3";
        assert!(could_hold_card(apart.as_bytes()));
        assert!(!could_hold_card(&apart.as_bytes()[1..]));
        assert!(could_hold_card(
            &["x".repeat(1000), apart.to_owned()].concat().into_bytes()
        ));
        assert!(could_hold_card(&[b'7'; 4096]));
    }
}
