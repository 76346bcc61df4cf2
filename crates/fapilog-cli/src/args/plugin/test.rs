//! What `fapilog plugin test` takes.

use std::path::PathBuf;

use crate::args::ReportFormat;

/// Test a plugin: its own tests and the conformance kit, in environments made for that
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin test
  fapilog plugin test --core 3.0,3.1 --python 3.10,3.11
  fapilog plugin test --coverage --junit report.xml
  fapilog plugin test --offline --find-links dist -- -k redact -x

Each environment has the project in editable form with its extra `dev` (or `test`), and is kept in
.fapilog/test until pyproject.toml or a lock file changes. uv makes it when there is one, else venv
and pip; both use the index that they are configured for. Plugins that the tests do not examine are
examined as they are, with `config` of [tool.fapilog.test.NAME] in pyproject.toml.

Exit codes: 0 all passed, 1 something failed or was not there, 2 typed wrongly.")]
pub struct TestArgs {
    /// Folder of the plugin's project
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,

    /// Versions of fapilog to test with, as `3.0` or `3.0.1` [default: what the index has]
    #[arg(long = "core", value_name = "VERSION", value_delimiter = ',')]
    pub cores: Vec<String>,

    /// Versions of Python to test with, as `3.11` [default: that of this environment]
    #[arg(long = "python", value_name = "VERSION", value_delimiter = ',')]
    pub pythons: Vec<String>,

    /// Folder or page with more distributions; may be given more than once
    #[arg(long, value_name = "PLACE")]
    pub find_links: Vec<String>,

    /// Ask no index: take everything from --find-links
    #[arg(long)]
    pub offline: bool,

    /// Measure which lines of the plugin the tests reach
    #[arg(long)]
    pub coverage: bool,

    /// Write results in JUnit's form, one suite for each environment
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,

    /// How the results are printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,

    /// Longest time for the tests of one environment, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub timeout: u64,

    /// Make the environments anew
    #[arg(long)]
    pub fresh: bool,

    /// Words for pytest
    #[arg(last = true, value_name = "WORDS")]
    pub words: Vec<String>,
}
