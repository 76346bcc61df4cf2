//! Which plugin a verb is about: the same words for all that run one.

use serde::Serialize;

/// The plugin that a verb is about, and its options.
#[derive(Debug, clap::Args, Serialize)]
pub struct SubjectArgs {
    /// Name of one plugin [default: all of the project in the working folder]
    #[arg(long, value_name = "NAME")]
    pub plugin: Option<String>,

    /// A value of the plugin's configuration: JSON, or else text; may be given more than once
    #[arg(long = "option", value_name = "NAME=VALUE", value_parser = pair)]
    pub options: Vec<String>,
}

/// Checks that an option has a name and a value.
fn pair(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((name, _)) if !name.is_empty() => Ok(text.to_owned()),
        _ => Err("expected NAME=VALUE, such as max_length=80".to_owned()),
    }
}
