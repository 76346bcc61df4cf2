//! A receipt that came.

use std::str::FromStr as _;

use axum::http::StatusCode;
use fapilog_market_api::{Receipt, Signed};
use fapilog_package::Version;
use fapilog_package::name::ProjectName;

use super::signed::{bad, is_hex, take_once, verify};
use super::{MAX_A_DAY, MAX_KEPT};
use crate::clock;
use crate::daily;
use crate::error::MarketError;
use crate::market::Market;
use crate::queries::receipts::{self, ReceiptRow};

/// Longest version in bytes; those of releases have a dozen.
const MAX_VERSION_BYTES: usize = 100;

/// Takes a receipt: signed by a key of an account, in time, for the first time, about a file that is
/// in that release.
///
/// # Errors
///
/// `bad-receipt`, `receipt-signature`, `receipt-time`, `too-many-receipts`, `receipt-used`,
/// `receipt-file`, `internal`.
pub async fn take(market: &Market, signed: &Signed) -> Result<(), MarketError> {
    let verified = verify::<Receipt>(market, signed).await?;
    let now_us = clock::now_us();
    let row = row(&verified.statement, &verified.key.user_id, now_us)?;
    count(market, &row.user_id).await?;
    let mut transaction = market.database.begin().await?;
    take_once(&mut transaction, &verified, now_us).await?;
    let (project, version) = (&row.project, &row.version);
    if !receipts::names_a_file(&mut transaction, project, version, &row.sha256).await? {
        return Err(MarketError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "receipt-file",
            format!("`{project}` {version} has no file with this digest here"),
            "install the plugin from this marketplace",
        ));
    }
    receipts::put(&mut transaction, &row, MAX_KEPT).await?;
    Ok(transaction.commit().await?)
}

fn row(receipt: &Receipt, user_id: &str, now_us: i64) -> Result<ReceiptRow, MarketError> {
    if !is_hex(&receipt.sha256, 64) {
        return Err(bad("the digest"));
    }
    let version = |text: &str, what| {
        let parsed = Version::from_str(text).ok();
        let parsed = parsed.filter(|_| text.len() <= MAX_VERSION_BYTES);
        parsed.map(|one| one.to_string()).ok_or_else(|| bad(what))
    };
    let project = ProjectName::parse(&receipt.plugin).map_err(|_| bad("the name"))?;
    Ok(ReceiptRow {
        user_id: user_id.to_owned(),
        project: project.to_string(),
        version: version(&receipt.version, "the version")?,
        sha256: receipt.sha256.clone(),
        core_version: version(&receipt.core, "the core's version")?,
        python_version: version(&receipt.python, "Python's version")?,
        key_id: receipt.key.clone(),
        received_us: now_us,
    })
}

/// For the account: more keys don't give it more.
async fn count(market: &Market, user_id: &str) -> Result<(), MarketError> {
    if daily::count(market, "receipts", user_id, MAX_A_DAY).await? {
        return Ok(());
    }
    Err(MarketError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-receipts",
        format!("{MAX_A_DAY} receipts of an account in a day are enough"),
        "nothing is lost: installing works without receipts",
    ))
}
