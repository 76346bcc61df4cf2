//! The queue of jobs: who gets which, what a dead worker leaves, what waits only once.

use fapilog_market::jobs::JobKind;
use fapilog_market::queries::jobs::{self, JobRow};

use crate::world::World;

fn job(id: &str, subject: &str, due_us: i64) -> JobRow {
    JobRow {
        id: id.to_owned(),
        kind: "test".to_owned(),
        subject: subject.to_owned(),
        payload: "{}".to_owned(),
        state: "waiting".to_owned(),
        attempts: 0,
        max_attempts: 3,
        priority: 0,
        due_us,
        lease: None,
        error: None,
        created_us: 0,
    }
}

async fn put(world: &World, row: &JobRow) {
    let mut transaction = world.market.database.begin().await.unwrap();
    jobs::insert(&mut transaction, row).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn take(world: &World, lease: &str, now_us: i64) -> Option<JobRow> {
    jobs::take(
        &world.market.database,
        lease,
        now_us + 100,
        now_us,
        JobKind::ANY,
    )
    .await
    .unwrap()
}

#[tokio::test]
async fn workers_that_ask_at_once_get_different_jobs() {
    let world = World::idle().await;
    for n in 0..40 {
        put(&world, &job(&format!("job{n}"), &n.to_string(), 1)).await;
    }
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..8 {
        let database = world.market.database.clone();
        workers.spawn(async move {
            let mut got = Vec::new();
            let lease = format!("worker{worker}");
            while let Some(row) = jobs::take(&database, &lease, 100, 50, JobKind::ANY)
                .await
                .unwrap()
            {
                assert_eq!((row.attempts, row.state.as_str()), (1, "running"));
                got.push(row.id);
            }
            got
        });
    }
    let mut all: Vec<String> = workers.join_all().await.concat();
    all.sort();
    let taken = all.len();
    all.dedup();
    assert_eq!((taken, all.len()), (40, 40));
}

#[tokio::test]
async fn a_worker_that_is_kept_for_uploads_leaves_other_jobs() {
    let world = World::idle().await;
    let database = &world.market.database;
    let of = |kind: JobKind| JobRow {
        kind: kind.name().to_owned(),
        priority: kind.priority(),
        ..job(kind.name(), "x", 1)
    };
    put(&world, &of(JobKind::Deliver)).await;
    put(&world, &of(JobKind::Rescan)).await;
    let kept = JobKind::AWAITED;
    assert!(!jobs::any_due(database, 50, kept).await.unwrap());
    let taken = jobs::take(database, "kept", 100, 50, kept).await.unwrap();
    assert_eq!(taken, None);
    put(&world, &of(JobKind::Judge)).await;
    let taken = jobs::take(database, "kept", 100, 50, kept).await.unwrap();
    assert_eq!(taken.unwrap().kind, "judge");
    let taken = jobs::take(database, "other", 100, 50, JobKind::ANY)
        .await
        .unwrap();
    assert_eq!(taken.unwrap().kind, "deliver");
}

#[tokio::test]
async fn a_job_is_taken_over_when_its_lease_has_ended_and_its_first_worker_cannot_end_it() {
    let world = World::idle().await;
    put(&world, &job("a", "x", 1)).await;
    let first = take(&world, "first", 10).await.unwrap();
    assert_eq!(first.due_us, 110);
    assert_eq!(take(&world, "second", 109).await, None);
    assert!(
        jobs::prolong(&world.market.database, "a", "first", 200)
            .await
            .unwrap()
    );
    assert_eq!(take(&world, "second", 199).await, None);
    let second = take(&world, "second", 200).await.unwrap();
    assert_eq!(second.attempts, 2);
    let mut transaction = world.market.database.begin().await.unwrap();
    assert!(!jobs::finish(&mut transaction, "a", "first").await.unwrap());
    assert!(jobs::finish(&mut transaction, "a", "second").await.unwrap());
    transaction.commit().await.unwrap();
    assert_eq!(jobs::all(&world.market.database).await.unwrap(), []);
}

#[tokio::test]
async fn jobs_wait_for_their_time_and_go_by_priority() {
    let world = World::idle().await;
    let urgent = JobRow {
        priority: -1,
        ..job("urgent", "u", 5)
    };
    for row in [job("later", "l", 50), job("early", "e", 1), urgent] {
        put(&world, &row).await;
    }
    let mut order = Vec::new();
    while let Some(row) = take(&world, "w", 20).await {
        order.push(row.id);
    }
    assert_eq!(order, ["urgent", "early"]);
}

#[tokio::test]
async fn one_subject_waits_once_also_after_a_failure() {
    let world = World::idle().await;
    put(&world, &job("a", "x", 1)).await;
    put(&world, &job("b", "x", 1)).await;
    let running = take(&world, "w", 10).await.unwrap();
    assert_eq!(
        (running.id.as_str(), take(&world, "v", 10).await),
        ("a", None)
    );
    // While the first one runs, its subject may change again.
    put(&world, &job("c", "x", 1)).await;
    let mut transaction = world.market.database.begin().await.unwrap();
    jobs::put_back(&mut transaction, &running, Some(30), "again")
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let left = jobs::all(&world.market.database).await.unwrap();
    assert_eq!(
        left.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(),
        ["c"]
    );
}

#[tokio::test]
async fn what_failed_for_good_waits_for_somebody_to_ask_again() {
    let world = World::idle().await;
    put(&world, &job("a", "x", 1)).await;
    let running = take(&world, "w", 10).await.unwrap();
    let mut transaction = world.market.database.begin().await.unwrap();
    jobs::put_back(&mut transaction, &running, None, "no disk")
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(take(&world, "w", 1000).await, None);
    let counts = jobs::counts(&world.market.database).await.unwrap();
    assert_eq!(counts, [("test".to_owned(), "failed".to_owned(), 1)]);
    let mut transaction = world.market.database.begin().await.unwrap();
    assert_eq!(jobs::retry_failed(&mut transaction, 5).await.unwrap(), 1);
    transaction.commit().await.unwrap();
    let again = take(&world, "w", 10).await.unwrap();
    assert_eq!(
        (again.attempts, again.error.as_deref()),
        (1, Some("no disk"))
    );
}
