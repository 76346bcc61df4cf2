//! The index, the pages and the upload interface, driven through the router.

use crate::world::{Upload, World, sha256};
use axum::http::StatusCode;
use fapilog_testkit::{SourceArchiveBuilder, WheelBuilder};

const JSON: &str = "application/vnd.pypi.simple.v1+json";

fn plugin() -> WheelBuilder {
    WheelBuilder::plugin("fapilog-acme", "1.0")
        .metadata("Summary: Sends records to Acme")
        .metadata("Project-URL: Source, https://example.org/acme")
        .metadata("Project-URL: Trap, javascript:alert(1)")
        .metadata("Description-Content-Type: text/markdown")
        .description("# Acme\n\n<script>alert(1)</script>\n\n**bold**\n")
}

#[tokio::test]
async fn the_index_tells_everything_that_installers_ask_for() {
    let world = World::new().await;
    let upload = Upload::wheel(&plugin());
    world.publish(&upload).await;
    let page = world.get("/simple/fapilog-acme/", JSON).await;
    assert_eq!(page.header("content-type"), JSON);
    assert_eq!(page.header("vary"), "Accept");
    assert_eq!(page.header("cache-control"), "max-age=0, must-revalidate");
    let index = page.json();
    assert_eq!(index["meta"]["api-version"], "1.4");
    assert_eq!(index["name"], "fapilog-acme");
    assert_eq!(index["versions"][0], "1.0");
    let file = &index["files"][0];
    assert_eq!(file["filename"], "fapilog_acme-1.0-py3-none-any.whl");
    assert_eq!(file["hashes"]["sha256"], upload.sha256());
    assert_eq!(file["size"], upload.bytes.len());
    assert_eq!(file["requires-python"], ">=3.10");
    assert_eq!(file["yanked"], false);
    assert_eq!(
        file["upload-time"].as_str().unwrap().len(),
        "2026-11-23T01:02:03.000004Z".len()
    );

    let path = file["url"]
        .as_str()
        .unwrap()
        .trim_start_matches("../..")
        .to_owned();
    let wheel = world.get(&path, "*/*").await;
    assert_eq!(wheel.body, upload.bytes);
    assert!(wheel.header("cache-control").contains("immutable"));
    let metadata = world.get(&format!("{path}.metadata"), "*/*").await;
    assert_eq!(
        sha256(&metadata.body),
        file["core-metadata"]["sha256"].as_str().unwrap()
    );
    assert!(metadata.text().contains("Name: fapilog-acme\n"));
}

#[tokio::test]
async fn both_forms_of_the_index_tell_the_same() {
    let world = World::new().await;
    world.publish(&Upload::wheel(&plugin())).await;
    let json = world.get("/simple/fapilog-acme/", JSON).await.json();
    let file = &json["files"][0];
    for (accept, content_type) in [
        ("text/html", "text/html; charset=utf-8"),
        (
            "application/vnd.pypi.simple.v1+html",
            "application/vnd.pypi.simple.v1+html; charset=utf-8",
        ),
    ] {
        let page = world.get("/simple/fapilog-acme/", accept).await;
        assert_eq!(page.header("content-type"), content_type);
        let anchor = format!(
            "<a href=\"{}#sha256={}\" data-requires-python=\"&#62;=3.10\" \
             data-dist-info-metadata=\"sha256={metadata}\" \
             data-core-metadata=\"sha256={metadata}\">{}</a>",
            file["url"].as_str().unwrap(),
            file["hashes"]["sha256"].as_str().unwrap(),
            file["filename"].as_str().unwrap(),
            metadata = file["core-metadata"]["sha256"].as_str().unwrap(),
        );
        assert!(page.text().contains(&anchor), "{anchor}\n{}", page.text());
    }
    let root = world.get("/simple/", JSON).await.json();
    assert_eq!(root["projects"][0]["name"], "fapilog-acme");
}

#[tokio::test]
async fn clients_that_have_the_page_get_304_until_something_changes() {
    let world = World::new().await;
    world.publish(&Upload::wheel(&plugin())).await;
    let tag = world
        .get("/simple/fapilog-acme/", JSON)
        .await
        .header("etag");
    assert!(tag.starts_with('"'), "strong: {tag}");
    let condition = [("accept", JSON), ("if-none-match", tag.as_str())];
    let again = || world.get_with("/simple/fapilog-acme/", &condition);
    let known = again().await;
    assert_eq!(
        (known.status, known.body.len()),
        (StatusCode::NOT_MODIFIED, 0)
    );
    assert_eq!(known.header("vary"), "Accept");
    let html = world
        .get_with(
            "/simple/fapilog-acme/",
            &[("accept", "text/html"), ("if-none-match", &tag)],
        )
        .await;
    assert_eq!(html.status, StatusCode::OK);
    world
        .publish(&Upload::wheel(&WheelBuilder::plugin("fapilog-acme", "1.1")))
        .await;
    assert_eq!(again().await.status, StatusCode::OK);
}

#[tokio::test]
async fn forms_that_are_not_there_are_406() {
    let world = World::new().await;
    let answer = world.get("/simple/", "application/json").await;
    assert_eq!(answer.status, StatusCode::NOT_ACCEPTABLE);
    assert_eq!(answer.json()["error"]["id"], "not-acceptable");
}

#[tokio::test]
async fn the_plugin_page_shows_facts_and_nothing_that_acts() {
    let world = World::new().await;
    world.publish(&Upload::wheel(&plugin())).await;
    let page = world.get("/plugins/fapilog-acme/", "text/html").await;
    let text = page.text();
    for expected in [
        "uv pip install fapilog-acme",
        "pip install --index-url http://market.test/simple/ fapilog-acme",
        "fapilog&#62;=3.0,&#60;4.0",
        "fapilog_acme:Plugin",
        "https://example.org/acme",
        "<strong>bold</strong>",
    ] {
        assert!(text.contains(expected), "{expected}");
    }
    for bad in ["<script>", "javascript:", "As an extra"] {
        assert!(!text.contains(bad), "{bad}");
    }
    assert!(
        page.header("content-security-policy")
            .starts_with("default-src 'none'")
    );
}

#[tokio::test]
async fn a_first_party_plugin_is_offered_as_the_extra_that_the_core_declares() {
    let world = World::new().await;
    world
        .publish(&Upload::wheel(&WheelBuilder::plugin(
            "fapilog-fastapi",
            "1.0.0",
        )))
        .await;
    let core = WheelBuilder::new("fapilog", "3.0.0")
        .metadata("Provides-Extra: web")
        .metadata("Requires-Dist: fapilog-fastapi<2.0,>=1.0; extra == 'web'");
    world.publish(&Upload::wheel(&core)).await;
    let text = world
        .get("/plugins/fapilog-fastapi/", "text/html")
        .await
        .text();
    assert!(
        text.contains("pip install &#34;fapilog[web]&#34;"),
        "{text}"
    );
}

#[tokio::test]
async fn the_catalogue_lists_and_finds_plugins_only() {
    let world = World::new().await;
    world.publish(&Upload::wheel(&plugin())).await;
    world
        .publish(&Upload::wheel(&WheelBuilder::new("fapilog-cli", "3.0.0")))
        .await;
    let front = world.get("/", "text/html").await.text();
    assert!(front.contains("fapilog-acme") && !front.contains("fapilog-cli"));
    for (query, found) in [
        ("ACME", true),
        ("records+to", true),
        ("100%25", false),
        ("_", false),
        ("nothing", false),
    ] {
        let text = world
            .get(&format!("/plugins/?q={query}"), "text/html")
            .await
            .text();
        assert_eq!(text.contains("/plugins/fapilog-acme/"), found, "{query}");
    }
    let reflected = world
        .get("/plugins/?q=%3Cscript%3Ealert(1)%3C/script%3E", "text/html")
        .await
        .text();
    assert!(!reflected.contains("<script>"));
}

#[tokio::test]
async fn the_newest_final_release_is_the_one_shown() {
    let world = World::new().await;
    for version in ["1.10", "1.9", "2.0rc1"] {
        world
            .publish(&Upload::wheel(&WheelBuilder::plugin(
                "fapilog-acme",
                version,
            )))
            .await;
    }
    let text = world
        .get("/plugins/fapilog-acme/", "text/html")
        .await
        .text();
    assert!(text.contains("<span class=\"version\">1.10</span>"));
    let index = world.get("/simple/fapilog-acme/", JSON).await.json();
    assert_eq!(
        index["versions"],
        serde_json::json!(["1.9", "1.10", "2.0rc1"])
    );
}

#[tokio::test]
async fn a_source_archive_is_taken_beside_its_wheel() {
    let world = World::new().await;
    world.publish(&Upload::wheel(&plugin())).await;
    let archive = SourceArchiveBuilder::new("fapilog-acme", "1.0");
    world
        .publish(&Upload::source(&archive, "fapilog-acme", "1.0"))
        .await;
    let index = world.get("/simple/fapilog-acme/", JSON).await.json();
    assert_eq!(index["files"].as_array().unwrap().len(), 2);
    assert!(index["files"][1].get("core-metadata").is_none());
    // The wheel's richer facts stay.
    let text = world
        .get("/plugins/fapilog-acme/", "text/html")
        .await
        .text();
    assert!(text.contains("Sends records to Acme"));
}
