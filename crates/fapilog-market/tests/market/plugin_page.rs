//! What a plugin's page tells beyond its metadata: who publishes it, how it is configured, and what
//! a version changes.

use axum::http::StatusCode;
use fapilog_market::queries::ownership;
use fapilog_testkit::{SourceArchiveBuilder, WheelBuilder};
use serde_json::json;

use crate::browser::Browser;
use crate::world::{Upload, World};

const PAGE: &str = "/plugins/fapilog-acme/";

async fn owned_by(world: &World, publisher: &str) {
    let mut connection = world.market.database.acquire().await.unwrap();
    let claimed = ownership::claim(&mut connection, "fapilog-acme", publisher, 1);
    assert!(claimed.await.unwrap());
}

async fn page(world: &World) -> String {
    world.get(PAGE, "text/html").await.text()
}

async fn found(world: &World, level: &str) -> i64 {
    let path = format!("/api/v1/search?publisher={level}");
    world.get(&path, "*/*").await.json()["total"]
        .as_i64()
        .unwrap()
}

#[tokio::test]
async fn who_publishes_is_shown_searched_and_withdrawn() {
    let world = World::new().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    ada.become_site("moderator").await;
    // Who has published nothing has no page, as who isn't there.
    let none = world.get("/publishers/ada/", "text/html").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    owned_by(&world, "ada").await;
    world
        .publish(&Upload::wheel(&WheelBuilder::plugin("fapilog-acme", "1.0")))
        .await;
    assert!(
        page(&world)
            .await
            .contains("href=\"/publishers/ada/\">by ada<")
    );
    assert_eq!(
        (
            found(&world, "community").await,
            found(&world, "verified").await
        ),
        (1, 0)
    );
    let info = world
        .get("/api/v1/plugins/fapilog-acme", "*/*")
        .await
        .json();
    assert_eq!(info["publisher"], "ada");

    let evidence = [
        ("publisher", "ada"),
        ("evidence", "signed mail"),
        ("verified", "1"),
    ];
    ada.post("/moderation/publishers/verify", &evidence).await;
    assert!(page(&world).await.contains("verified: ada"));
    assert_eq!(
        (
            found(&world, "community").await,
            found(&world, "verified").await
        ),
        (0, 1)
    );
    let publisher = world.get("/publishers/ada/", "text/html").await.text();
    assert!(publisher.contains("verified publisher"));
    assert!(publisher.contains(PAGE), "{publisher}");
    // What a moderator looked at is between them.
    assert!(!publisher.contains("signed mail"));

    // Who calls itself by another name is somebody who wasn't checked.
    let named = [("display_name", "Bank <script>"), ("website", "")];
    ada.post("/account/profile", &named).await;
    let text = page(&world).await;
    assert!(
        text.contains("by Bank &#60;script&#62;<") && !text.contains("verified: "),
        "{text}"
    );
    assert_eq!(found(&world, "verified").await, 0);
}

/// What a stranger makes must not stand under the name of somebody who was verified and not asked.
#[tokio::test]
async fn nobody_is_made_to_answer_for_a_plugin() {
    let world = World::new().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    ada.become_site("moderator").await;
    let evidence = [
        ("publisher", "ada"),
        ("evidence", "signed mail"),
        ("verified", "1"),
    ];
    ada.post("/moderation/publishers/verify", &evidence).await;
    let mut eve = Browser::signed_up(&world, "eve").await;
    owned_by(&world, "eve").await;
    world
        .publish(&Upload::wheel(&WheelBuilder::plugin("fapilog-acme", "1.0")))
        .await;
    let given = [("project", "fapilog-acme"), ("publisher", "ada")];
    let refused = eve.post("/manage/fapilog-acme/transfer", &given).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
    assert!(page(&world).await.contains("by eve<"));
    assert_eq!(found(&world, "verified").await, 0);
}

#[tokio::test]
async fn a_verified_publisher_who_leaves_is_verified_no_more() {
    let world = World::new().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    ada.become_site("moderator").await;
    owned_by(&world, "ada").await;
    world
        .publish(&Upload::wheel(&WheelBuilder::plugin("fapilog-acme", "1.0")))
        .await;
    let evidence = [
        ("publisher", "ada"),
        ("evidence", "signed mail"),
        ("verified", "1"),
    ];
    ada.post("/moderation/publishers/verify", &evidence).await;
    assert_eq!(found(&world, "verified").await, 1);
    let confirmed = [("name", "ada"), ("password", crate::browser::PASSWORD)];
    let gone = ada.post("/account/delete", &confirmed).await;
    assert_eq!(gone.header("location"), "/sign-in?done=removed");
    assert_eq!(found(&world, "verified").await, 0);
    assert!(!page(&world).await.contains("/publishers/ada/"));
}

#[tokio::test]
async fn options_are_shown_as_the_source_states_them() {
    let world = World::new().await;
    let source = "from dataclasses import dataclass, field\n\
        @dataclass\nclass Config:\n    \"\"\"It.\n\n    Attributes:\n        host: <b>where</b> it is.\n    \"\"\"\n\
        \n    host: str\n    paths: list[str] = field(default_factory=list)\n\
        class Plugin:\n    Config = Config\n    async def process(self, record): return record\n";
    let entry_points = "[fapilog.plugins]\nacme = fapilog_acme.face:Plugin\n";
    let wheel = WheelBuilder::plugin("fapilog-acme", "1.0")
        .entry_points(entry_points)
        .file("fapilog_acme/face.py", source.as_bytes());
    world.publish(&Upload::wheel(&wheel)).await;
    let text = page(&world).await;
    for shown in [
        "<code>host</code>",
        "required",
        "&#60;b&#62;where&#60;/b&#62; it is.",
        "<code>list[str]</code>",
        "<code>list()</code>",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    let info = world
        .get("/api/v1/plugins/fapilog-acme", "*/*")
        .await
        .json();
    assert_eq!(
        info["configuration"],
        json!([{"plugin": "acme", "options": [
            {"name": "host", "type": "str", "default": null, "description": "<b>where</b> it is."},
            {"name": "paths", "type": "list[str]", "default": "list()", "description": null},
        ]}])
    );
}

#[tokio::test]
async fn what_a_version_changes_is_told_from_its_changelog() {
    let world = World::new().await;
    let log = "# Changes\n\n## 1.1\n\n- a *door* <script>alert(1)</script>\n\n## 1.0\n\n- a wall\n";
    for version in ["1.0", "1.1"] {
        let wheel = WheelBuilder::plugin("fapilog-acme", version);
        let source =
            SourceArchiveBuilder::new("fapilog-acme", version).file("CHANGELOG.md", log.as_bytes());
        world
            .publish(&Upload::source(&source, "fapilog-acme", version))
            .await;
        world.publish(&Upload::wheel(&wheel)).await;
    }
    let text = page(&world).await;
    assert!(
        text.contains("What 1.1 changes") && text.contains("<em>door</em>"),
        "{text}"
    );
    assert!(!text.contains("<script>alert") && !text.contains("a wall"));
    let old = world
        .get("/plugins/fapilog-acme/1.0/", "text/html")
        .await
        .text();
    assert!(old.contains("a wall") && !old.contains("door"));
}
