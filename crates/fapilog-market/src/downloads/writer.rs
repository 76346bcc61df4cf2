//! Bringing the counters into the database, and the sums into the catalogue.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::watch;

use crate::catalogue::entry::POPULARITY_DAYS;
use crate::clock;
use crate::downloads::Downloader;
use crate::downloads::counter::DAY_US;
use crate::error::MarketError;
use crate::market::Market;
use crate::queries::{downloads, search};

/// How long a download may be known to this server alone.
const INTERVAL: Duration = Duration::from_secs(10);

/// Writes what was counted, with the new sums of those projects.
///
/// # Errors
///
/// `internal`; then nothing is lost, and the next call writes it.
pub async fn write(market: &Market) -> Result<(), MarketError> {
    let counts = market.downloads.take();
    if counts.is_empty() {
        return Ok(());
    }
    let people = counts
        .iter()
        .filter(|(counted, _)| counted.by == Downloader::Person);
    let projects: BTreeSet<String> = people.map(|(counted, _)| counted.project.clone()).collect();
    let written = async {
        let mut transaction = market.database.begin().await?;
        downloads::add(&mut transaction, &counts).await?;
        sum(&mut transaction, projects.iter()).await?;
        transaction.commit().await
    };
    if let Err(error) = written.await {
        market.downloads.give_back(counts);
        return Err(error.into());
    }
    Ok(())
}

/// Sums anew what the catalogue shows: at midnight a day leaves the window.
///
/// # Errors
///
/// `internal`.
pub async fn sum_again(market: &Market) -> Result<(), MarketError> {
    let names = search::downloaded(&market.database).await?;
    let mut transaction = market.database.begin().await?;
    sum(&mut transaction, names.iter()).await?;
    Ok(transaction.commit().await?)
}

async fn sum(
    connection: &mut sqlx::AnyConnection,
    projects: impl ExactSizeIterator<Item = &String>,
) -> sqlx::Result<()> {
    if projects.len() == 0 {
        return Ok(());
    }
    let from = clock::now_us() / DAY_US - POPULARITY_DAYS;
    let changed = search::tick(connection).await?;
    for project in projects {
        let times = downloads::since(connection, project, from).await?;
        search::set_downloads(connection, project, times, changed).await?;
    }
    Ok(())
}

/// Writes now and then until the server stops, and once more then.
pub async fn run(market: Market, mut stopped: watch::Receiver<bool>) {
    let mut day = clock::now_us() / DAY_US;
    loop {
        let ends = tokio::time::timeout(INTERVAL, stopped.wait_for(|stop| *stop))
            .await
            .is_ok();
        let today = clock::now_us() / DAY_US;
        let mut done = write(&market).await;
        if today != day {
            day = today;
            done = done.and(sum_again(&market).await);
        }
        if let Err(error) = done {
            tracing::warn!(id = error.id, "downloads could not be written");
        }
        if ends {
            return;
        }
    }
}
