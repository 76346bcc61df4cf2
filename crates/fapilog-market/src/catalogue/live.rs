//! The index that answers, kept level with the database: each search first asks for the state of the
//! catalogue's clock, so that what one server has published is found by all at once.

use std::sync::{Arc, RwLock};

use sqlx::AnyPool;
use tokio::sync::Mutex;

use crate::clock;
use crate::error::MarketError;
use crate::queries::{releases, search};
use crate::search::cores::Cores;
use crate::search::{Document, Snapshot};

/// Changed plugins that are indexed anew at each change; with more the whole index is built again,
/// which takes about a second for 100,000 plugins.
const MAX_CHANGED: usize = 500;

/// The distribution whose versions are the cores.
const CORE: &str = fapilog_package::gate::CORE_DISTRIBUTION;

#[derive(Debug)]
struct State {
    snapshot: Arc<Snapshot>,
    /// State of the clock at which the large segment was built.
    base_clock: i64,
}

/// The index of one server.
#[derive(Debug, Default)]
pub struct Catalogue {
    state: RwLock<Option<State>>,
    refreshing: Mutex<()>,
}

impl Catalogue {
    /// The index as the database is now.
    ///
    /// # Errors
    ///
    /// `internal`.
    pub async fn current(&self, database: &AnyPool) -> Result<Arc<Snapshot>, MarketError> {
        let now = search::clock(database).await?;
        if let Some(snapshot) = self.known(now) {
            return Ok(snapshot);
        }
        let _one_at_a_time = self.refreshing.lock().await;
        if let Some(snapshot) = self.known(now) {
            return Ok(snapshot);
        }
        // Read again: what came while another one refreshed is then in at once.
        let now = search::clock(database).await?;
        let state = match self.base(database).await? {
            Some((snapshot, base_clock)) => {
                let rows = search::changed_after(database, base_clock).await?;
                if rows.len() > MAX_CHANGED {
                    build(database, now).await?
                } else {
                    let snapshot = overlay(snapshot, rows, now).await?;
                    State {
                        snapshot: Arc::new(snapshot),
                        base_clock,
                    }
                }
            }
            None => build(database, now).await?,
        };
        let snapshot = Arc::clone(&state.snapshot);
        if let Ok(mut own) = self.state.write() {
            *own = Some(state);
        }
        Ok(snapshot)
    }

    fn known(&self, now: i64) -> Option<Arc<Snapshot>> {
        let state = self.state.read().ok()?;
        let state = state.as_ref()?;
        (state.snapshot.clock >= now).then(|| Arc::clone(&state.snapshot))
    }

    /// The index on which changes can be laid; none when there is none, or when it was built for
    /// other cores.
    async fn base(&self, database: &AnyPool) -> Result<Option<(Arc<Snapshot>, i64)>, MarketError> {
        let cores = cores(database).await?;
        let state = self.state.read().ok();
        let state = state.as_ref().and_then(|state| state.as_ref());
        let level = state.filter(|state| *state.snapshot.cores() == cores);
        Ok(level.map(|state| (Arc::clone(&state.snapshot), state.base_clock)))
    }
}

/// The cores that were published here.
///
/// # Errors
///
/// `internal`.
pub async fn cores(database: &AnyPool) -> Result<Cores, MarketError> {
    let versions = releases::versions(database, CORE).await?;
    Ok(Cores::new(versions.iter().map(String::as_str)))
}

async fn build(database: &AnyPool, now: i64) -> Result<State, MarketError> {
    let cores = cores(database).await?;
    let rows = search::all(database).await?;
    let documents: Vec<Document> = rows
        .into_iter()
        .map(search::DocumentRow::into_document)
        .collect();
    let snapshot = computed(move || Snapshot::new(documents, cores, now, clock::now_us())).await?;
    tracing::info!(plugins = snapshot.len(), "the search index was built");
    Ok(State {
        snapshot: Arc::new(snapshot),
        base_clock: now,
    })
}

async fn overlay(
    snapshot: Arc<Snapshot>,
    rows: Vec<search::DocumentRow>,
    now: i64,
) -> Result<Snapshot, MarketError> {
    let (gone, changed): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.is_gone == 1);
    let gone: Vec<String> = gone.into_iter().map(|row| row.name).collect();
    let changed = changed
        .into_iter()
        .map(search::DocumentRow::into_document)
        .collect();
    computed(move || snapshot.with_changes(changed, &gone, now, clock::now_us())).await
}

/// Indexing takes the processor, so it is kept off the threads that serve.
async fn computed(
    work: impl FnOnce() -> Result<Snapshot, fst::Error> + Send + 'static,
) -> Result<Snapshot, MarketError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| MarketError::internal(&error))?
        .map_err(|error| MarketError::internal(&error))
}
