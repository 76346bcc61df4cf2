//! How deeply source nests, estimated before it is parsed.
//!
//! A syntax tree is walked and freed by recursion, so a file made to nest a million levels would
//! exhaust the stack. Real code stays two orders of magnitude below the limit.

/// Deepest nesting that is parsed.
pub(crate) const MAX_DEPTH: usize = 2_000;

/// An upper bound of the depth of the syntax tree: open brackets, and operators, dots and words since
/// the last comma or end of a line within the brackets that are open.
pub(crate) fn depth(source: &str) -> usize {
    let bytes = source.as_bytes();
    let mut at = 0;
    let (mut open, mut chain, mut deepest, mut in_word) = (0_usize, 0_usize, 0_usize, false);
    while let Some(&byte) = bytes.get(at) {
        let is_word = byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
        if is_word && !in_word {
            chain += 1;
        }
        in_word = is_word;
        match byte {
            b'#' => at = line_end(bytes, at),
            b'"' | b'\'' => {
                let (end, brackets) = string_end(bytes, at);
                deepest = deepest.max(open + chain + brackets);
                at = end;
            }
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            b',' | b';' => chain = 0,
            b'\n' if open == 0 => {
                let indented = bytes
                    .get(at + 1..)
                    .unwrap_or_default()
                    .iter()
                    .take_while(|byte| matches!(byte, b' ' | b'\t'))
                    .count();
                chain = indented;
            }
            b'+' | b'-' | b'~' | b'.' | b'*' | b'@' | b'/' | b'%' | b'&' | b'|' | b'^' | b'!'
            | b'<' | b'>' => chain += 1,
            _ => {}
        }
        deepest = deepest.max(open + chain);
        at += 1;
    }
    deepest
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let length = rest.iter().position(|byte| *byte == b'\n');
    // One before, so that the caller sees the end of the line.
    from + length.unwrap_or(rest.len()).saturating_sub(1)
}

/// The last byte of the string that begins at `from`, and how deeply formatted parts may nest in it.
fn string_end(bytes: &[u8], from: usize) -> (usize, usize) {
    let quote = bytes.get(from).copied().unwrap_or_default();
    let triple = bytes.get(from..from + 3) == Some(&[quote; 3]);
    let prefix = |back: usize| from.checked_sub(back).and_then(|at| bytes.get(at));
    let formatted = [prefix(1), prefix(2)]
        .into_iter()
        .flatten()
        .any(|byte| matches!(byte, b'f' | b'F' | b't' | b'T'));
    let mut at = if triple { from + 3 } else { from + 1 };
    let (mut open, mut deepest) = (0_usize, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' if !triple => return (at - 1, deepest),
            _ if byte == quote && !triple && open == 0 => return (at, deepest),
            _ if byte == quote && triple && bytes.get(at..at + 3) == Some(&[quote; 3]) => {
                return (at + 2, deepest);
            }
            b'{' | b'(' | b'[' | b'-' | b'~' | b'.' | b'+' if formatted => {
                open += usize::from(byte == b'{');
                deepest += 1;
            }
            b'}' if formatted => open = open.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    (bytes.len(), deepest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_code_is_shallow_and_hostile_code_is_deep() {
        let ordinary = "def f(a, b):\n    return {'x': [g(a)(b), -1]}  # ((((((\n".repeat(1000);
        assert!(depth(&ordinary) < 30, "{}", depth(&ordinary));
        let table = format!("TABLE = [{}]\n", "-1.5, ".repeat(100_000));
        assert!(depth(&table) < 30);
        assert!(depth(&format!("'{}'\n", "(".repeat(10_000))) < 30);
        for hostile in [
            "(".repeat(5000),
            "-".repeat(5000),
            format!("x{}", ".a".repeat(5000)),
            "not ".repeat(5000),
            format!("f'{}'", "{(".repeat(5000)),
            (0..2100)
                .map(|n| format!("{}if x:\n", " ".repeat(n)))
                .collect(),
        ] {
            assert!(depth(&hostile) > MAX_DEPTH, "{}", &hostile[..20]);
        }
    }
}
