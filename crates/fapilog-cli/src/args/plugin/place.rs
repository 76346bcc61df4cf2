//! Options of every verb that looks into an environment or at a marketplace.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::args::ReportFormat;

/// pip or uv.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InstallerName {
    /// pip
    Pip,
    /// uv
    Uv,
}

impl InstallerName {
    /// The word as it is typed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pip => "pip",
            Self::Uv => "uv",
        }
    }
}

/// Which environment, and how it is reported on.
#[derive(Debug, Clone, clap::Args)]
pub struct EnvironmentArgs {
    /// Python of the environment [default: that of the active environment]
    #[arg(long, value_name = "FILE")]
    pub python: Option<PathBuf>,

    /// What installs [default: what the environment uses]
    #[arg(long, value_enum, value_name = "NAME")]
    pub installer: Option<InstallerName>,

    /// How the outcome is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}

/// Which marketplace.
#[derive(Debug, Clone, clap::Args)]
pub struct MarketArgs {
    /// Address of the marketplace [default: FAPILOG_MARKET, else the index of uv or pip as their
    /// environment variables name it]
    #[arg(long, value_name = "URL")]
    pub market: Option<String>,
}
