//! What moderators and owners do on the web: to releases and to the status of projects.

use std::collections::HashSet;

use axum::http::StatusCode;
use fapilog_market::moderation::{self, Act, Acting, Target};
use fapilog_market::queries::files::{self, state};
use fapilog_market::queries::{jobs, release_events, users};
use fapilog_testkit::WheelBuilder;
use sqlx::AssertSqlSafe;

use crate::browser::Browser;
use crate::world::{Answer, Upload, World};

const PROJECT: &str = "fapilog-acme";
const MANAGE: &str = "/manage/fapilog-acme";
const MODERATE: &str = "/moderation/projects/fapilog-acme";
const JSON: &str = "application/vnd.pypi.simple.v1+json";

fn plugin(version: &str) -> Upload {
    Upload::wheel(&WheelBuilder::plugin(PROJECT, version))
}

/// Ada, who owns the project, and Margaret, who moderates.
async fn people(world: &World) -> (Browser<'_>, Browser<'_>) {
    let mut ada = Browser::signed_up(world, "ada").await;
    let token = ada.new_token("*").await;
    for version in ["1.0", "1.1"] {
        let answer = world.send(plugin(version).request(&token)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
    let margaret = Browser::signed_up(world, "margaret").await;
    margaret.become_site("moderator").await;
    (ada, margaret)
}

async fn execute(world: &World, statement: &str) {
    let query = sqlx::query(AssertSqlSafe(statement.to_owned()));
    query.execute(&*world.market.database).await.unwrap();
}

async fn index(world: &World) -> Answer {
    world.get("/simple/fapilog-acme/", JSON).await
}

async fn release(browser: &mut Browser<'_>, act: &str, version: &str, reason: &str) -> Answer {
    let fields = [("act", act), ("version", version), ("reason", reason)];
    browser.post(&format!("{MODERATE}/release"), &fields).await
}

async fn set_status(browser: &mut Browser<'_>, base: &str, status: &str, reason: &str) -> Answer {
    let fields = [("status", status), ("reason", reason)];
    browser.post(&format!("{base}/status"), &fields).await
}

/// Whether the overview says that so much of something waits.
fn counts(overview: &str, what: &str, number: u32) -> bool {
    overview.contains(&format!(
        ">{what}</a> <span class=\"count\">{number}</span>"
    ))
}

#[tokio::test]
async fn a_moderator_quarantines_and_restores_a_release_and_everybody_concerned_sees_why() {
    let world = World::new().await;
    let (mut ada, mut margaret) = people(&world).await;
    let before = index(&world).await.header("etag");
    let done = release(&mut margaret, "quarantine", "1.1", "opens a <socket>").await;
    assert_eq!(done.header("location"), format!("{MODERATE}?done=saved"));
    let after = index(&world).await;
    assert_eq!(after.json()["versions"], serde_json::json!(["1.0"]));
    assert_ne!(after.header("etag"), before);
    let file = world.get(&plugin("1.1").path(), "*/*").await;
    assert_eq!(file.status, StatusCode::NOT_FOUND);

    let overview = margaret.get("/moderation").await.text();
    assert!(counts(&overview, "Quarantined releases", 1), "{overview}");
    assert!(overview.contains("opens a &#60;socket&#62;"));
    // The rules have nothing against it; a person has.
    assert!(overview.contains("pass it"));
    let page = margaret.get(MODERATE).await.text();
    assert!(page.contains(">Restore<") && page.contains(" at level community, 0 errors"));
    let settings = ada.get(MANAGE).await.text();
    assert!(
        settings.contains("<strong>1.1</strong> is quarantined: opens a &#60;socket&#62;"),
        "{settings}"
    );
    let log = ada.get("/manage/fapilog-acme/audit").await.text();
    assert!(log.contains("release quarantined") && log.contains("user:margaret"));

    release(&mut margaret, "restore", "1.1", "it was the proxy check").await;
    let versions = index(&world).await.json()["versions"].clone();
    assert_eq!(versions, serde_json::json!(["1.0", "1.1"]));
    let overview = margaret.get("/moderation").await.text();
    assert!(counts(&overview, "Quarantined releases", 0));
    assert!(overview.contains("it was the proxy check"));
    let log = ada.get("/manage/fapilog-acme/audit").await.text();
    assert!(log.contains("release restored"));
}

#[tokio::test]
async fn nothing_is_done_without_a_reason_or_to_what_is_not_there() {
    let world = World::new().await;
    let (_ada, mut margaret) = people(&world).await;
    let long = "x".repeat(301);
    for (act, version, reason, status, id) in [
        ("quarantine", "1.1", "", 400, "There is no reason"),
        ("withdraw", "1.1", "  ", 400, "there is no reason"),
        ("restore", "1.1", &long, 400, "the reason has 301 bytes"),
        ("yank", "1.1", "odd", 400, "nothing that moderators do"),
        ("withdraw", "9.9", "odd", 404, "there is no release `9.9`"),
    ] {
        let answer = release(&mut margaret, act, version, reason).await;
        let text = answer.text();
        assert_eq!(answer.status.as_u16(), status, "{act} {text}");
        assert!(
            text.to_lowercase().contains(&id.to_lowercase()),
            "{act} {text}"
        );
    }
    let answer = set_status(&mut margaret, MODERATE, "gone", "odd").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let answer = set_status(&mut margaret, MODERATE, "quarantined", "").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let events = release_events::of_project(&world.market.database, PROJECT, 99).await;
    assert!(
        events
            .unwrap()
            .iter()
            .all(|event| event.event == "published")
    );
    for path in [
        "/moderation/projects/fapilog-none",
        "/moderation/projects/-",
    ] {
        assert_eq!(margaret.get(path).await.status, StatusCode::NOT_FOUND);
    }
    let found = margaret
        .get("/moderation/projects?project=Fapilog.Acme")
        .await;
    assert_eq!(found.header("location"), MODERATE);
}

#[tokio::test]
async fn what_was_withdrawn_is_not_quarantined_and_can_be_restored() {
    let world = World::new().await;
    let (_ada, mut margaret) = people(&world).await;
    release(&mut margaret, "withdraw", "1.1", "holds a key").await;
    let page = margaret.get(MODERATE).await.text();
    assert!(page.contains("withdrawn") && page.contains("holds a key"));
    let answer = release(&mut margaret, "quarantine", "1.1", "odd").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    release(&mut margaret, "restore", "1.1", "the key was an example").await;
    let row = files::find(&*world.market.database, &plugin("1.1").filename).await;
    assert_eq!(row.unwrap().unwrap().state, state::LISTED);
}

#[tokio::test]
async fn a_moderator_quarantines_a_project_and_only_moderators_end_it() {
    let world = World::new().await;
    let (mut ada, mut margaret) = people(&world).await;
    set_status(
        &mut margaret,
        MODERATE,
        "quarantined",
        "its account was taken over",
    )
    .await;
    assert_eq!(index(&world).await.json()["files"], serde_json::json!([]));
    let settings = ada.get(MANAGE).await.text();
    assert!(settings.contains("its account was taken over"));
    assert!(!settings.contains("name=\"status\""), "{settings}");
    for status in ["active", "archived"] {
        let answer = set_status(&mut ada, MANAGE, status, "mine").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{status}");
    }
    let overview = margaret.get("/moderation").await.text();
    assert!(counts(&overview, "Quarantined projects", 1), "{overview}");
    set_status(&mut margaret, MODERATE, "active", "").await;
    assert_eq!(
        index(&world).await.json()["versions"],
        serde_json::json!(["1.0", "1.1"])
    );
    let answer = set_status(&mut ada, MANAGE, "quarantined", "mine").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let log = ada.get("/manage/fapilog-acme/audit").await.text();
    assert!(log.contains("project status set") && log.contains("quarantined its account"));
}

#[tokio::test]
async fn owners_archive_and_deprecate_their_project_and_everything_tells_it() {
    let world = World::new().await;
    let (mut ada, _) = people(&world).await;
    let before = index(&world).await.header("etag");
    let answer = set_status(&mut ada, MANAGE, "deprecated", "").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let answer = set_status(&mut ada, MANAGE, "deprecated", "use fapilog-new").await;
    assert_eq!(answer.header("location"), format!("{MANAGE}?done=saved"));
    let told = index(&world).await;
    assert_ne!(told.header("etag"), before);
    assert_eq!(
        told.json()["project-status"],
        serde_json::json!({"status": "deprecated", "reason": "use fapilog-new"})
    );
    let known = [("accept", JSON), ("if-none-match", before.as_str())];
    let asked = world.get_with("/simple/fapilog-acme/", &known).await;
    assert_eq!(asked.status, StatusCode::OK, "the old page is old");
    let info = world
        .get("/api/v1/plugins/fapilog-acme", "*/*")
        .await
        .json();
    assert_eq!(info["status"], "deprecated");
    assert_eq!(info["status_reason"], "use fapilog-new");
    let found = world.get("/api/v1/search?q=acme", "*/*").await.json();
    assert_eq!(found["results"][0]["status"], "deprecated", "{found}");
    let list = world.get("/plugins/?q=acme", "text/html").await.text();
    assert!(list.contains("<span class=\"chip warn\">deprecated</span>"));
    let page = world
        .get("/plugins/fapilog-acme/", "text/html")
        .await
        .text();
    assert!(page.contains("This project is deprecated: use fapilog-new"));
    let token = ada.new_token("*").await;
    let answer = world.send(plugin("1.2").request(&token)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());

    set_status(&mut ada, MANAGE, "archived", "done").await;
    let refused = world.send(plugin("1.3").request(&token)).await;
    assert!(
        refused.text().contains("[project-closed]"),
        "{}",
        refused.text()
    );
    let file = world.get(&plugin("1.0").path(), "*/*").await;
    assert_eq!(file.status, StatusCode::OK);
    set_status(&mut ada, MANAGE, "active", "").await;
    let answer = world.send(plugin("1.3").request(&token)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let found = world.get("/api/v1/search?q=acme", "*/*").await.json();
    assert_eq!(found["results"][0]["status"], "active");
    let list = world.get("/plugins/?q=acme", "text/html").await.text();
    assert!(!list.contains("chip warn"), "{list}");
}

#[tokio::test]
async fn maintainers_who_are_no_owners_set_no_status() {
    let world = World::new().await;
    let (mut ada, _) = people(&world).await;
    let mut grace = Browser::signed_up(&world, "grace").await;
    let fields = [("name", "grace"), ("role", "maintainer")];
    ada.post("/manage/fapilog-acme/collaborators", &fields)
        .await;
    let answer = set_status(&mut grace, MANAGE, "archived", "mine").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let settings = grace.get(MANAGE).await.text();
    assert!(settings.contains(">active<") && !settings.contains("name=\"status\""));
}

#[tokio::test]
async fn moderators_find_their_way_from_a_plugins_page_which_is_kept_for_nobody_else() {
    let world = World::new().await;
    let (mut ada, mut margaret) = people(&world).await;
    for path in ["/plugins/fapilog-acme/", "/plugins/fapilog-acme/1.0/"] {
        let theirs = margaret.get(path).await;
        assert!(theirs.text().contains(&format!("href=\"{MODERATE}\"")));
        assert_eq!(theirs.header("cache-control"), "no-store");
        let others = ada.get(path).await;
        assert!(!others.text().contains("/moderation/"));
        assert_eq!(others.header("cache-control"), "max-age=0, must-revalidate");
        // What a moderator once saw is not what anybody else is told to have still.
        let tag = theirs.header("etag");
        let asked = [("accept", "text/html"), ("if-none-match", tag.as_str())];
        assert_eq!(world.get_with(path, &asked).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn failed_judgements_are_shown_and_tried_again() {
    let world = World::idle().await;
    let mut margaret = Browser::signed_up(&world, "margaret").await;
    margaret.become_site("moderator").await;
    assert_eq!(
        world.upload(&plugin("1.0")).await.status,
        StatusCode::ACCEPTED
    );
    execute(
        &world,
        "UPDATE jobs SET state = 'failed', attempts = 6, error = 'secret cause'",
    )
    .await;
    let overview = margaret.get("/moderation").await.text();
    assert!(counts(&overview, "Failed judgements", 1), "{overview}");
    assert!(overview.contains(&plugin("1.0").filename) && !overview.contains("secret cause"));
    // Nothing was published, and there is a page about it nevertheless.
    let page = margaret.get(MODERATE).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains(&plugin("1.0").filename));
    margaret.post("/moderation/judgements", &[]).await;
    world.work();
    world.until_listed(PROJECT).await;
    let overview = margaret.get("/moderation").await.text();
    assert!(counts(&overview, "Failed judgements", 0));
}

/// Gives everybody an address that was shown to be theirs.
async fn give_addresses(world: &World) {
    execute(
        world,
        "UPDATE users SET email = name || '@example.org', email_verified_us = 1",
    )
    .await;
}

/// Who is to get a note, of which events.
async fn noted(world: &World) -> HashSet<(String, String)> {
    let mut found = HashSet::new();
    for job in jobs::all(&world.market.database).await.unwrap() {
        if job.kind != "notify" {
            continue;
        }
        let (event, person) = job.subject.split_once(':').unwrap();
        let event = release_events::find(&world.market.database, event).await;
        let person = users::find(&world.market.database, person).await;
        found.insert((event.unwrap().unwrap().event, person.unwrap().unwrap().name));
    }
    found
}

fn notes(all: &[(&str, &str)]) -> HashSet<(String, String)> {
    let owned = |(event, person): &(&str, &str)| ((*event).to_owned(), (*person).to_owned());
    all.iter().map(owned).collect()
}

/// Ada owns the project, but only in the database: nobody works.
async fn owned_by_ada(world: &World) -> Browser<'_> {
    let mut ada = Browser::signed_up(world, "ada").await;
    let token = ada.new_token("*").await;
    let answer = world.send(plugin("1.0").request(&token)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    ada
}

#[tokio::test]
async fn owners_get_a_note_of_what_others_did_and_none_of_what_they_did() {
    // No mail server answers, so that the jobs stay.
    let world = World::with(|config| {
        config.mail = Some(fapilog_market::outbox::MailServer {
            url: "smtp://127.0.0.1:9".to_owned(),
            from: "market@example.org".to_owned(),
        });
    })
    .await;
    let mut ada = owned_by_ada(&world).await;
    let mut margaret = Browser::signed_up(&world, "margaret").await;
    margaret.become_site("moderator").await;
    Browser::signed_up(&world, "eve").await;
    // Without a verified address there is nobody to write to.
    release(&mut margaret, "quarantine", "1.0", "odd").await;
    assert_eq!(noted(&world).await, notes(&[]));
    give_addresses(&world).await;
    release(&mut margaret, "restore", "1.0", "not odd").await;
    set_status(&mut ada, MANAGE, "archived", "done").await;
    ada.post(
        "/manage/fapilog-acme/yank",
        &[("act", "yank"), ("version", "1.0"), ("reason", "old")],
    )
    .await;
    set_status(&mut margaret, MODERATE, "active", "").await;
    assert_eq!(
        noted(&world).await,
        notes(&[("restored", "ada"), ("status-active", "ada")])
    );
}

#[tokio::test]
async fn a_status_that_is_there_already_is_no_act_and_changes_have_a_bound() {
    let world = World::new().await;
    let mut ada = owned_by_ada(&world).await;
    let acts = async || -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM release_events WHERE event LIKE 'status-%'")
            .fetch_one(&*world.market.database)
            .await
            .unwrap()
    };
    for _ in 0..3 {
        set_status(&mut ada, MANAGE, "archived", "done").await;
    }
    assert_eq!(acts().await, 1);
    let mut last = StatusCode::SEE_OTHER;
    for number in 0..30 {
        let reason = format!("done {number}");
        last = set_status(&mut ada, MANAGE, "archived", &reason)
            .await
            .status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert!(acts().await <= 20);
}

#[tokio::test]
async fn what_the_rules_refused_and_pass_again_is_told_and_restored_by_a_moderator_alone() {
    let world = World::with(|config| {
        config.mail = Some(fapilog_market::outbox::MailServer {
            url: "smtp://127.0.0.1:9".to_owned(),
            from: "market@example.org".to_owned(),
        });
    })
    .await;
    let mut ada = owned_by_ada(&world).await;
    let mut margaret = Browser::signed_up(&world, "margaret").await;
    margaret.become_site("moderator").await;
    give_addresses(&world).await;
    // As if rules of yesterday had refused it.
    let mut transaction = world.market.database.begin().await.unwrap();
    let target = Target::release(PROJECT, "1.0");
    let judge = Acting::judge();
    moderation::act(
        &mut transaction,
        &target,
        Act::Quarantine,
        "too new",
        &judge,
    )
    .await
    .unwrap();
    transaction.commit().await.unwrap();
    for round in 0..2 {
        execute(&world, "UPDATE files SET judged_by = 'older rules'").await;
        assert_eq!(world.judge_again().await, 1, "{round}");
    }
    let row = files::find(&*world.market.database, &plugin("1.0").filename).await;
    assert_eq!(row.unwrap().unwrap().state, state::QUARANTINED);
    assert_eq!(index(&world).await.status, StatusCode::NOT_FOUND);
    let events = release_events::of_project(&world.market.database, PROJECT, 99).await;
    let events: Vec<String> = events
        .unwrap()
        .into_iter()
        .map(|event| event.event)
        .collect();
    let count = |name: &str| events.iter().filter(|event| *event == name).count();
    assert_eq!((count("cleared"), count("restored")), (1, 0), "{events:?}");
    let told = noted(&world).await;
    assert_eq!(
        told,
        notes(&[
            ("quarantined", "ada"),
            ("cleared", "ada"),
            ("cleared", "margaret")
        ])
    );
    let overview = margaret.get("/moderation").await.text();
    assert!(overview.contains("pass it"), "{overview}");
    release(&mut margaret, "restore", "1.0", "the rule was wrong").await;
    assert_eq!(index(&world).await.status, StatusCode::OK);
    // What a moderator quarantines is not the rules' to clear.
    release(&mut margaret, "quarantine", "1.0", "odd").await;
    execute(&world, "UPDATE files SET judged_by = 'older rules'").await;
    world.judge_again().await;
    let settings = ada.get(MANAGE).await.text();
    assert!(settings.contains("is quarantined: odd"));
    let events = release_events::of_project(&world.market.database, PROJECT, 99).await;
    let cleared = events
        .unwrap()
        .iter()
        .filter(|event| event.event == "cleared")
        .count();
    assert_eq!(cleared, 1);
}
