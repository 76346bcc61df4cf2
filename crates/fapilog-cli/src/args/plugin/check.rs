//! What `fapilog plugin check` takes.

use std::path::PathBuf;

use clap::ValueEnum;
use fapilog_scan::Level;

/// Judge a plugin package: quality gates, security rules, capabilities used and declared
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin check
  fapilog plugin check dist/fapilog_acme-1.0-py3-none-any.whl --level verified
  fapilog plugin check --format sarif > fapilog.sarif

PATH is a wheel, a source archive, or a project's folder: then the newest artifacts in its dist/ are
judged, and are built there first when there are none. The marketplace applies the same rules.

Accept a finding with a comment on its line, `# fapilog: allow[rule-id] reason`, or with a table in
pyproject.toml: [[tool.fapilog.check.allow]] with rule, reason and, if you like, file.

Exit codes: 0 passes at the level, 1 does not pass or could not be judged, 2 typed wrongly.")]
pub struct CheckArgs {
    #[command(flatten)]
    pub judged: JudgedArgs,
}

/// What `check` and `scan` have in common.
#[derive(Debug, clap::Args)]
pub struct JudgedArgs {
    /// Wheels, source archives or project folders
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,

    /// How the report is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = JudgementFormat::Text)]
    pub format: JudgementFormat,

    /// The level that must be reached for exit code 0
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = AskedLevel::Community)]
    pub level: AskedLevel,

    /// TOML file that says which rules block at which level [default: built in]
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,

    /// Also apply YARA rules from a file, by the program `yara` of this system
    #[arg(long, value_name = "RULES")]
    pub yara: Option<PathBuf>,

    /// Also look for known vulnerabilities in an OSV export for PyPI: folder, zip or JSON file
    #[arg(long, value_name = "PATH")]
    pub advisories: Option<PathBuf>,

    /// Also look for withdrawn versions and for licences in a mirror of the package index: its folder
    /// of JSON pages, or one page
    #[arg(long, value_name = "PATH")]
    pub index_export: Option<PathBuf>,

    /// Show notes and accepted findings in full, too
    #[arg(long)]
    pub verbose: bool,
}

/// How a judgement is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum JudgementFormat {
    /// For people
    Text,
    /// For programs: one JSON object
    Json,
    /// For code scanning: SARIF 2.1.0
    Sarif,
}

/// How much is asked of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AskedLevel {
    /// No harm that can be seen, and it can be installed
    Community,
    /// Also well made: typed, documented, tested, with known maintainers
    Verified,
    /// Nothing is left open, and the judge itself was confined
    Enterprise,
}

impl From<AskedLevel> for Level {
    fn from(level: AskedLevel) -> Self {
        match level {
            AskedLevel::Community => Self::Community,
            AskedLevel::Verified => Self::Verified,
            AskedLevel::Enterprise => Self::Enterprise,
        }
    }
}
