//! Words: what a text is cut into, for documents and queries alike.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Longest word in bytes; what is longer is cut, since nobody types it.
const MAX_WORD_BYTES: usize = 32;

/// Words that nearly every plugin has. They are left out of a query that has others.
const EMPTY_WORDS: [&str; 17] = [
    "a", "an", "and", "for", "from", "in", "into", "of", "on", "or", "the", "to", "with",
    "fapilog", "plugin", "python", "my",
];

/// The words of a text: lower case, without accents, in the singular.
pub fn of(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c))
        .filter(|word| !word.is_empty())
        .map(normal)
        .filter(|word| !word.is_empty())
}

/// The words of a query, without those that say nothing; all of them when none else is left.
#[must_use]
pub fn of_query(text: &str) -> Vec<String> {
    let all: Vec<String> = of(text).map(Cow::into_owned).collect();
    let telling = |word: &&String| !EMPTY_WORDS.contains(&word.as_str());
    let mut chosen: Vec<String> = all.iter().filter(telling).cloned().collect();
    if chosen.is_empty() {
        chosen = all;
    }
    let mut seen = std::collections::HashSet::new();
    chosen.retain(|word| seen.insert(word.clone()));
    chosen
}

/// Most words are normal already; they aren't copied.
fn normal(word: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if word.len() <= MAX_WORD_BYTES && !word.ends_with('s') && word.bytes().all(plain) {
        return Cow::Borrowed(word);
    }
    let mut text: String = if word.is_ascii() {
        word.to_ascii_lowercase()
    } else {
        word.nfkd()
            .filter(|c| !is_combining_mark(*c))
            .flat_map(char::to_lowercase)
            .collect()
    };
    if text.len() > MAX_WORD_BYTES {
        let mut end = MAX_WORD_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    Cow::Owned(singular(text))
}

/// `metrics` finds `metric` and the other way round. Short words and those in `-ss`, `-us` and `-is`
/// are no plurals.
fn singular(mut word: String) -> String {
    let plural = word.len() > 3
        && word.ends_with('s')
        && !["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    if plural {
        word.pop();
        if word.len() > 4 && word.ends_with("ie") {
            word.truncate(word.len() - 2);
            word.push('y');
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_plain_words() {
        for (text, words) in [
            ("Splunk HEC-Sink", vec!["splunk", "hec", "sink"]),
            ("Élastic  naïve_x", vec!["elastic", "naive", "x"]),
            (
                "metrics libraries status redis access",
                vec!["metric", "library", "status", "redis", "access"],
            ),
            ("…", vec![]),
            ("日本", vec!["日本"]),
        ] {
            assert_eq!(of(text).collect::<Vec<_>>(), words, "{text}");
        }
    }

    #[test]
    fn a_query_loses_only_words_that_say_nothing() {
        assert_eq!(of_query("plugin for the Splunk"), ["splunk"]);
        assert_eq!(of_query("the plugin"), ["the", "plugin"]);
        assert_eq!(of_query("redact redact pii"), ["redact", "pii"]);
    }
}
