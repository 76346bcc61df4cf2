//! Pages, badges, constraints, feeds and the JSON API of the catalogue, driven through the router.

use crate::world::{Upload, World};
use axum::http::StatusCode;
use fapilog_market::downloads::writer;
use fapilog_market::handlers::api::openapi;
use fapilog_testkit::WheelBuilder;
use serde_json::json;

fn plugin(name: &str, version: &str, core: &str) -> Upload {
    let builder = WheelBuilder::plugin(name, version)
        .without_metadata("Requires-")
        .metadata(&format!("Requires-Dist: fapilog{core}"))
        .metadata("Summary: Sends records somewhere")
        .metadata("Keywords: sink,records")
        .metadata("License-Expression: MIT")
        .metadata("Requires-Python: >=3.11");
    Upload::wheel(&builder)
}

async fn stocked() -> World {
    let world = World::new().await;
    for version in ["3.0.0", "3.0.2", "3.1.0"] {
        world
            .publish(&Upload::wheel(&WheelBuilder::new("fapilog", version)))
            .await;
    }
    for (name, version, core) in [
        ("fapilog-kafka", "1.0", ">=3.0,<3.1"),
        ("fapilog-kafka", "2.0", ">=3.1,<4.0"),
        ("fapilog-splunk", "1.5", ">=3.0,<4.0"),
        ("fapilog-old", "0.1", ">=2.0,<3.0"),
    ] {
        world.publish(&plugin(name, version, core)).await;
    }
    world
}

#[tokio::test]
async fn what_is_published_is_found_at_once_by_pages_and_api() {
    let world = stocked().await;
    let text = world.get("/plugins/?q=kafk", "text/html").await.text();
    assert!(text.contains("/plugins/fapilog-kafka/") && !text.contains("/plugins/fapilog-splunk/"));
    world
        .publish(&plugin("fapilog-quasar", "1.0", ">=3.0,<4.0"))
        .await;
    let page = world.get("/api/v1/search?q=quasr", "*/*").await.json();
    assert_eq!(page["results"][0]["name"], "fapilog-quasar");
    assert_eq!(page["corrections"], json!([["quasr", "quasar"]]));
    assert_eq!(page["results"][0]["kinds"], json!(["sink"]));
}

#[tokio::test]
async fn the_api_turns_pages_by_cursors_and_filters_like_the_pages() {
    let world = stocked().await;
    let mut names = Vec::new();
    let mut address = "/api/v1/search?limit=1&sort=name".to_owned();
    loop {
        let page = world.get(&address, "*/*").await.json();
        assert_eq!(page["total"], 3);
        names.push(page["results"][0]["name"].as_str().unwrap().to_owned());
        match page["next_cursor"].as_str() {
            Some(cursor) => address = format!("/api/v1/search?limit=1&sort=name&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(names, ["fapilog-kafka", "fapilog-old", "fapilog-splunk"]);
    for (query, total) in [
        ("core=3.0", 1),
        ("core=3.1", 2),
        ("core=3.0&core=3.1", 2),
        ("python=3.10", 0),
        ("python=3.12&license=MIT&kind=sink", 3),
    ] {
        let page = world
            .get(&format!("/api/v1/search?{query}"), "*/*")
            .await
            .json();
        assert_eq!(page["total"], total, "{query}");
    }
}

#[tokio::test]
async fn mistakes_are_problems_with_an_id_and_a_hint() {
    let world = stocked().await;
    for (path, status, id) in [
        ("/api/v1/search?limit=0", 400, "bad-limit"),
        ("/api/v1/search?cursor=!", 400, "bad-cursor"),
        ("/api/v1/plugins/fapilog-none", 404, "not-found"),
        ("/api/v1/plugins/%00", 404, "not-found"),
        ("/api/v1/resolve?core=3.0.0", 400, "bad-names"),
        (
            "/api/v1/resolve?core=x&name=fapilog-kafka",
            400,
            "bad-version",
        ),
    ] {
        let answer = world.get(path, "*/*").await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        let problem = answer.json();
        assert_eq!(problem["id"], id, "{path}");
        assert_eq!(problem["status"], status, "{path}");
        assert!(!problem["hint"].as_str().unwrap().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_plugin_is_told_with_all_its_versions_newest_first() {
    let world = stocked().await;
    let info = world
        .get("/api/v1/plugins/Fapilog_Kafka", "*/*")
        .await
        .json();
    assert_eq!(info["name"], "fapilog-kafka");
    assert_eq!(info["latest_version"], "2.0");
    assert_eq!(info["page"], "http://market.test/plugins/fapilog-kafka/");
    let versions = info["versions"].as_array().unwrap();
    let told: Vec<_> = versions
        .iter()
        .map(|one| one["version"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["2.0", "1.0"]);
    assert_eq!(
        versions[1]["compatibility"],
        json!([
            {"core": "3.0.2", "compatible": true},
            {"core": "3.1.0", "compatible": false},
        ])
    );
    assert_eq!(versions[0]["requirement"], "fapilog-kafka==2.0");
    let file = versions[0]["files"][0]["url"].as_str().unwrap();
    let path = file.strip_prefix("http://market.test").unwrap();
    assert_eq!(world.get(path, "*/*").await.status, StatusCode::OK);
}

#[tokio::test]
async fn versions_are_resolved_for_a_core_with_a_reason_where_the_newest_does_not_fit() {
    let world = stocked().await;
    let names = "name=fapilog-kafka&name=fapilog-splunk&name=fapilog-old&name=fapilog-none";
    let address = format!("/api/v1/resolve?core=3.0.2&python=3.12.1&{names}");
    let plugins = world.get(&address, "*/*").await.json()["plugins"].clone();
    assert_eq!(plugins[0]["requirement"], "fapilog-kafka==1.0");
    assert_eq!(plugins[0]["latest_version"], "2.0");
    assert_eq!(plugins[0]["reason"], "2.0 is made for fapilog>=3.1,<4.0");
    assert_eq!(plugins[1]["version"], "1.5");
    assert_eq!(plugins[1]["reason"], json!(null));
    assert_eq!(plugins[2]["version"], json!(null));
    assert_eq!(plugins[3]["known"], false);
    let old = format!("/api/v1/resolve?core=3.1.0&python=3.10&{names}");
    let plugins = world.get(&old, "*/*").await.json()["plugins"].clone();
    assert_eq!(plugins[1]["version"], json!(null));
    assert!(
        plugins[1]["reason"]
            .as_str()
            .unwrap()
            .contains("needs Python >=3.11")
    );
}

#[tokio::test]
async fn constraints_hold_every_plugin_at_the_newest_version_for_a_core() {
    let world = stocked().await;
    let text = world.get("/constraints/3.0.txt", "*/*").await.text();
    assert!(text.contains("\nfapilog==3.0.2\n"), "{text}");
    assert!(text.contains("\nfapilog-kafka==1.0\n"), "{text}");
    assert!(text.contains("\n# fapilog-old: no version"), "{text}");
    let text = world.get("/constraints/3.1.0.txt", "*/*").await.text();
    assert!(text.contains("\nfapilog-kafka==2.0\n"), "{text}");
    for wrong in ["/constraints/x.txt", "/constraints/3.0"] {
        assert_eq!(
            world.get(wrong, "*/*").await.status,
            StatusCode::NOT_FOUND,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn badges_say_what_is_so_as_picture_and_as_data() {
    let world = stocked().await;
    for (badge, message) in [
        ("version", "2.0"),
        ("core", "3.1"),
        ("python", "3.11 – 3.14"),
        ("downloads", "0 a month"),
        ("rating", "none yet"),
    ] {
        let data = world
            .get(&format!("/badges/fapilog-kafka/{badge}.json"), "*/*")
            .await;
        assert_eq!(data.json()["message"], message, "{badge}");
        let picture = world
            .get(&format!("/badges/fapilog-kafka/{badge}.svg"), "*/*")
            .await;
        assert_eq!(picture.header("content-type"), "image/svg+xml");
        assert!(picture.text().contains(message), "{badge}");
    }
    let missing = world.get("/badges/%3Cscript%3E/version.svg", "*/*").await;
    assert_eq!(missing.status, StatusCode::OK);
    assert!(missing.text().contains("not found") && !missing.text().contains("<script"));
    for wrong in [
        "/badges/fapilog-kafka/x.svg",
        "/badges/fapilog-kafka/version.png",
    ] {
        assert_eq!(
            world.get(wrong, "*/*").await.status,
            StatusCode::NOT_FOUND,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn feeds_are_atom_and_hold_what_was_published() {
    let world = stocked().await;
    let all = world.get("/feeds/versions.atom", "*/*").await;
    assert_eq!(all.header("content-type"), "application/atom+xml");
    assert!(
        all.text().contains("<title>fapilog-splunk 1.5</title>"),
        "{}",
        all.text()
    );
    let own = world
        .get("/feeds/plugins/fapilog-kafka.atom", "*/*")
        .await
        .text();
    assert!(own.contains("fapilog-kafka 2.0") && !own.contains("fapilog-splunk"));
    let none = world.get("/feeds/plugins/fapilog-none.atom", "*/*").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn downloads_count_once_for_people_and_never_for_parts() {
    let world = stocked().await;
    let upload = plugin("fapilog-splunk", "1.5", ">=3.0,<4.0");
    let path = upload.path();
    let person = r#"pip/26.3 {"python":"3.12.1","ci":null}"#;
    let ci = r#"uv/0.13 {"python":"3.12.1","ci":true}"#;
    for (agent, times) in [(person, 3), (ci, 2), ("curl/8", 1), ("bandersnatch/6", 1)] {
        for _ in 0..times {
            world.get_with(&path, &[("user-agent", agent)]).await;
        }
    }
    world
        .get_with(&path, &[("user-agent", person), ("range", "bytes=0-9")])
        .await;
    world
        .get_with(&format!("{path}.metadata"), &[("user-agent", person)])
        .await;
    writer::write(&world.market).await.unwrap();
    writer::write(&world.market).await.unwrap();
    let info = world
        .get("/api/v1/plugins/fapilog-splunk", "*/*")
        .await
        .json();
    assert_eq!(info["downloads_30d"], 3);
    let page = world
        .get("/api/v1/search?sort=downloads&limit=1", "*/*")
        .await
        .json();
    assert_eq!(page["results"][0]["name"], "fapilog-splunk");
    let text = world
        .get("/plugins/fapilog-splunk/", "text/html")
        .await
        .text();
    assert!(
        text.contains("2 build servers") && text.contains("class=\"plot\""),
        "{text}"
    );
}

#[tokio::test]
async fn each_version_has_a_page_and_old_ones_say_so() {
    let world = stocked().await;
    let old = world
        .get("/plugins/fapilog-kafka/1.0/", "text/html")
        .await
        .text();
    assert!(old.contains("The latest is 2.0") && old.contains("pip install fapilog-kafka==1.0"));
    let new = world
        .get("/plugins/fapilog-kafka/2.0/", "text/html")
        .await
        .text();
    assert!(
        new.contains("No longer requires fapilog&#62;=3.0,&#60;3.1"),
        "{new}"
    );
    for wrong in [
        "/plugins/fapilog-kafka/9.9/",
        "/plugins/fapilog-kafka/%3Cx%3E/",
    ] {
        assert_eq!(
            world.get(wrong, "*/*").await.status,
            StatusCode::NOT_FOUND,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn plugins_stand_side_by_side_and_unknown_ones_are_named() {
    let world = stocked().await;
    let text = world
        .get(
            "/compare?with=kafka&with=fapilog-splunk&with=fapilog-nix",
            "text/html",
        )
        .await
        .text();
    assert!(text.contains("no plugin “fapilog-nix”"), "{text}");
    assert!(text.contains("/compare?with=fapilog-splunk\""), "{text}");
}

#[tokio::test]
async fn the_document_of_the_api_is_the_committed_one() {
    let committed = include_str!("../../openapi.json");
    let generated = openapi::document().unwrap();
    assert!(
        committed == generated,
        "run `make openapi` and look at what changed"
    );
    let served = World::new().await.get("/api/v1/openapi.json", "*/*").await;
    assert_eq!(served.text(), generated);
}
