//! What `fapilog plugin receipts` takes.

use clap::Subcommand;

use super::place::MarketArgs;
use crate::args::ReportFormat;

/// Tell the marketplace what was installed, or stop telling it; off unless switched on
#[derive(Debug, clap::Args)]
#[command(
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_help = "\
Examples:
  fapilog plugin receipts show
  fapilog plugin receipts on
  fapilog plugin receipts forget

With receipts, your reviews of a plugin are marked as those of a verified install."
)]
pub struct ReceiptsArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: ReceiptsCommand,
}

/// The word after `fapilog plugin receipts`.
#[derive(Debug, Subcommand)]
pub enum ReceiptsCommand {
    On(ReceiptsOnArgs),
    Off(ReceiptsOffArgs),
    Forget(ReceiptsForgetArgs),
    Show(ReceiptsShowArgs),
}

/// Switch receipts on for a marketplace, and say what they hold
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin receipts on
  fapilog plugin receipts on --label laptop --market https://market.example.com/

A key is made for this installation and kept where only you can read it; the marketplace gets its public
half. The token is that of FAPILOG_RECEIPTS_TOKEN: one for receipts, made on the marketplace's page of
tokens. It is needed this once and kept nowhere.

Exit codes: 0 on (or on already), 1 failed, 2 typed wrongly.")]
pub struct ReceiptsOnArgs {
    /// What you call this installation; the marketplace shows it to you alone
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub label: String,

    #[command(flatten)]
    pub market: MarketArgs,
}

/// Switch receipts off: the key is removed here and at the marketplace
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin receipts off

What was sent stays until you take it away, by `fapilog plugin receipts forget` before this or on the
account's page of receipts.

Exit codes: 0 off (or off already), 1 failed, 2 typed wrongly.")]
pub struct ReceiptsOffArgs {
    #[command(flatten)]
    pub market: MarketArgs,
}

/// Switch receipts off and have the marketplace forget those that this installation sent
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin receipts forget

Exit codes: 0 forgotten, 1 failed (nothing has changed), 2 typed wrongly.")]
pub struct ReceiptsForgetArgs {
    #[command(flatten)]
    pub market: MarketArgs,
}

/// Show what receipts hold, and for which marketplaces they are on
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog plugin receipts show
  fapilog plugin receipts show --format json

Exit codes: 0 shown, 1 failed, 2 typed wrongly.")]
pub struct ReceiptsShowArgs {
    /// How they are printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}
