//! Users and passwords in URLs.

use std::ops::Range;

/// Appends where `user:password` stands in URLs: everything between `://` and the last `@` before
/// the path. A password with a raw `/`, `?` or `#` in it ends there, as it does for any client.
pub(super) fn find_credentials(text: &[u8], found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(offset) = find(&text[at..], b"://") {
        let start = at + offset + 3;
        let authority = text[start..]
            .iter()
            .take_while(|byte| {
                !matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>')
                    && !byte.is_ascii_whitespace()
            })
            .count();
        let end = start + authority;
        if let Some(sign) = text[start..end].iter().rposition(|&byte| byte == b'@')
            && sign > 0
        {
            found.push(start..start + sign);
        }
        at = end.max(start);
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::find_credentials;

    fn credentials(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        find_credentials(text.as_bytes(), &mut found);
        found.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn what_stands_before_the_host_is_found() {
        assert_eq!(
            credentials("see postgres://me:s3cret@db:5432/x and https://tok@h"),
            ["me:s3cret", "tok"]
        );
        assert_eq!(credentials("x://a:p@ss@host/"), ["a:p@ss"]);
        assert_eq!(credentials("x://:only@host"), [":only"]);
    }

    #[test]
    fn urls_without_credentials_are_left_alone() {
        for text in [
            "http://host/a@b",
            "http://host?q=a@b",
            "://@host",
            "a@b",
            "://",
        ] {
            assert!(credentials(text).is_empty(), "{text}");
        }
    }
}
