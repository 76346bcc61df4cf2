//! What `fapilog plugin dev` takes.

use super::SubjectArgs;
use crate::args::ReportFormat;

/// Run an application with the plugin, and exchange the plugin on every save
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin dev
  fapilog plugin dev --rate 200 --option max_length=40
  fapilog plugin dev --app app.py
  fapilog plugin dev --app shop.main:main

Without --app a small application logs sample records. What is saved is taken up between two records:
none is lost, and when the new code fails, the old goes on. Ends with the application, or with Ctrl-C.

Exit codes: 0 ended, 1 could not be run or records were lost, 2 typed wrongly.")]
pub struct DevArgs {
    #[command(flatten)]
    pub subject: SubjectArgs,

    /// Your own application: `module:function`, or a script that ends in `.py`
    #[arg(long, value_name = "APP", conflicts_with_all = ["rate", "records"])]
    pub app: Option<String>,

    /// Records a second of the small application
    #[arg(long, value_name = "NUMBER", default_value_t = 20.0, value_parser = rate)]
    pub rate: f64,

    /// End after so many records
    #[arg(long, value_name = "NUMBER")]
    pub records: Option<u64>,

    /// How it is shown
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}

/// A rate of at least one record in a thousand seconds.
pub fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.001..=1e6).contains(&rate) => Ok(rate),
        _ => Err("expected records a second, from 0.001 to 1000000".to_owned()),
    }
}
