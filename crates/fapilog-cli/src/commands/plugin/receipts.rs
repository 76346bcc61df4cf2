//! `fapilog plugin receipts on|off|forget|show`

use std::io::Write as _;
use std::time::Duration;

use fapilog_market_api::{NewReceiptKey, ReceiptKey};
use serde_json::json;

use super::search::market_at;
use crate::args::{
    ReceiptsArgs, ReceiptsCommand, ReceiptsForgetArgs, ReceiptsOffArgs, ReceiptsOnArgs,
    ReceiptsShowArgs, ReportFormat,
};
use crate::client::{ClientFailure, InstallationKey, Market, NewKey, RECEIPT_CONTENTS, printable};
use crate::commands::Outcome;
use crate::failure::Failure;

/// Holds a token for receipts.
const TOKEN_VARIABLE: &str = "FAPILOG_RECEIPTS_TOKEN";
/// Longest time of one question.
const LIMIT: Duration = Duration::from_secs(30);
/// Where keys end.
const END: &str = "/api/v1/receipt-keys/end";

/// Carries out what was typed after `fapilog plugin receipts`.
pub fn run(args: ReceiptsArgs) -> Result<Outcome, Failure> {
    match args.command {
        ReceiptsCommand::On(args) => on(&args),
        ReceiptsCommand::Off(args) => off(&args),
        ReceiptsCommand::Forget(args) => forget(&args),
        ReceiptsCommand::Show(args) => show(&args),
    }
}

fn on(args: &ReceiptsOnArgs) -> Result<Outcome, Failure> {
    let market = market_at(args.market.market.as_deref())?;
    let mut out = anstream::stdout();
    let known = InstallationKey::find(market.address())?;
    let key = match known {
        Some(key) => key,
        None => register(&market, &args.label)?,
    };
    let (account, place) = (printable(key.account()), key.market());
    writeln!(out, "Receipts are on for {account} at {place}.\n")?;
    writeln!(out, "{RECEIPT_CONTENTS}")?;
    Ok(Outcome::Fine)
}

/// Makes a key and has the marketplace know it.
fn register(market: &Market, label: &str) -> Result<InstallationKey, ClientFailure> {
    let token = std::env::var(TOKEN_VARIABLE).unwrap_or_default();
    if token.trim().is_empty() {
        return Err(ClientFailure::NoReceiptsToken {
            address: market.address().to_string(),
        });
    }
    let key = NewKey::generate()?;
    let asked = NewReceiptKey {
        public_key: key.public(),
        label: label.to_owned(),
    };
    let answer = market.tell("/api/v1/receipt-keys", &asked, Some(token.trim()), LIMIT)?;
    let added: ReceiptKey = market.understand(&answer)?;
    let key = key.named(market.address(), &added.id, &added.account)?;
    if let Err(failure) = key.keep() {
        // A key that nobody holds would only take up room in the account.
        let _ = market.tell(END, &key.end(false)?, None, LIMIT);
        return Err(failure);
    }
    Ok(key)
}

fn off(args: &ReceiptsOffArgs) -> Result<Outcome, Failure> {
    let market = market_at(args.market.market.as_deref())?;
    let mut out = anstream::stdout();
    let Some(key) = InstallationKey::find(market.address())? else {
        writeln!(out, "Receipts are off for {}.", market.address())?;
        return Ok(Outcome::Fine);
    };
    let ended = market.tell(END, &key.end(false)?, None, LIMIT);
    // Here it ends in any case.
    key.remove()?;
    writeln!(out, "Receipts are off for {}.", market.address())?;
    if let Err(failure) = ended {
        writeln!(
            out,
            "The key is gone here, but the marketplace still knows it ({failure}).\nRemove it at {}/account/receipts",
            market.address()
        )?;
    }
    Ok(Outcome::Fine)
}

fn forget(args: &ReceiptsForgetArgs) -> Result<Outcome, Failure> {
    let market = market_at(args.market.market.as_deref())?;
    let key = InstallationKey::find(market.address())?;
    let key = key.ok_or_else(|| ClientFailure::ReceiptsAreOff {
        address: market.address().to_string(),
    })?;
    market.tell(END, &key.end(true)?, None, LIMIT)?;
    key.remove()?;
    writeln!(
        anstream::stdout(),
        "Receipts are off for {}, and those of this installation are forgotten there.",
        market.address()
    )?;
    Ok(Outcome::Fine)
}

fn show(args: &ReceiptsShowArgs) -> Result<Outcome, Failure> {
    let keys = InstallationKey::all()?;
    let mut out = anstream::stdout();
    if args.format == ReportFormat::Json {
        let keys = keys.iter().map(|key| {
            json!({
                "market": key.market(), "account": key.account(), "key": key.id(),
                "public_key": key.public(), "file": key.path(),
            })
        });
        writeln!(out, "{}", json!({"on": keys.collect::<Vec<_>>()}))?;
        return Ok(Outcome::Fine);
    }
    if keys.is_empty() {
        writeln!(out, "Receipts are off.")?;
    }
    for key in &keys {
        writeln!(
            out,
            "Receipts are on for {} at {}.\n  key   {} (ed25519 {})\n  file  {}",
            printable(key.account()),
            printable(key.market()),
            printable(key.id()),
            key.public(),
            printable(&key.path().display().to_string())
        )?;
    }
    writeln!(out, "\n{RECEIPT_CONTENTS}")?;
    Ok(Outcome::Fine)
}
