//! Tells the marketplace what was just installed.

use std::time::{Duration, Instant};

use fapilog_market_api::Receipt;

use super::{InstallationKey, file};
use crate::client::{Choice, ClientFailure, Done, Inventory, Market};

/// Longest time that the receipts of one command may take together.
const LIMIT: Duration = Duration::from_secs(5);

/// What build services set; the variables that pip goes by.
const OF_BUILD_SERVICES: [&str; 4] = ["BUILD_BUILDID", "BUILD_ID", "CI", "PIP_IS_CI"];

/// Sends a receipt for each chosen plugin that was installed, where receipts are on. Gives a line for
/// each that was sent, or why not; nothing where they are off.
pub fn send(market: &Market, choices: &[Choice], done: &Done) -> Vec<String> {
    if is_build_service(|name| std::env::var(name).ok()) {
        return Vec::new();
    }
    let key = match InstallationKey::find(market.address()) {
        Ok(Some(key)) => key,
        Ok(None) => return Vec::new(),
        Err(failure) => return vec![format!("no receipt was sent: {failure}")],
    };
    let deadline = Instant::now() + LIMIT;
    let installed = choices.iter().filter(|choice| done.installed(choice));
    let outcome = |choice: &Choice| match send_one(market, &key, choice, &done.inventory, deadline)
    {
        Ok(true) => format!("a receipt for {} {} was sent", choice.name, choice.version),
        Ok(false) => format!(
            "no receipt for {} {}: which file of the marketplace it is can't be told",
            choice.name, choice.version
        ),
        Err(failure) => format!("no receipt for {}: {failure}", choice.name),
    };
    installed.map(outcome).collect()
}

/// Sends one; `false` when the file can't be named.
fn send_one(
    market: &Market,
    key: &InstallationKey,
    choice: &Choice,
    inventory: &Inventory,
    deadline: Instant,
) -> Result<bool, ClientFailure> {
    let installed = inventory.find(&choice.name);
    let named = installed.and_then(|one| file::of(one, &choice.files));
    let (Some(named), Some(core)) = (named, inventory.core()) else {
        return Ok(false);
    };
    let signed = key.receipt(Receipt {
        key: String::new(),
        nonce: String::new(),
        at_s: 0,
        plugin: choice.name.clone(),
        version: choice.version.clone(),
        sha256: named.sha256.clone(),
        core: core.to_owned(),
        python: inventory.python.clone(),
    })?;
    let left = deadline.saturating_duration_since(Instant::now());
    market.tell("/api/v1/receipts", &signed, None, left)?;
    Ok(true)
}

fn is_build_service(variable: impl Fn(&str) -> Option<String>) -> bool {
    OF_BUILD_SERVICES.iter().any(|name| {
        let value = variable(name).unwrap_or_default();
        !matches!(value.as_str(), "" | "0" | "false")
    })
}

#[cfg(test)]
mod tests {
    use super::is_build_service;

    #[test]
    fn build_services_say_that_they_are_some() {
        let set = |key: &'static str, value: &'static str| {
            is_build_service(move |name| (name == key).then(|| value.to_owned()))
        };
        assert!(set("CI", "true") && set("CI", "1") && set("BUILD_ID", "7"));
        assert!(!set("CI", "false") && !set("CI", "") && !set("HOME", "/x"));
    }
}
