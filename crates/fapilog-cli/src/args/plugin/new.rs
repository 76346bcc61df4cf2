//! What `fapilog plugin new` takes.

use std::path::PathBuf;

use crate::kind::PluginKind;

/// Make a new plugin: a Python distribution with typed code, tests, lints and hooks
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin new acme
  fapilog plugin new acme --kind sink
  fapilog plugin new acme --kind filter,redactor --dir ~/src --author \"Ada Lovelace <ada@example.com>\"

Makes the folder fapilog-acme, all of it or nothing.

Exit codes: 0 made, 1 could not be made, 2 typed wrongly.")]
pub struct NewArgs {
    /// Short name of the plugin; `acme`, `Acme` and `fapilog-acme` mean the same
    pub name: String,

    /// What the plugin does; may be given more than once or separated by commas
    #[arg(long = "kind", value_name = "KIND", value_delimiter = ',', default_values = ["processor", "sink"])]
    pub kinds: Vec<PluginKind>,

    /// Folder in which the plugin's folder is made
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,

    /// Author for the metadata: a name, or `Name <mail@address>` [default: the plugin's authors]
    #[arg(long, value_name = "AUTHOR")]
    pub author: Option<String>,
}
