//! The languages that a plugin can be written in.

use clap::ValueEnum;

use crate::kind::PluginKind;

/// What a plugin is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Python: coroutines on the plugin host
    Python,
    /// Rust: a library on the crate fapilog-sdk, run without the interpreter
    Rust,
    /// C: a library on the header fapilog_plugin.h, run without the interpreter
    C,
}

impl Language {
    /// The language's word, as it is typed: `rust`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Rust => "rust",
            Self::C => "c",
        }
    }

    /// Why a plugin of these kinds can't be written in it, if it can't.
    pub fn refuses(self, kinds: &[PluginKind]) -> Option<String> {
        if self == Self::Python {
            return None;
        }
        match kinds {
            [PluginKind::Alerter] => Some("an alerter is written in Python".to_owned()),
            [_] => None,
            kinds => Some(format!("a library has one kind, not {}", kinds.len())),
        }
    }
}
