//! What `fapilog plugin build` takes.

use std::path::PathBuf;

use crate::args::ReportFormat;

/// Build the wheel and the source distribution of a plugin, with an SBOM in the wheel
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin build
  fapilog plugin build fapilog-acme --out dist

The build frontend is uv or the package `build`, whichever is there. The wheel gets a CycloneDX SBOM (PEP
770) and is read again as the marketplace would. With the same SOURCE_DATE_EPOCH the same sources give
the same SBOM.

Exit codes: 0 built, 1 it failed, 2 typed wrongly.")]
pub struct BuildArgs {
    /// Folder of the plugin, with its pyproject.toml
    #[arg(value_name = "DIR", default_value = ".")]
    pub project: PathBuf,

    /// Where the files go [default: DIR/dist]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Python that builds [default: that of the active environment]
    #[arg(long, value_name = "FILE")]
    pub python: Option<PathBuf>,

    /// How the outcome is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}
