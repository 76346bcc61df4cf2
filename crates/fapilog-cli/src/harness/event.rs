//! Events that every tool sends.

use serde::Deserialize;

/// What keeps a tool from doing its work.
#[derive(Debug, Clone, Deserialize)]
pub struct ToolError {
    event: String,
    /// Stable id.
    pub id: String,
    /// What failed, with which value.
    pub message: String,
    /// What repairs it; may be empty.
    #[serde(default)]
    pub hint: String,
    /// Where in the author's code it came from.
    #[serde(default)]
    pub place: Option<Place>,
}

impl ToolError {
    /// Reads an event, if it is an error.
    pub fn parse(line: &str) -> Option<Self> {
        if !line.starts_with("{\"event\": \"error\"") {
            return None;
        }
        serde_json::from_str(line)
            .ok()
            .filter(|error: &Self| error.event == "error")
    }
}

/// A line of the author's source.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The function that it is in; may be empty.
    #[serde(default)]
    pub function: String,
    /// The line's text.
    #[serde(default)]
    pub source: String,
}

/// How far long work has come.
#[derive(Debug, Clone, Deserialize)]
pub struct Progress {
    /// The plugin that is worked on.
    pub plugin: String,
    /// Steps done.
    pub done: u64,
    /// Steps in all.
    pub total: u64,
}
