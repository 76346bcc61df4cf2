//! Advisories about what is published: told once for each release, by webhook, feed, page and API.

use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use fapilog_market::queries::release_events;
use fapilog_testkit::WheelBuilder;
use tempfile::TempDir;

use crate::world::{Upload, World};

const PROJECT: &str = "fapilog-acme";
const ALL: &str = "/feeds/advisories.atom";
const OWN: &str = "/feeds/advisories/fapilog-acme.atom";

fn plugin(version: &str) -> Upload {
    Upload::wheel(&WheelBuilder::plugin(PROJECT, version))
}

/// Writes an export in which an advisory is about versions of the project.
fn write(export: &Path, id: &str, versions: &[&str]) {
    let text = serde_json::json!({
        "id": id,
        "summary": "Hands out <tokens>",
        "modified": "2026-01-01T00:00:00Z",
        "affected": [{
            "package": {"ecosystem": "PyPI", "name": PROJECT},
            "versions": versions,
        }],
    });
    std::fs::write(export, text.to_string()).unwrap();
}

/// A marketplace with an export in which nothing is about what it has.
async fn world(is_scanning: bool) -> (World, PathBuf, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("osv.json");
    write(&export, "PYSEC-2026-1", &["0.1"]);
    let world = World::with(|config| {
        config.scan.advisories = Some(export.clone());
        if !is_scanning {
            config.scan.level = None;
        }
    })
    .await;
    (world, export, folder)
}

async fn feed(world: &World, path: &str) -> String {
    let answer = world.get(path, "*/*").await;
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    assert_eq!(answer.header("content-type"), "application/atom+xml");
    answer.text()
}

/// What webhooks and owners were told, oldest first.
async fn told(world: &World) -> Vec<(String, String)> {
    let events = release_events::of_project(&world.market.database, PROJECT, 99).await;
    let events = events.unwrap().into_iter().rev();
    events
        .filter(|event| event.event == "advisory")
        .map(|event| (event.version, event.reason))
        .collect()
}

#[tokio::test]
async fn a_release_that_becomes_touched_is_told_once_however_often_it_is_judged() {
    let (world, export, _folder) = world(true).await;
    world.publish(&plugin("1.0")).await;
    world.publish(&plugin("1.1")).await;
    let archive = fapilog_testkit::SourceArchiveBuilder::new(PROJECT, "1.0");
    world
        .publish(&Upload::source(&archive, PROJECT, "1.0"))
        .await;
    assert!(!feed(&world, ALL).await.contains("<entry>"));
    assert!(!feed(&world, OWN).await.contains("<entry>"));
    let before = world.get(OWN, "*/*").await.header("etag");
    let one = |version: &str, id: &str| (version.to_owned(), format!("{id}: Hands out <tokens>"));

    write(&export, "PYSEC-2026-1", &["1.0"]);
    assert_eq!(world.judge_again().await, 3);
    assert_eq!(told(&world).await, [one("1.0", "PYSEC-2026-1")]);
    // Other words about the same, and another version.
    write(&export, "PYSEC-2026-1", &["1.0", "1.1", "1.2"]);
    assert_eq!(world.judge_again().await, 3);
    let both = [one("1.0", "PYSEC-2026-1"), one("1.1", "PYSEC-2026-1")];
    assert_eq!(told(&world).await, both);
    write(&export, "PYSEC-2026-2", &["1.1"]);
    assert_eq!(world.judge_again().await, 3);
    let all = [both[0].clone(), both[1].clone(), one("1.1", "PYSEC-2026-2")];
    assert_eq!(told(&world).await, all);

    for path in [ALL, OWN] {
        let xml = feed(&world, path).await;
        assert_eq!(xml.matches("<entry>").count(), 3, "{path}");
        assert!(
            xml.contains("<title>fapilog-acme 1.1: PYSEC-2026-2</title>"),
            "{xml}"
        );
        assert!(
            xml.contains("PYSEC-2026-1: Hands out &#60;tokens&#62;"),
            "{xml}"
        );
        let ids: std::collections::HashSet<&str> = xml
            .split("<id>")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap())
            .collect();
        assert_eq!(ids.len(), 4, "one for the feed and for each entry: {ids:?}");
    }
    assert_ne!(world.get(OWN, "*/*").await.header("etag"), before);
    for path in [
        "/feeds/advisories/fapilog-none.atom",
        "/feeds/advisories/fapilog-acme",
        "/feeds/advisories/-.atom",
    ] {
        assert_eq!(world.get(path, "*/*").await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn without_a_scan_page_api_and_feed_tell_of_it_and_nothing_is_taken_out() {
    let (world, export, _folder) = world(false).await;
    world.publish(&plugin("1.0")).await;
    write(&export, "PYSEC-2026-1", &["1.0", "1.1"]);
    assert_eq!(world.judge_again().await, 1);
    let page = world
        .get("/plugins/fapilog-acme/", "text/html")
        .await
        .text();
    assert!(page.contains("Known vulnerability PYSEC-2026-1: Hands out &#60;tokens&#62;"));
    assert!(page.contains(&format!("href=\"{OWN}\"")), "{page}");
    let info = world
        .get("/api/v1/plugins/fapilog-acme", "*/*")
        .await
        .json();
    assert_eq!(info["advisories"][0]["id"], "PYSEC-2026-1");
    assert_eq!(
        info["advisories"][0]["affected"],
        serde_json::json!(["1.0"])
    );
    // One that was known before is told with the release.
    world.publish(&plugin("1.1")).await;
    let versions: Vec<String> = told(&world)
        .await
        .into_iter()
        .map(|(version, _)| version)
        .collect();
    assert_eq!(versions, ["1.0", "1.1"]);
    assert_eq!(feed(&world, OWN).await.matches("<entry>").count(), 2);
}
