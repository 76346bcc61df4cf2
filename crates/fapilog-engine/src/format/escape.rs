//! JSON string escapes.

/// Appends `text` as a JSON string, quotes included.
///
/// Quotation mark, reverse solidus and the control characters are escaped (RFC 8259 section 7);
/// everything else, UTF-8 included, stays as it is.
pub(super) fn push_string(line: &mut Vec<u8>, text: &[u8]) {
    line.push(b'"');
    push_escaped(line, text);
    line.push(b'"');
}

pub(super) fn push_escaped(line: &mut Vec<u8>, text: &[u8]) {
    if push_short(line, text) {
        return;
    }
    let mut rest = text;
    loop {
        let plain = plain_prefix(rest);
        let (clean, tail) = rest.split_at(plain);
        line.extend_from_slice(clean);
        let Some((&byte, after)) = tail.split_first() else {
            return;
        };
        push_escape(line, byte);
        rest = after;
    }
}

/// Appends a text of up to 16 bytes that needs no escape, and tells whether it was one. Most keys
/// and many values are: words in registers spare them the loop, and a call of `memcpy`.
fn push_short(line: &mut Vec<u8>, text: &[u8]) -> bool {
    match text.len() {
        0 => true,
        1..=3 => push_bytes(line, text),
        4..=7 => push_ends::<4>(line, text),
        8..=16 => push_ends::<8>(line, text),
        _ => false,
    }
}

fn push_bytes(line: &mut Vec<u8>, text: &[u8]) -> bool {
    if text.iter().any(|&byte| needs_escape(byte)) {
        return false;
    }
    for &byte in text {
        line.push(byte);
    }
    true
}

/// Appends a text of `N` to `2 * N` bytes: its first and its last `N`, which may overlap.
fn push_ends<const N: usize>(line: &mut Vec<u8>, text: &[u8]) -> bool {
    let (Some(first), Some(last)) = (text.first_chunk::<N>(), text.last_chunk::<N>()) else {
        return false;
    };
    if bytes_to_escape(word(first)) | bytes_to_escape(word(last)) != 0 {
        return false;
    }
    line.reserve(2 * N);
    let end = line.len() + text.len();
    line.extend_from_slice(first);
    line.truncate(end - N);
    line.extend_from_slice(last);
    true
}

/// Up to eight bytes as a number, filled up with spaces, which need no escape.
fn word<const N: usize>(bytes: &[u8; N]) -> u64 {
    let mut word = *b"        ";
    word[..N].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

fn push_escape(line: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
            line.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            return;
        }
    };
    line.extend_from_slice(&[b'\\', short]);
}

/// Number of leading bytes that need no escape, found eight at a time.
fn plain_prefix(text: &[u8]) -> usize {
    let mut checked = 0;
    let mut words = text.chunks_exact(8);
    for word in &mut words {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(word);
        let found = bytes_to_escape(u64::from_le_bytes(bytes));
        if found != 0 {
            return checked + (found.trailing_zeros() / 8) as usize;
        }
        checked += 8;
    }
    let tail = words.remainder();
    let in_tail = tail.iter().position(|&byte| needs_escape(byte));
    checked + in_tail.unwrap_or(tail.len())
}

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// High bit set in (at least) the lowest byte of the word that needs an escape.
///
/// `word - LOW * n` borrows into a byte's high bit when that byte is below `n`; `& !word` takes
/// out bytes whose high bit was set before (UTF-8). A borrow can only spoil bytes above the first
/// hit, and only the lowest one is used.
fn bytes_to_escape(word: u64) -> u64 {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let below = |word: u64, limit: u64| word.wrapping_sub(LOW * limit) & !word;
    let equals = |byte: u8| below(word ^ (LOW * u64::from(byte)), 1);
    (below(word, 0x20) | equals(b'"') | equals(b'\\')) & HIGH
}

#[cfg(test)]
mod tests {
    use super::push_string;
    use proptest::prelude::*;

    fn escaped(text: &str) -> String {
        let mut line = Vec::new();
        push_string(&mut line, text.as_bytes());
        String::from_utf8(line).unwrap()
    }

    proptest! {
        #[test]
        fn every_text_comes_back_from_another_reader(text in any::<String>()) {
            let read: String = serde_json::from_str(&escaped(&text)).unwrap();
            prop_assert_eq!(read, text);
        }

        #[test]
        fn dense_specials_come_back_too(text in r#"["\\\n\x00-\x1f a-zäß€😀\x7f]{0,64}"#) {
            let read: String = serde_json::from_str(&escaped(&text)).unwrap();
            prop_assert_eq!(read, text);
        }
    }

    #[test]
    fn a_special_at_every_position_of_a_word_is_found() {
        for position in 0..24 {
            for special in ['"', '\\', '\n', '\u{1f}', '\0'] {
                let mut text = "é".repeat(4) + &"x".repeat(24);
                text.insert(8 + position, special);
                let read: String = serde_json::from_str(&escaped(&text)).unwrap();
                assert_eq!(read, text);
            }
        }
    }
}
