//! What code can do to the world outside, in the words in which plugins declare it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Something outside of the process that a plugin reaches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Capability {
    /// Opens network connections.
    Network,
    /// Reads or writes files.
    Files,
    /// Starts other programs.
    Subprocess,
    /// Reads environment variables.
    Environment,
    /// Calls native code: its own libraries, or others through `ctypes`.
    Native,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Network,
        Self::Files,
        Self::Subprocess,
        Self::Environment,
        Self::Native,
    ];

    /// Finds one by its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// The word in which it is declared: `network`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Files => "files",
            Self::Subprocess => "subprocess",
            Self::Environment => "environment",
            Self::Native => "native",
        }
    }

    /// What a version that has it newly does: `opens network connections`.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Network => "opens network connections",
            Self::Files => "reads or writes files",
            Self::Subprocess => "starts other programs",
            Self::Environment => "reads environment variables",
            Self::Native => "calls native code",
        }
    }
}

/// A use of a capability that the code shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Use {
    /// What is used.
    pub capability: Capability,
    /// The host, file, program or variable, where it is constant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// File in the package.
    pub file: String,
    /// Line of the first such use, counted from 1; 0 for files without lines.
    pub line: u32,
}

/// What the code can do, and what it says it needs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Capabilities {
    /// What the code uses: one entry for each capability, detail and file.
    pub used: Vec<Use>,
    /// What the plugin's classes declare, sorted: `network:*.acme.io`.
    pub declared: Vec<String>,
}

impl Capabilities {
    /// The capabilities that are used, each once.
    #[must_use]
    pub fn kinds(&self) -> BTreeSet<Capability> {
        self.used.iter().map(|used| used.capability).collect()
    }

    /// The capabilities that are used and not declared, each once.
    #[must_use]
    pub fn undeclared(&self) -> BTreeSet<Capability> {
        let is_declared = |capability: &Capability| {
            self.declared.iter().any(|declared| {
                let word = declared.split(':').next().unwrap_or_default();
                word == capability.word()
            })
        };
        self.kinds()
            .into_iter()
            .filter(|capability| !is_declared(capability))
            .collect()
    }
}
