//! The anchors of a page of PEP 503.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use serde_json::{Value, json};

use super::listing::{Hashes, Told, Yanked};

/// Collects anchors and the text in them; everything else is passed over.
#[derive(Default)]
struct Anchors {
    found: RefCell<Vec<Told>>,
    inside: RefCell<bool>,
}

impl TokenSink for Anchors {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) if &*tag.name == "a" => {
                let opens = tag.kind == TagKind::StartTag;
                *self.inside.borrow_mut() = opens;
                if opens {
                    self.found.borrow_mut().push(told(&tag));
                }
            }
            Token::CharacterTokens(text) if *self.inside.borrow() => {
                if let Some(last) = self.found.borrow_mut().last_mut() {
                    last.filename.push_str(text.trim());
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

fn told(tag: &Tag) -> Told {
    let attribute = |name: &str| {
        let found = tag.attrs.iter().find(|own| &*own.name.local == name);
        found.map(|own| own.value.to_string())
    };
    let digest = |text: &str| Hashes {
        sha256: text.strip_prefix("sha256=").map(str::to_owned),
    };
    let metadata = attribute("data-core-metadata").or(attribute("data-dist-info-metadata"));
    let href = attribute("href").unwrap_or_default();
    let (url, fragment) = href.split_once('#').unwrap_or((&href, ""));
    Told {
        url: url.to_owned(),
        hashes: digest(fragment),
        requires_python: attribute("data-requires-python"),
        yanked: attribute("data-yanked").map_or(Yanked::Plain(false), Yanked::Reason),
        core_metadata: metadata.map_or(Value::Null, |text| json!({"sha256": digest(&text).sha256})),
        ..Told::default()
    }
}

/// All anchors of a page.
pub(super) fn anchors(text: &str) -> Vec<Told> {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(text));
    let tokenizer = Tokenizer::new(Anchors::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.found.take()
}
