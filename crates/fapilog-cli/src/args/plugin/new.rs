//! What `fapilog plugin new` takes.

use std::path::PathBuf;

use crate::args::ReportFormat;
use crate::kind::PluginKind;
use crate::language::Language;

/// Make a new plugin: a distribution with typed code, tests, docs, lints, hooks and workflows
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin new acme
  fapilog plugin new acme --kind sink
  fapilog plugin new acme --kind filter,redactor --dir ~/src --author \"Ada Lovelace <ada@example.com>\"
  fapilog plugin new acme --kind redactor --lang rust
  fapilog plugin new acme --kind sink --first-party
  fapilog plugin new acme --template ~/templates/plugin

Makes the folder fapilog-acme, all of it or nothing. On a terminal, what is not given is asked for.

Exit codes: 0 made, 1 could not be made, 2 typed wrongly.")]
pub struct NewArgs {
    /// Short name of the plugin; `acme`, `Acme` and `fapilog-acme` mean the same
    pub name: Option<String>,

    /// What the plugin does; may be given more than once or separated by commas [default:
    /// processor, sink; of a library: processor]
    #[arg(long = "kind", value_name = "KIND", value_delimiter = ',')]
    pub kinds: Vec<PluginKind>,

    /// What it is written in; a library, in Rust or C, has one kind, and an alerter is Python
    #[arg(long = "lang", value_enum, value_name = "LANGUAGE", default_value_t = Language::Python)]
    pub language: Language,

    /// Add what an extra of fapilog itself needs: import guards, and the lines that wire it
    #[arg(long)]
    pub first_party: bool,

    /// Folder in which the plugin's folder is made
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,

    /// Author for the metadata: a name, or `Name <mail@address>` [default: the plugin's authors]
    #[arg(long, value_name = "AUTHOR")]
    pub author: Option<String>,

    /// Folder of your own templates, instead of the ones that come with the command
    #[arg(long, value_name = "DIR", conflicts_with_all = ["first_party", "language"])]
    pub template: Option<PathBuf>,

    /// How the result is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}
