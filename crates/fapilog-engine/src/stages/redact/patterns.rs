//! Secrets by their looks, anywhere in a text.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use serde::Deserialize;

use super::card::{could_hold_card, find_cards, is_card};
use super::known::{Features, Finder, KNOWN};
use super::url::find_credentials;
use crate::frame::Flags;
use crate::frame_reader::{Frame, Value};
use crate::rewrite::{Change, Path, Visitor};
use crate::stages::{BuildError, EXPRESSION_BYTES, compile_pattern, is_fixed, read_options};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    known: Vec<String>,
    custom: Vec<String>,
    mask: String,
}

/// Masks what looks like a secret in every text, the message and keys included; card numbers also
/// in integers.
pub(super) struct Patterns {
    card: bool,
    url_credentials: bool,
    /// Expressions with the features that a text needs before they are tried.
    known: Vec<([Features; 2], Regex)>,
    /// The user's own: all of them are looked for in one pass.
    custom: Vec<Regex>,
    custom_set: RegexSet,
    mask: Vec<u8>,
}

impl Patterns {
    pub(super) fn build(options: &str) -> Result<Self, BuildError> {
        let options: Options = read_options("patterns", options)?;
        let mut patterns = Self {
            card: false,
            url_credentials: false,
            known: Vec::new(),
            custom: Vec::new(),
            custom_set: RegexSet::empty(),
            mask: options.mask.into_bytes(),
        };
        for name in &options.known {
            let known = KNOWN
                .iter()
                .find(|known| known.name == name)
                .ok_or_else(|| bad(format!("there is no pattern `{name}`")))?;
            match known.finder {
                Finder::Card => patterns.card = true,
                Finder::UrlCredentials => patterns.url_credentials = true,
                Finder::Regex(text) => {
                    let regex = RegexBuilder::new(text).unicode(false).build();
                    patterns
                        .known
                        .push((known.needs, regex.map_err(|error| bad(error.to_string()))?));
                }
            }
        }
        for text in &options.custom {
            patterns.custom.push(compile_pattern(text).map_err(bad)?);
        }
        patterns.custom_set = RegexSetBuilder::new(&options.custom)
            .size_limit(EXPRESSION_BYTES * options.custom.len().max(1))
            .build()
            .map_err(|error| bad(error.to_string()))?;
        Ok(patterns)
    }

    /// Where secrets stand in a text, in order and apart; empty for most.
    fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let features = self.features(text);
        if self.card && features.has(Features::DIGIT) {
            find_cards(text, &mut found);
        }
        if self.url_credentials && features.has(Features::AT.and(Features::COLON)) {
            find_credentials(text, &mut found);
        }
        for (needs, regex) in &self.known {
            if needs.iter().any(|needs| features.has(*needs)) {
                find_all(regex, text, &mut found);
            }
        }
        if !self.custom.is_empty() {
            for index in &self.custom_set.matches(text) {
                if let Some(regex) = self.custom.get(index) {
                    find_all(regex, text, &mut found);
                }
            }
        }
        merged(found)
    }

    /// What a text has of what the patterns need.
    fn features(&self, text: &[u8]) -> Features {
        if !self.known.is_empty() || self.url_credentials {
            return Features::of(text);
        }
        // Counting digits alone is several times as fast, and cards alone are common.
        if self.card && could_hold_card(text) {
            Features::DIGIT
        } else {
            Features::NONE
        }
    }

    /// The text without its secrets; `None` when it has none.
    fn redacted(&self, text: &[u8]) -> Option<Vec<u8>> {
        let found = self.find(text);
        if found.is_empty() {
            return None;
        }
        let (mut redacted, mut at) = (Vec::with_capacity(text.len()), 0);
        for range in found {
            redacted.extend_from_slice(&text[at..range.start]);
            redacted.extend_from_slice(&self.mask);
            at = range.end;
        }
        redacted.extend_from_slice(&text[at..]);
        Some(redacted)
    }

    /// Whether cards are all that is looked for.
    fn only_cards(&self) -> bool {
        self.card && !self.url_credentials && self.known.is_empty() && self.custom.is_empty()
    }
}

impl Visitor for Patterns {
    fn value(&self, path: &Path<'_>, value: &Value<'_>) -> Change {
        match value {
            _ if is_fixed(path) => Change::None,
            Value::Str(text) => self.redacted(text).map_or(Change::None, Change::Text),
            Value::Int(number) if self.card && is_card(*number) => Change::Text(self.mask.clone()),
            Value::BigInt(digits) if self.redacted(digits).is_some() => {
                Change::Text(self.mask.clone())
            }
            _ => Change::None,
        }
    }

    fn key(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.redacted(key)
    }

    /// All texts of a record together may have too few digits for a card.
    fn could_change(&self, frame: &Frame<'_>) -> bool {
        !self.only_cards() || could_hold_card(frame.body()) || has_large_number(frame)
    }
}

/// Whether an integer of a record could be a card's number, or the record cannot be read.
fn has_large_number(frame: &Frame<'_>) -> bool {
    let mut fields = if frame.flags().contains(Flags::FLAT) {
        frame.flat()
    } else {
        match frame.captured() {
            Ok(captured) => captured.fields,
            Err(_) => return true,
        }
    };
    fields.any(|field| match field {
        Ok((_, Value::Int(number))) => is_card(number),
        // What is inside is looked at value by value.
        Ok((_, Value::List(_) | Value::Map(_))) | Err(_) => true,
        Ok(_) => false,
    })
}

/// Where an expression's secrets stand: in group 1, or all of a match.
fn find_all(regex: &Regex, text: &[u8], found: &mut Vec<Range<usize>>) {
    if regex.captures_len() == 1 {
        found.extend(regex.find_iter(text).map(|one| one.range()));
        return;
    }
    let secrets = regex
        .captures_iter(text)
        .filter_map(|groups| groups.get(1).or_else(|| groups.get(0)));
    found.extend(secrets.map(|one| one.range()));
}

/// Ranges in order, those that touch or overlap as one; empty ones are left out.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_unstable_by_key(|range| range.start);
    ranges.dedup_by(|next, previous| {
        let overlaps = next.start <= previous.end;
        if overlaps {
            previous.end = previous.end.max(next.end);
        }
        overlaps
    });
    ranges
}

fn bad(reason: String) -> BuildError {
    BuildError::BadOptions {
        name: "patterns".to_owned(),
        reason,
    }
}
