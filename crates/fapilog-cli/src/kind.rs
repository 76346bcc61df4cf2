//! The six kinds of plugin.

use clap::ValueEnum;

/// What a plugin does in the pipeline. The order is that of the pipeline's stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum PluginKind {
    /// Keeps a record or drops it
    Filter,
    /// Adds fields to a record
    Enricher,
    /// Changes a record
    Processor,
    /// Hides what must not leave the process
    Redactor,
    /// Takes records out of the process
    Sink,
    /// Tells somebody that something is wrong
    Alerter,
}

impl PluginKind {
    /// The kind's word, as it is typed and as modules are named: `sink`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Enricher => "enricher",
            Self::Processor => "processor",
            Self::Redactor => "redactor",
            Self::Sink => "sink",
            Self::Alerter => "alerter",
        }
    }

    /// The kind's word as the end of a Python class name: `Sink`.
    pub const fn class_word(self) -> &'static str {
        match self {
            Self::Filter => "Filter",
            Self::Enricher => "Enricher",
            Self::Processor => "Processor",
            Self::Redactor => "Redactor",
            Self::Sink => "Sink",
            Self::Alerter => "Alerter",
        }
    }
}
