//! Keys of index pages. Clients ask for them all the time, and most of what an answer costs is the way
//! to the database and back, so requests share it: those that come while a question is on its way
//! wait for the next one, which asks for all of them. A question never begins before the requests it
//! answers, so that no answer is older than its request.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::database::Database;
use crate::error::MarketError;
use crate::queries::pages::{self, PageHead};

/// Longest time for a question, and for a request until its answer; both may wait for a connection.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// Most requests that wait at once. More come only while the database does not answer.
const MOST_WAITING: usize = 10_000;

/// Asks for keys, for all requests of a server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Heads(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    database: Database,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Whether somebody asks already.
    asked: bool,
    requests: Vec<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    project: String,
    answer: oneshot::Sender<Answer>,
}

type Answer = Result<Option<PageHead>, MarketError>;

impl Heads {
    /// Asks this database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        let waiting = Mutex::default();
        Self(Arc::new(Shared { database, waiting }))
    }

    /// The key of a project's page; `None` when it has no stored page.
    ///
    /// # Errors
    ///
    /// `internal`.
    pub async fn get(&self, project: &str) -> Answer {
        let (answer, answered) = oneshot::channel();
        let project = project.to_owned();
        if self.wait(Waiter { project, answer })? {
            tokio::spawn(Turn(self.clone()).ask());
        }
        match timeout(ANSWER_TIMEOUT, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(broken)) => Err(MarketError::internal(&broken)),
            Err(late) => Err(MarketError::internal(&late)),
        }
    }

    /// Adds a request; whether its owner is the one to ask.
    fn wait(&self, request: Waiter) -> Result<bool, MarketError> {
        let mut waiting = self.waiting();
        if waiting.requests.len() >= MOST_WAITING {
            return Err(MarketError::internal(
                &"too many requests wait for the database",
            ));
        }
        waiting.requests.push(request);
        Ok(!std::mem::replace(&mut waiting.asked, true))
    }

    /// Those whose question is next: all for the first pages. When nobody waits, nobody asks any more.
    fn next(&self) -> Vec<Waiter> {
        let mut waiting = self.waiting();
        // Who has given up or gone away needs no answer.
        waiting.requests.retain(|one| !one.answer.is_closed());
        if waiting.requests.len() <= pages::MOST_HEADS {
            waiting.asked = !waiting.requests.is_empty();
            return std::mem::take(&mut waiting.requests);
        }
        let mut projects = HashSet::new();
        let all = std::mem::take(&mut waiting.requests).into_iter();
        let (next, later) = all.partition(|one: &Waiter| {
            projects.contains(&one.project)
                || projects.len() < pages::MOST_HEADS && projects.insert(one.project.clone())
        });
        waiting.requests = later;
        waiting.asked = true;
        next
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        let waiting = self.0.waiting.lock();
        waiting.unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task that asks, until nobody waits. If it should break off, its requests fail and the next one
/// asks again.
struct Turn(Heads);

impl Turn {
    async fn ask(self) {
        loop {
            // Requests that are here already come first: they join the question.
            yield_now().await;
            let requests = self.0.next();
            if requests.is_empty() {
                return;
            }
            answer(&self.0.0.database, requests).await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if std::thread::panicking() {
            *self.0.waiting() = Waiting::default();
        }
    }
}

async fn answer(database: &Database, requests: Vec<Waiter>) {
    let mut projects: Vec<&str> = requests.iter().map(|one| one.project.as_str()).collect();
    projects.sort_unstable();
    projects.dedup();
    let found = match timeout(ANSWER_TIMEOUT, pages::heads(database, &projects)).await {
        Ok(found) => found.map_err(MarketError::from),
        Err(late) => Err(MarketError::internal(&late)),
    };
    for Waiter { project, answer } in requests {
        let told = match &found {
            Ok(found) => Ok(found.get(&project).cloned()),
            Err(error) => Err(error.clone()),
        };
        // Somebody may have gone away meanwhile.
        let _ = answer.send(told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::DatabaseAddress;
    use crate::queries::pages::PageRow;

    async fn write(database: &Database, project: &str, key: &str) {
        let row = PageRow {
            key: key.to_owned(),
            json: String::new(),
            html: String::new(),
        };
        let mut connection = database.acquire().await.unwrap();
        sqlx::query(
            "INSERT INTO projects (name, latest_version, created_us, updated_us) \
             VALUES ($1, '1', 0, 0) ON CONFLICT (name) DO NOTHING",
        )
        .bind(project)
        .execute(&mut *connection)
        .await
        .unwrap();
        pages::upsert(&mut connection, project, "1", &row)
            .await
            .unwrap();
    }

    async fn key(heads: &Heads, project: &str) -> Option<String> {
        let head = heads.get(project).await.unwrap();
        head.map(|head| head.key)
    }

    /// More at once than one question takes; some for the same page, some for none.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn everybody_gets_the_key_they_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let address = DatabaseAddress::in_folder(folder.path());
        let database = Database::open(&address).await.unwrap();
        for number in 0..100 {
            write(&database, &format!("p{number}"), &format!("k{number}")).await;
        }
        let heads = Heads::new(database.clone());
        let asking = (0..600).map(|number| {
            let heads = heads.clone();
            tokio::spawn(async move {
                let number = number % 150;
                let found = key(&heads, &format!("p{number}")).await;
                assert_eq!(found, (number < 100).then(|| format!("k{number}")));
            })
        });
        for task in asking.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        while heads.waiting().asked {
            yield_now().await;
        }
    }

    /// A key that was written is what everybody who asks from then on is told, however many questions
    /// are on their way.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn no_answer_is_older_than_its_request() {
        let folder = tempfile::tempdir().unwrap();
        let address = DatabaseAddress::in_folder(folder.path());
        let database = Database::open(&address).await.unwrap();
        let heads = Heads::new(database.clone());
        let crowd: Vec<_> = (0..8)
            .map(|_| {
                let heads = heads.clone();
                tokio::spawn(async move {
                    loop {
                        key(&heads, "page").await;
                    }
                })
            })
            .collect();
        for number in 0..300 {
            let written = number.to_string();
            write(&database, "page", &written).await;
            assert_eq!(key(&heads, "page").await, Some(written));
        }
        for task in crowd {
            task.abort();
        }
    }

    #[tokio::test]
    async fn a_database_that_is_gone_is_an_error_for_each() {
        let folder = tempfile::tempdir().unwrap();
        let address = DatabaseAddress::in_folder(folder.path());
        let database = Database::open(&address).await.unwrap();
        database.close().await;
        let heads = Heads::new(database);
        for _ in 0..2 {
            let (one, other) = tokio::join!(heads.get("page"), heads.get("page"));
            assert_eq!(one.unwrap_err().id, "internal");
            assert_eq!(other.unwrap_err().id, "internal");
        }
    }
}
