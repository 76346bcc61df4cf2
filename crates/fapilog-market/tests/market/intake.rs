//! From an upload to the index: quarantine, verdicts, what publishers see, and what moderators do.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use fapilog_market::clock;
use fapilog_market::index::ProjectStatus;
use fapilog_market::intake::sweep;
use fapilog_market::moderation::{self, Act, Acting, Target};
use fapilog_market::queries::uploads::{self, UploadRow, state};
use fapilog_market::queries::{files, jobs, release_events};
use fapilog_testkit::WheelBuilder;
use sqlx::AssertSqlSafe;

use crate::world::{Answer, Upload, World};

const JSON: &str = "application/vnd.pypi.simple.v1+json";

fn plugin(version: &str) -> Upload {
    Upload::wheel(&WheelBuilder::plugin("fapilog-acme", version))
}

async fn page(world: &World) -> Answer {
    world.get("/simple/fapilog-acme/", JSON).await
}

async fn execute(world: &World, statement: &str) {
    let query = sqlx::query(AssertSqlSafe(statement.to_owned()));
    query.execute(&*world.market.database).await.unwrap();
}

async fn act(world: &World, version: &str, act: Act, reason: &str) {
    let mut transaction = world.market.database.begin().await.unwrap();
    let target = Target::release("fapilog-acme", version);
    let acting = Acting::operator();
    let done = moderation::act(&mut transaction, &target, act, reason, &acting);
    done.await.unwrap();
    transaction.commit().await.unwrap();
}

/// An upload that is accepted and not judged, since nobody works.
async fn waiting(world: &World, upload: &Upload) -> String {
    let answer = world.upload(upload).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let address = answer.header("location");
    address
        .strip_prefix("http://market.test/uploads/")
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn an_upload_that_waits_for_its_verdict_is_answered_with_202_and_listed_nowhere() {
    let world = World::idle().await;
    let upload = plugin("1.0");
    let id = waiting(&world, &upload).await;
    assert_eq!(page(&world).await.status, StatusCode::NOT_FOUND);
    let file = world.get(&upload.path(), "*/*").await;
    assert_eq!(file.status, StatusCode::NOT_FOUND);
    let root = world.get("/simple/", JSON).await.json();
    assert_eq!(root["projects"], serde_json::json!([]));
    // The same file again is the same upload, other contents are refused.
    assert_eq!(waiting(&world, &upload).await, id);
    let other = plugin("1.0").with_padding();
    let answer = world.upload(&other).await;
    assert!(answer.text().contains("[file-exists]"), "{}", answer.text());
    world.work();
    world.until_listed("fapilog-acme").await;
    assert_eq!(world.upload(&upload).await.status, StatusCode::OK);
    assert_eq!(world.get(&upload.path(), "*/*").await.body, upload.bytes);
}

#[tokio::test]
async fn publishers_see_how_their_upload_was_judged_and_others_do_not() {
    let world = World::idle().await;
    let upload = plugin("1.0");
    let id = waiting(&world, &upload).await;
    let path = format!("/uploads/{id}");
    let told = world
        .get_as(&path, &world.new_token("fapilog-acme").await)
        .await;
    assert_eq!(told.json()["state"], "quarantined");
    assert_eq!(told.header("cache-control"), "no-store");
    let other = world.new_token("fapilog-other").await;
    assert_eq!(
        world.get_as(&path, &other).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        world.get(&path, "*/*").await.status,
        StatusCode::UNAUTHORIZED
    );
    world.work();
    world.until_listed("fapilog-acme").await;
    let told = world
        .get_as(&path, &world.new_token("*").await)
        .await
        .json();
    assert_eq!(told["state"], "published");
    assert_eq!(told["report"]["rules"], world.market.scanner.rules());
}

#[tokio::test]
async fn a_file_that_the_judge_refuses_is_rejected_with_reasons_and_its_name_is_free_again() {
    let world = World::idle().await;
    let id = waiting(&world, &plugin("1.0")).await;
    // Its bytes are lost, which nothing but the judge sees.
    for name in world.stored() {
        let found = world.find_stored(&name);
        std::fs::remove_file(found).unwrap();
    }
    world.work();
    let row = world.until_judged(&id).await;
    assert_eq!(row.state, state::REJECTED);
    assert!(row.reasons.contains("upload-lost"), "{}", row.reasons);
    assert_eq!(page(&world).await.status, StatusCode::NOT_FOUND);
    let events = release_events::of_project(&world.market.database, "fapilog-acme", 9).await;
    assert_eq!(events.unwrap()[0].event, "rejected");
    let again = waiting(&world, &plugin("1.0")).await;
    assert_eq!(world.until_judged(&again).await.state, state::PUBLISHED);
}

#[tokio::test]
async fn two_files_of_one_name_at_the_same_time_have_one_winner() {
    let world = World::new().await;
    let (first, second) = (plugin("1.0"), plugin("1.0").with_padding());
    let same = plugin("1.0");
    let (a, b, c) = tokio::join!(
        world.upload(&first),
        world.upload(&second),
        world.upload(&same)
    );
    let won = |answer: &Answer| answer.status == StatusCode::OK;
    assert_eq!(
        (won(&a), won(&a)),
        (won(&c), !won(&b)),
        "{} {}",
        a.text(),
        b.text()
    );
    // What lost is removed a moment after it was told so.
    let removed = async {
        while world.stored().len() != 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), removed)
        .await
        .unwrap();
    let index = page(&world).await.json();
    assert_eq!(index["files"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn files_of_one_project_published_at_the_same_time_are_all_listed() {
    let world = World::new().await;
    let uploads: Vec<Upload> = (0..12).map(|n| plugin(&format!("1.{n}"))).collect();
    let answers = uploads.iter().map(|upload| world.upload(upload));
    for answer in futures_util::future::join_all(answers).await {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
    let index = page(&world).await.json();
    assert_eq!(index["files"].as_array().unwrap().len(), 12);
    assert_eq!(index["versions"][11], "1.11");
}

#[tokio::test]
async fn a_verdict_that_cannot_be_written_leaves_the_upload_in_quarantine_until_it_can() {
    let world = World::with(|config| config.verdict_wait = Duration::from_millis(50)).await;
    execute(&world, "ALTER TABLE release_items RENAME TO hidden").await;
    let id = waiting(&world, &plugin("1.0")).await;
    let failed = async {
        while jobs::all(&world.market.database)
            .await
            .unwrap()
            .iter()
            .all(|job| job.error.is_none())
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), failed)
        .await
        .unwrap();
    assert_eq!(page(&world).await.status, StatusCode::NOT_FOUND);
    execute(&world, "ALTER TABLE hidden RENAME TO release_items").await;
    assert_eq!(world.until_judged(&id).await.state, state::PUBLISHED);
    assert_eq!(page(&world).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_a_dead_process_was_storing_is_swept_away_but_not_what_another_needs() {
    let world = World::idle().await;
    let upload = plugin("1.0");
    let id = waiting(&world, &upload).await;
    let cut_off = UploadRow {
        id: "cut-off".to_owned(),
        filename: upload.filename.clone(),
        project: "fapilog-acme".to_owned(),
        version: "1.0".to_owned(),
        filetype: "bdist_wheel".to_owned(),
        sha256: upload.sha256(),
        size_bytes: 1,
        attestations: None,
        state: state::RECEIVING.to_owned(),
        stored: 1,
        reasons: "[]".to_owned(),
        report: "{}".to_owned(),
        uploaded_us: 5,
        uploaded_by: "test".to_owned(),
        judged_us: None,
    };
    let mut connection = world.market.database.acquire().await.unwrap();
    uploads::insert(&mut connection, &cut_off).await.unwrap();
    drop(connection);
    // Not yet: it may still be under way.
    assert_eq!(sweep::sweep(&world.market, 5).await.unwrap(), 0);
    assert_eq!(sweep::sweep(&world.market, 6).await.unwrap(), 1);
    assert_eq!(world.stored().len(), 2);
    world.work();
    assert_eq!(world.until_judged(&id).await.state, state::PUBLISHED);
}

#[tokio::test]
async fn a_release_takes_no_new_files_after_its_time() {
    let world = World::new().await;
    let upload = plugin("1.0");
    world.publish(&upload).await;
    let fifteen_days_ago = clock::now_us() - 15 * 86_400_000_000;
    let statement = format!("UPDATE releases SET created_us = {fifteen_days_ago}");
    execute(&world, &statement).await;
    let archive = fapilog_testkit::SourceArchiveBuilder::new("fapilog-acme", "1.0");
    let late = Upload::source(&archive, "fapilog-acme", "1.0");
    let answer = world.upload(&late).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        answer.text().contains("[release-closed]"),
        "{}",
        answer.text()
    );
    // What is there already is no new file, and a new release is open.
    world.publish(&upload).await;
    world.publish(&plugin("1.1")).await;
}

#[tokio::test]
async fn a_yanked_release_says_so_with_its_reason_and_stays_installable() {
    let world = World::new().await;
    world.publish(&plugin("1.0")).await;
    let upload = plugin("1.1");
    world.publish(&upload).await;
    act(&world, "1.1", Act::Yank, "breaks <everything>").await;
    let index = page(&world).await.json();
    assert_eq!(index["files"][0]["yanked"], false);
    assert_eq!(index["files"][1]["yanked"], "breaks <everything>");
    let html = world.get("/simple/fapilog-acme/", "text/html").await.text();
    assert!(
        html.contains("data-yanked=\"breaks &#60;everything&#62;\""),
        "{html}"
    );
    assert_eq!(
        world.get(&upload.path(), "*/*").await.status,
        StatusCode::OK
    );
    let latest = world
        .get("/plugins/fapilog-acme/", "text/html")
        .await
        .text();
    assert!(latest.contains("<span class=\"version\">1.0</span>"));
    act(&world, "1.1", Act::Unyank, "").await;
    act(&world, "1.0", Act::Yank, "").await;
    let index = page(&world).await.json();
    assert_eq!(index["files"][0]["yanked"], true);
    assert_eq!(index["files"][1]["yanked"], false);
}

#[tokio::test]
async fn what_is_withdrawn_or_quarantined_is_handed_out_to_nobody() {
    let world = World::new().await;
    let (first, second) = (plugin("1.0"), plugin("1.1"));
    world.publish(&first).await;
    world.publish(&second).await;
    for (removal, told) in [
        (Act::Withdraw, "withdrawn"),
        (Act::Quarantine, "quarantined"),
    ] {
        act(&world, "1.1", removal, "steals tokens").await;
        assert_eq!(
            page(&world).await.json()["versions"],
            serde_json::json!(["1.0"])
        );
        for path in [second.path(), format!("{}.metadata", second.path())] {
            assert_eq!(world.get(&path, "*/*").await.status, StatusCode::NOT_FOUND);
        }
        let again = world.upload(&second).await;
        assert!(
            again.text().contains(&format!("was {told}: steals tokens")),
            "{}",
            again.text()
        );
        act(&world, "1.1", Act::Restore, "a mistake").await;
        assert_eq!(
            world.get(&second.path(), "*/*").await.status,
            StatusCode::OK
        );
    }
    act(&world, "1.0", Act::Withdraw, "").await;
    act(&world, "1.1", Act::Withdraw, "").await;
    assert_eq!(page(&world).await.status, StatusCode::NOT_FOUND);
    let root = world.get("/simple/", JSON).await.json();
    assert_eq!(root["projects"], serde_json::json!([]));
    let found = world.get("/api/v1/search", "*/*").await.json();
    assert_eq!(found["total"], 0);
    let events = release_events::of_project(&world.market.database, "fapilog-acme", 99).await;
    let events: Vec<String> = events
        .unwrap()
        .into_iter()
        .map(|event| event.event)
        .collect();
    let count = |name: &str| events.iter().filter(|event| *event == name).count();
    assert_eq!(
        (count("withdrawn"), count("restored"), count("published")),
        (3, 2, 2)
    );
}

#[tokio::test]
async fn a_project_status_is_told_and_enforced() {
    let world = World::new().await;
    let upload = plugin("1.0");
    world.publish(&upload).await;
    let operator = Acting::operator();
    let set = |status, reason| {
        moderation::set_status(
            &world.market.database,
            "fapilog-acme",
            status,
            reason,
            &operator,
        )
    };
    assert_eq!(
        page(&world).await.json()["project-status"]["status"],
        "active"
    );
    set(ProjectStatus::Archived, "no longer needed")
        .await
        .unwrap();
    let index = page(&world).await.json();
    assert_eq!(index["project-status"]["status"], "archived");
    assert_eq!(index["project-status"]["reason"], "no longer needed");
    let refused = world.upload(&plugin("1.1")).await;
    assert!(
        refused.text().contains("[project-closed]"),
        "{}",
        refused.text()
    );
    let html = world.get("/simple/fapilog-acme/", "text/html").await.text();
    assert!(html.contains("<meta name=\"pypi:project-status\" content=\"archived\">"));
    set(ProjectStatus::Quarantined, "").await.unwrap();
    let index = page(&world).await.json();
    assert_eq!(index["project-status"]["status"], "quarantined");
    assert_eq!(index["files"], serde_json::json!([]));
    let file = world.get(&upload.path(), "*/*").await;
    assert_eq!(file.status, StatusCode::NOT_FOUND);
    set(ProjectStatus::Deprecated, "").await.unwrap();
    assert_eq!(
        world.get(&upload.path(), "*/*").await.status,
        StatusCode::OK
    );
    world.publish(&plugin("1.1")).await;
}

#[tokio::test]
async fn everything_is_judged_again_when_the_rules_change() {
    let world = World::new().await;
    let (good, lost) = (plugin("1.0"), plugin("1.1"));
    world.publish(&good).await;
    world.publish(&lost).await;
    execute(&world, "UPDATE files SET judged_by = 'older rules'").await;
    std::fs::remove_file(world.find_stored(&lost.filename)).unwrap();
    assert_eq!(world.judge_again().await, 2);
    let row = files::find(&*world.market.database, &lost.filename)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.state, files::state::QUARANTINED);
    assert!(row.state_reason.unwrap().contains("were lost"));
    assert_eq!(
        page(&world).await.json()["versions"],
        serde_json::json!(["1.0"])
    );
    assert_eq!(world.judge_again().await, 0);
}

#[tokio::test]
async fn attestations_are_served_as_they_were_given() {
    let world = World::new().await;
    let given = r#"[{"version": 1, "verification_material": {"a": [1]}, "envelope": {"b": "c"}}]"#;
    let upload = plugin("1.0").field("attestations", given);
    world.publish(&upload).await;
    let file = page(&world).await.json()["files"][0].clone();
    let path = file["provenance"]
        .as_str()
        .unwrap()
        .trim_start_matches("../..");
    assert_eq!(
        path,
        format!("/integrity/fapilog-acme/1.0/{}/provenance", upload.filename)
    );
    let told = world.get(path, "*/*").await;
    assert_eq!(
        told.header("content-type"),
        "application/vnd.pypi.integrity.v1+json"
    );
    let given: serde_json::Value = serde_json::from_str(given).unwrap();
    assert_eq!(told.json()["attestation_bundles"][0]["attestations"], given);
    let html = world.get("/simple/fapilog-acme/", "text/html").await.text();
    assert!(
        html.contains(&format!("data-provenance=\"../..{path}\"")),
        "{html}"
    );
    world.publish(&plugin("1.1")).await;
    let without = page(&world).await.json()["files"][1].clone();
    assert!(without.get("provenance").is_none());
    let refused = world
        .upload(&plugin("1.2").field("attestations", "[1]"))
        .await;
    assert!(
        refused.text().contains("[bad-attestations]"),
        "{}",
        refused.text()
    );
}

#[tokio::test]
async fn a_page_of_an_older_emitter_is_written_anew_and_one_that_is_missing_is_made() {
    let world = World::new().await;
    world.publish(&plugin("1.0")).await;
    let right = page(&world).await;
    execute(
        &world,
        "UPDATE index_pages SET emitter = '0', key = 'old', json = 'old'",
    )
    .await;
    assert_eq!(page(&world).await.body, right.body);
    execute(&world, "DELETE FROM index_pages").await;
    let again = page(&world).await;
    assert_eq!(
        (&again.body, again.header("etag")),
        (&right.body, right.header("etag"))
    );
    let request = Request::get("/readyz").body(Body::empty()).unwrap();
    assert_eq!(world.send(request).await.status, StatusCode::OK);
    world.market.stop();
    let request = Request::get("/readyz").body(Body::empty()).unwrap();
    let answer = world.send(request).await;
    assert_eq!(answer.json()["error"]["id"], "not-ready");
}
