//! Where bank account numbers are in a text (ISO 13616: country, two check digits, 11 to 30 letters
//! and digits; the whole taken modulo 97 is 1).

use std::ops::Range;

const SHORTEST: usize = 15;
const LONGEST: usize = 34;

/// The places of all account numbers, in order; single spaces may stand between their characters.
pub(crate) fn find(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at + SHORTEST <= bytes.len() {
        let begins = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        match begins.then(|| number_at(bytes, at)).flatten() {
            Some(end) => {
                found.push(at..end);
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// The end of the number that begins here.
fn number_at(bytes: &[u8], start: usize) -> Option<usize> {
    let head: &[u8; 4] = bytes.get(start..)?.first_chunk()?;
    let [a, b, c, d] = head;
    if ![a, b].iter().all(|byte| byte.is_ascii_uppercase())
        || ![c, d].iter().all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let mut compact = Vec::with_capacity(LONGEST);
    let mut end = None;
    let mut at = start;
    while compact.len() < LONGEST {
        match bytes.get(at) {
            Some(byte) if byte.is_ascii_digit() || byte.is_ascii_uppercase() => compact.push(*byte),
            Some(b' ') if at > start && bytes[at - 1] != b' ' => {}
            _ => break,
        }
        at += 1;
        let is_last = !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
        if is_last && bytes[at - 1] != b' ' && compact.len() >= SHORTEST && is_valid(&compact) {
            end = Some(at);
        }
    }
    end
}

/// Whether the check digits fit the rest.
fn is_valid(compact: &[u8]) -> bool {
    let (head, rest) = compact.split_at(4);
    let remainder = rest.iter().chain(head).fold(0, |remainder, byte| {
        if byte.is_ascii_digit() {
            (remainder * 10 + u32::from(byte - b'0')) % 97
        } else {
            (remainder * 100 + u32::from(byte - b'A') + 10) % 97
        }
    });
    remainder == 1
}
