//! Which names of `fapilog.*` a plugin's code uses.
//!
//! The values here need no parser; [`analyse`] and [`of_wheel`], which find them, need the feature
//! `source`.

use std::collections::BTreeSet;

#[cfg(feature = "source")]
mod bindings;
#[cfg(feature = "source")]
mod finder;
#[cfg(feature = "source")]
mod reader;
#[cfg(feature = "source")]
pub use reader::{analyse, of_wheel, see};

/// Most uses that are kept of one distribution; a plugin has some dozens.
pub const MAX_USES: usize = 10_000;

/// One name of the core, at one place of a plugin's code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameUse {
    /// The full path, as `fapilog.plugins.Sink`; what follows a value is part of it
    /// (`fapilog.plugins.Sink.write`).
    pub name: String,
    /// The file, as in the wheel.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// Whether the code can do without: in a `try` that catches the failure, behind `hasattr`, or
    /// `getattr` with a default.
    pub optional: bool,
    /// Whether only type checkers see it (`if TYPE_CHECKING:`, annotations as text).
    pub typing_only: bool,
    /// Whether the name comes from `from … import *`, so that it may be something else.
    pub guessed: bool,
}

impl NameUse {
    /// Whether the name is the core's own business: a part of the path begins with `_`.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.name
            .split('.')
            .any(|part| part.starts_with('_') && !(part.starts_with("__") && part.ends_with("__")))
    }
}

/// What the code of one distribution uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiUsage {
    /// The uses, in the order of files and lines, each name once a line.
    pub uses: BTreeSet<NameUse>,
    /// The versions of the plugin API that classes and modules state (`API_VERSION = (1, 0)`).
    pub api_versions: BTreeSet<(u32, u32)>,
    /// Source files that could not be read, with the reason: their uses are unknown.
    pub unread: Vec<(String, String)>,
    /// How many source files were read.
    pub files: usize,
}

impl ApiUsage {
    /// The names used, without places.
    #[must_use]
    pub fn names(&self) -> BTreeSet<&str> {
        self.uses.iter().map(|found| found.name.as_str()).collect()
    }
}
