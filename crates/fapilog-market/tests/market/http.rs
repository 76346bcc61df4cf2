//! What holds for every answer: methods, caching, addresses, parts.

use crate::world::{Upload, World};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use fapilog_testkit::WheelBuilder;

const JSON: &str = "application/vnd.pypi.simple.v1+json";

fn plugin() -> WheelBuilder {
    WheelBuilder::plugin("fapilog-acme", "1.0")
}

#[tokio::test]
async fn every_form_of_a_page_has_a_tag_of_its_own() {
    let world = World::new().await;
    world.publish(&Upload::wheel(&plugin())).await;
    let mut tags = Vec::new();
    for accept in [JSON, "application/vnd.pypi.simple.v1+html", "text/html"] {
        let page = world.get("/simple/fapilog-acme/", accept).await;
        tags.push(page.header("etag"));
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 3);
}

#[tokio::test]
async fn errors_are_never_stored_by_caches() {
    let world = World::new().await;
    let upload = Upload::wheel(&plugin());
    world.publish(&upload).await;
    for path in [
        "/simple/fapilog-none/",
        "/files/ab/cd/x.whl",
        "/static/x",
        "/plugins/x/",
        "/x",
    ] {
        let answer = world.get(path, JSON).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    let answer = world.get("/simple/", "application/json").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let outside = [("range", "bytes=99999999-")];
    let answer = world.get_with(&upload.path(), &outside).await;
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn head_tells_what_get_would_and_sends_nothing() {
    let world = World::new().await;
    let upload = Upload::wheel(&plugin());
    world.publish(&upload).await;
    for path in [
        "/",
        "/plugins/fapilog-acme/",
        "/simple/",
        "/simple/fapilog-acme/",
        "/static/market.css",
        &upload.path(),
        &format!("{}.metadata", upload.path()),
    ] {
        let request = Request::head(path).body(Body::empty()).unwrap();
        let (head, get) = (world.send(request).await, world.get(path, "").await);
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        assert_eq!(head.header("etag"), get.header("etag"), "{path}");
        let length = get.body.len().to_string();
        assert_eq!(head.header("content-length"), length, "{path}");
    }
}

#[tokio::test]
async fn methods_that_a_path_does_not_know_are_405_with_those_it_knows() {
    let world = World::new().await;
    for (method, path, allowed) in [
        ("POST", "/simple/", "GET"),
        ("DELETE", "/files/ab/cd/x.whl", "GET"),
        ("PUT", "/legacy/", "POST"),
        ("GET", "/legacy/", "POST"),
        ("PATCH", "/", "GET"),
    ] {
        let request = Request::builder().method(method).uri(path);
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert!(answer.header("allow").contains(allowed), "{method} {path}");
        assert_eq!(answer.json()["error"]["id"], "method", "{method} {path}");
    }
}

#[tokio::test]
async fn addresses_that_cannot_be_decoded_lead_nowhere() {
    let world = World::new().await;
    for path in [
        "/simple/%ff/",
        "/simple/%ff",
        "/plugins/%ff/",
        "/static/%ff",
        "/files/%ff/a/b",
    ] {
        let answer = world.get(path, "*/*").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.json()["error"]["id"], "not-found", "{path}");
    }
    for query in [
        "q=%ff",
        "q=a&q=b",
        "page=99999999999999999999",
        "page=-1",
        "page=x",
        "%",
        "q=%00",
    ] {
        let answer = world.get(&format!("/?{query}"), "text/html").await;
        assert_eq!(answer.status, StatusCode::OK, "{query}");
    }
}

#[tokio::test]
async fn other_spellings_are_sent_to_the_normal_address() {
    let world = World::new().await;
    world.publish(&Upload::wheel(&plugin())).await;
    for (path, target) in [
        ("/simple/Fapilog_Acme/", "../fapilog-acme/"),
        ("/simple/fapilog-acme", "fapilog-acme/"),
        ("/simple/Fapilog.Acme", "fapilog-acme/"),
        ("/plugins/Fapilog_Acme/", "../fapilog-acme/"),
        ("/plugins/fapilog-acme", "fapilog-acme/"),
        ("/simple", "simple/"),
        ("/simple?a=%22&b", "simple/?a=%22&b"),
        (
            "/simple/Fapilog.Acme/?format=json",
            "../fapilog-acme/?format=json",
        ),
        ("/plugins/fapilog-acme?tab=files", "fapilog-acme/?tab=files"),
    ] {
        let answer = world.get(path, "*/*").await;
        assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT, "{path}");
        assert_eq!(answer.header("location"), target, "{path}");
    }
    for path in [
        "/simple/%2e%2e%2fetc/",
        "/simple/nothing-here/",
        "/plugins/nothing-here/",
    ] {
        assert_eq!(
            world.get(path, "*/*").await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn parts_of_files_can_be_asked_for() {
    let world = World::new().await;
    let upload = Upload::wheel(&plugin());
    world.publish(&upload).await;
    let path = upload.path();
    let whole = world.get(&path, "*/*").await;
    assert_eq!(whole.header("accept-ranges"), "bytes");
    let part = world.get_with(&path, &[("range", "bytes=2-5")]).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.body, upload.bytes[2..6]);
    let length = upload.bytes.len();
    assert_eq!(part.header("content-range"), format!("bytes 2-5/{length}"));
    let end = world.get_with(&path, &[("range", "bytes=-22")]).await;
    assert_eq!(end.body, upload.bytes[length - 22..]);
    let outside = world.get_with(&path, &[("range", "bytes=99999999-")]).await;
    assert_eq!(outside.status, StatusCode::RANGE_NOT_SATISFIABLE);
    for wrong in [
        "/files/ab/abc/fapilog_acme-1.0-py3-none-any.whl",
        &path.replacen(&path[7..9], &path[7..8], 1),
        "/files/../market.sqlite3",
    ] {
        assert_eq!(
            world.get(wrong, "*/*").await.status,
            StatusCode::NOT_FOUND,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn every_answer_bears_the_protecting_headers() {
    let world = World::new().await;
    for path in [
        "/",
        "/nope",
        "/simple/",
        "/healthz",
        "/static/market.css",
        "/legacy/",
        "/files/a/b/c",
    ] {
        let answer = world.get(path, "*/*").await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'")
        );
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
    }
}
