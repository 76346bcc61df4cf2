//! Paths of fields with wildcards.

/// One part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// Any number of keys.
    Deep,
    /// One key: pieces with anything in between, in lower case.
    Key(Vec<Vec<u8>>),
}

/// A path of keys, such as `user.*.token`: `*` stands for any text of one key, `**` for any number
/// of keys. A single key without dots is meant at any depth. Lists add no key: `cards[*].number`
/// is `cards.number`. Case does not matter for ASCII letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob(Vec<Segment>);

impl Glob {
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.replace("[*]", "").to_ascii_lowercase();
        let mut segments: Vec<Segment> = text.split('.').map(segment).collect();
        if let [Segment::Key(_)] = segments[..] {
            segments.insert(0, Segment::Deep);
        }
        Self(segments)
    }

    pub(crate) fn matches(&self, path: &[&[u8]]) -> bool {
        matches_segments(&self.0, path)
    }

    /// The key that every path of this must end with, if it is one fixed text.
    fn last_key(&self) -> Option<&[u8]> {
        match self.0.last() {
            Some(Segment::Key(pieces)) => match &pieces[..] {
                [whole] => Some(whole),
                _ => None,
            },
            _ => None,
        }
    }
}

fn segment(text: &str) -> Segment {
    if text == "**" {
        return Segment::Deep;
    }
    Segment::Key(
        text.split('*')
            .map(|piece| piece.as_bytes().to_vec())
            .collect(),
    )
}

/// Recursion is as deep as the pattern has `**`, work at most quadratic for each of them: both are
/// the configuration's, records are at most 64 keys deep.
fn matches_segments(segments: &[Segment], path: &[&[u8]]) -> bool {
    match segments.split_first() {
        None => path.is_empty(),
        Some((Segment::Deep, rest)) => {
            (0..=path.len()).any(|skipped| matches_segments(rest, &path[skipped..]))
        }
        Some((Segment::Key(pieces), rest)) => path
            .split_first()
            .is_some_and(|(key, path)| matches_key(pieces, key) && matches_segments(rest, path)),
    }
}

/// Pieces in their order with anything in between; the first and last stand at the ends.
fn matches_key(pieces: &[Vec<u8>], key: &[u8]) -> bool {
    let Some((first, others)) = pieces.split_first() else {
        return false;
    };
    let Some((last, middle)) = others.split_last() else {
        return key.eq_ignore_ascii_case(first);
    };
    if key.len() < first.len() + last.len() {
        return false;
    }
    let (head, tail) = key.split_at(first.len());
    let (mut rest, end) = tail.split_at(tail.len() - last.len());
    if !head.eq_ignore_ascii_case(first) || !end.eq_ignore_ascii_case(last) {
        return false;
    }
    for piece in middle {
        let found = (0..=rest.len().saturating_sub(piece.len())).find(|&at| {
            rest[at..].len() >= piece.len()
                && rest[at..at + piece.len()].eq_ignore_ascii_case(piece)
        });
        match found {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

/// Several paths with a quick first look.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    globs: Vec<Glob>,
    /// For each first letter (its last five bits) the lengths of keys that a path may end with;
    /// `None` when some path may end with any key.
    ends: Option<[u64; 32]>,
}

impl Paths {
    pub(crate) fn new(globs: Vec<Glob>) -> Self {
        let mut ends = Some([0_u64; 32]);
        for glob in &globs {
            match (glob.last_key(), &mut ends) {
                (Some(key), Some(lengths)) => lengths[letter(key)] |= length_bit(key),
                _ => ends = None,
            }
        }
        Self { globs, ends }
    }

    /// Whether the last key of a path could be that of a match: two loads for most keys.
    pub(crate) fn may_end_at(&self, path: &[&[u8]]) -> bool {
        let Some(key) = path.last() else {
            return false;
        };
        self.ends
            .as_ref()
            .is_none_or(|lengths| lengths[letter(key)] & length_bit(key) != 0)
    }

    pub(crate) fn matches(&self, path: &[&[u8]]) -> bool {
        self.globs.iter().any(|glob| glob.matches(path))
    }
}

/// Upper and lower case of a letter share their last five bits.
fn letter(key: &[u8]) -> usize {
    usize::from(key.first().map_or(0, |byte| byte & 31))
}

fn length_bit(key: &[u8]) -> u64 {
    1 << key.len().min(63)
}

#[cfg(test)]
mod tests {
    use super::{Glob, Paths};

    fn matches(glob: &str, path: &str) -> bool {
        let path: Vec<&[u8]> = path.split('.').map(str::as_bytes).collect();
        let glob = Glob::parse(glob);
        let matches = glob.matches(&path);
        let paths = Paths::new(vec![glob]);
        assert_eq!(paths.matches(&path), matches);
        assert!(paths.may_end_at(&path) || !matches);
        matches
    }

    #[test]
    fn a_single_key_is_meant_at_any_depth_and_in_any_case() {
        assert!(matches("password", "password"));
        assert!(matches("password", "user.login.PassWord"));
        assert!(!matches("password", "passwords"));
        assert!(!matches("password", "password.hint"));
    }

    #[test]
    fn a_path_begins_at_the_top() {
        assert!(matches("user.token", "user.token"));
        assert!(!matches("user.token", "a.user.token"));
        assert!(matches("**.user.token", "a.b.user.token"));
        assert!(matches("user.**", "user.a.b"));
        assert!(matches("user.cards[*].number", "user.cards.number"));
    }

    #[test]
    fn a_star_is_any_text_within_one_key() {
        assert!(matches("*_token", "auth.refresh_token"));
        assert!(matches("x-*-key", "X-Api-KEY"));
        assert!(matches("a*b*c", "aXbYc"));
        assert!(!matches("a*b*c", "acb"));
        assert!(matches("*.id", "user.id"));
        assert!(!matches("*.id", "a.user.id"));
        assert!(!matches("ab*ba", "aba"));
    }
}
