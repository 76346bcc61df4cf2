//! Uploads that must be refused, each with its own id, and without a trace.

use std::future::{Future as _, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use crate::world::{Answer, Pieces, Upload, World};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use fapilog_market::queries::files;
use fapilog_testkit::{RawEntry, SourceArchiveBuilder, WheelBuilder};
use sha2::{Digest as _, Sha256};

/// Longest wait for what must happen.
const LIMIT: Duration = Duration::from_secs(20);

fn plugin() -> WheelBuilder {
    WheelBuilder::plugin("fapilog-acme", "1.0")
}

/// The answer must be this refusal, said in body and reason phrase, and nothing may be left.
async fn assert_refused(world: &World, answer: Answer, status: u16, id: &str) {
    let text = answer.text();
    assert_eq!(answer.status.as_u16(), status, "{id}: {text}");
    assert!(text.contains(&format!("[{id}]")), "{id}: {text}");
    assert!(text.contains("\nhint: "), "{text}");
    assert_eq!((world.stored(), world.rows().await), (vec![], 0), "{id}");
}

#[tokio::test]
async fn forms_that_disagree_with_the_file_are_refused() {
    let world = World::new().await;
    let right = Upload::wheel(&plugin());
    let renamed = Upload {
        filename: "fapilog_acme-1.0.whl".into(),
        ..right.clone()
    };
    let unsafe_name = Upload {
        filename: "../fapilog_acme-1.0-py3-none-any.whl".into(),
        ..right.clone()
    };
    for (upload, id) in [
        (
            right.clone().field("name", "fapilog-other"),
            "metadata-mismatch",
        ),
        (right.clone().field("name", ""), "invalid-project-name"),
        (right.clone().field("version", "1.1"), "metadata-mismatch"),
        (right.clone().field("version", "one"), "metadata-mismatch"),
        (right.clone().field("filetype", "sdist"), "bad-form"),
        (right.clone().field("filetype", ""), "bad-form"),
        (right.clone().field(":action", "submit"), "bad-form"),
        (right.clone().field("protocol_version", "2"), "bad-form"),
        (
            right.clone().field("sha256_digest", &"0".repeat(64)),
            "digest-mismatch",
        ),
        (renamed, "bad-filename"),
        (unsafe_name, "bad-filename"),
    ] {
        let answer = world.upload(&upload).await;
        assert_refused(&world, answer, 400, id).await;
    }
}

#[tokio::test]
async fn archives_that_are_not_what_they_claim_are_refused() {
    let world = World::new().await;
    let right = plugin().build();
    let mut traversal = plugin().raw();
    traversal.entries.push(RawEntry::file("../evil.py", b"x"));
    let mut link = plugin().raw();
    link.entries.push(RawEntry {
        mode: 0o120_777,
        ..RawEntry::file("fapilog_acme/l", b"/etc")
    });
    let mut bomb = plugin().raw();
    bomb.entries
        .push(RawEntry::file("zeros", &vec![0; 80 << 20]));
    for (bytes, id) in [
        (right[..right.len() - 10].to_vec(), "archive-truncated"),
        (Vec::new(), "archive-truncated"),
        (
            [right.clone(), b"tail".to_vec()].concat(),
            "archive-trailing-data",
        ),
        (traversal.build(), "archive-path-traversal"),
        (link.build(), "archive-link"),
        (bomb.build(), "archive-compression-ratio"),
        (
            plugin().metadata_name("fapilog-other").build(),
            "name-mismatch",
        ),
        (plugin().metadata_version("2.0").build(), "version-mismatch"),
        (
            plugin().record("sha256=", "sha256=A").build(),
            "record-format",
        ),
        (plugin().without("METADATA").build(), "missing-file"),
    ] {
        let answer = world.upload(&Upload::bytes(&plugin(), bytes)).await;
        assert_refused(&world, answer, 400, id).await;
    }
    let archive = SourceArchiveBuilder::new("fapilog-acme", "1.0").without("PKG-INFO");
    let answer = world
        .upload(&Upload::source(&archive, "fapilog-acme", "1.0"))
        .await;
    assert_refused(&world, answer, 400, "missing-file").await;
}

#[tokio::test]
async fn plugins_must_be_named_like_plugins_and_declare_a_range() {
    let world = World::new().await;
    for (builder, id) in [
        (WheelBuilder::plugin("acme-logs", "1.0"), "plugin-name"),
        (plugin().without_metadata("Requires-Dist"), "no-core-range"),
        (
            plugin()
                .without_metadata("Requires-Dist")
                .metadata("Requires-Dist: fapilog"),
            "no-core-range",
        ),
        (
            plugin().metadata("Requires-Dist: fapilog>=three"),
            "bad-requirement",
        ),
    ] {
        let answer = world.upload(&Upload::wheel(&builder)).await;
        assert_refused(&world, answer, 400, id).await;
    }
    world
        .publish(&Upload::wheel(&WheelBuilder::new("acme-logs", "1.0")))
        .await;
}

#[tokio::test]
async fn wrong_tokens_are_refused_before_the_file_is_read() {
    let world = World::new().await;
    let upload = Upload::wheel(&plugin());
    let elsewhere = world.new_token("fapilog-other").await;
    let (own, unknown) = (world.new_token("fapilog-acme").await, "fapm_0123456789ab_");
    let mut wrong = own.clone();
    let last = wrong.pop().unwrap();
    wrong.push(if last == '0' { '1' } else { '0' });
    for (token, id) in [
        (wrong.as_str(), "token"),
        (&format!("{unknown}{}", "0".repeat(64)), "token"),
        ("", "token"),
        (&elsewhere, "token-scope"),
    ] {
        let answer = world.send(upload.request(token)).await;
        assert_refused(&world, answer, 403, id).await;
    }
    let nobody = Request::post("/legacy/")
        .body(Body::from(upload.body()))
        .unwrap();
    let answer = world.send(nobody).await;
    assert!(answer.header("www-authenticate").starts_with("Basic"));
    assert_refused(&world, answer, 401, "token").await;
    assert_eq!(
        world.send(upload.request(&own)).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn published_files_never_change() {
    let world = World::new().await;
    let first = Upload::wheel(&plugin());
    world.publish(&first).await;
    let before = (world.stored(), world.rows().await);
    world.publish(&first).await;
    let other = Upload::wheel(&plugin().file("fapilog_acme/more.py", b"1"));
    let answer = world.upload(&other).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        answer.text().starts_with("File already exists"),
        "{}",
        answer.text()
    );
    assert_eq!((world.stored(), world.rows().await), before);
    assert_eq!(world.get(&first.path(), "*/*").await.body, first.bytes);
}

#[tokio::test]
async fn of_simultaneous_uploads_under_one_name_exactly_one_wins() {
    let world = World::new().await;
    let uploads: Vec<Upload> = (0..6)
        .map(|n| Upload::wheel(&plugin().file("fapilog_acme/n.py", format!("{n}").as_bytes())))
        .collect();
    let (a, b, c, d, e, f) = tokio::join!(
        world.upload(&uploads[0]),
        world.upload(&uploads[1]),
        world.upload(&uploads[2]),
        world.upload(&uploads[3]),
        world.upload(&uploads[4]),
        world.upload(&uploads[5]),
    );
    let statuses = [a, b, c, d, e, f].map(|answer| answer.status.as_u16());
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 400).count(),
        5,
        "{statuses:?}"
    );
    assert_eq!(world.stored().len(), 2);
}

#[tokio::test]
async fn uploads_that_are_too_large_are_refused_announced_or_not() {
    let world = World::with(|config| config.max_upload_bytes = 100_000).await;
    let noise: Vec<u8> = (0..10_000_u32)
        .flat_map(|n| Sha256::digest(n.to_le_bytes()))
        .collect();
    let upload = Upload::wheel(&plugin().file("fapilog_acme/noise", &noise));
    assert!(upload.bytes.len() > 100_000);
    let answer = world.upload(&upload).await;
    assert_refused(&world, answer, 413, "file-too-large").await;
    let token = world.new_token("*").await;
    let mut announced = upload.request(&token);
    announced
        .headers_mut()
        .insert("content-length", "99999999999".parse().unwrap());
    let answer = world.send(announced).await;
    assert_refused(&world, answer, 413, "file-too-large").await;
}

#[tokio::test]
async fn broken_forms_are_refused() {
    let world = World::new().await;
    let (upload, token) = (Upload::wheel(&plugin()), world.new_token("*").await);
    let body = upload.body();
    let cut = upload.request_of(&token, body[..body.len() - 40].to_vec());
    let answer = world.send(cut).await;
    assert_refused(&world, answer, 400, "upload-broken").await;
    let mut twice = upload.clone();
    twice.fields.push(("name".into(), "fapilog-acme".into()));
    let answer = world.upload(&twice).await;
    assert_refused(&world, answer, 400, "bad-form").await;
    let mut long = upload.clone();
    long.fields
        .push(("description".into(), "x".repeat(9 << 20)));
    let answer = world.upload(&long).await;
    assert_refused(&world, answer, 400, "bad-form").await;
    let mut plain = upload.request(&token);
    plain
        .headers_mut()
        .insert("content-type", "text/plain".parse().unwrap());
    let answer = world.send(plain).await;
    assert_refused(&world, answer, 400, "bad-form").await;
    let mut many = upload.clone();
    many.fields
        .extend((0..5000).map(|_| ("classifiers".to_owned(), String::new())));
    let answer = world.upload(&many).await;
    assert_refused(&world, answer, 400, "bad-form").await;
}

#[tokio::test]
async fn a_form_whose_reader_would_have_to_keep_it_in_memory_is_refused() {
    let world = World::new().await;
    let (upload, token) = (Upload::wheel(&plugin()), world.new_token("*").await);
    let endless_head = b"--edge\r\nContent-Disposition: form-data; name=\"".to_vec();
    for beginning in [endless_head, Vec::new()] {
        let taken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&taken);
        let pieces = (0..1000_usize).map(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
            vec![b'x'; 16 * 1024]
        });
        let pieces = std::iter::once(beginning).chain(pieces);
        let mut request = upload.request(&token);
        *request.body_mut() = Body::new(Pieces::new(pieces));
        let answer = world.send(request).await;
        assert_refused(&world, answer, 400, "upload-broken").await;
        assert!(taken.load(Ordering::Relaxed) < 100, "{taken:?}");
    }
}

#[tokio::test]
async fn one_version_has_one_spelling() {
    let world = World::new().await;
    world.publish(&Upload::wheel(&plugin())).await;
    let before = (world.stored(), world.rows().await);
    let other = WheelBuilder::plugin("fapilog-acme", "1.0.0");
    let answer = world.upload(&Upload::wheel(&other)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        answer.text().contains("[version-spelling]"),
        "{}",
        answer.text()
    );
    assert_eq!((world.stored(), world.rows().await), before);
}

#[tokio::test]
async fn a_plugin_cannot_bring_files_of_the_core_or_requirements_past_the_index() {
    let world = World::new().await;
    let shadow = plugin().file("fapilog/__init__.py", b"evil");
    let answer = world.upload(&Upload::wheel(&shadow)).await;
    assert_refused(&world, answer, 400, "wheel-core-files").await;
    let direct = plugin().metadata("Requires-Dist: evil @ https://example.org/evil.whl");
    let answer = world.upload(&Upload::wheel(&direct)).await;
    assert_refused(&world, answer, 400, "bad-requirement").await;
}

#[tokio::test]
async fn a_client_that_hangs_up_at_any_moment_leaves_all_or_nothing() {
    /// More than an upload takes: how many it takes varies from time to time.
    const MOMENTS: usize = 150;
    let world = World::new().await;
    let mut ends = 0;
    for allowed in 0..MOMENTS {
        let upload = Upload::wheel(&WheelBuilder::plugin(
            "fapilog-acme",
            &format!("1.{allowed}"),
        ));
        let mut publishing = Box::pin(world.upload(&upload));
        let mut polls = 0;
        let ended = poll_fn(|context| {
            polls += 1;
            match publishing.as_mut().poll(context) {
                Poll::Ready(answer) => {
                    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
                    Poll::Ready(true)
                }
                Poll::Pending if polls > allowed => Poll::Ready(false),
                Poll::Pending => Poll::Pending,
            }
        })
        .await;
        // Dropped, as a request is whose client is gone.
        drop(publishing);
        let settled = async {
            loop {
                let row = files::find(&*world.market.database, &upload.filename).await;
                let stored = world.stored();
                let here = stored
                    .iter()
                    .filter(|name| name.starts_with(&upload.filename));
                let unfinished = stored.iter().any(|name| name.starts_with(".tmp"));
                let expected = if row.unwrap().is_some() { 2 } else { 0 };
                if here.count() == expected && !unfinished {
                    break;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(LIMIT, settled).await.unwrap();
        ends += usize::from(ended);
    }
    assert!((1..MOMENTS).contains(&ends), "{ends}");
}

#[tokio::test]
async fn a_client_that_asks_for_json_gets_the_envelope() {
    let world = World::new().await;
    let mut request = Upload::wheel(&plugin()).request("nonsense");
    request
        .headers_mut()
        .insert("accept", "application/json".parse().unwrap());
    let answer = world.send(request).await.json();
    assert_eq!(answer["error"]["id"], "token");
    assert!(answer["code"].as_str().unwrap().contains("hint: "));
}

#[tokio::test]
async fn the_address_without_its_slash_keeps_the_method() {
    let world = World::new().await;
    let request = Request::post("/legacy").body(Body::empty()).unwrap();
    let answer = world.send(request).await;
    assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(answer.header("location"), "legacy/");
}

#[tokio::test]
async fn a_database_that_fails_leaves_no_file() {
    let world = World::new().await;
    // The row can't be written, so the file must not stay either.
    sqlx::query("DROP TABLE uploads")
        .execute(&*world.market.database)
        .await
        .unwrap();
    let answer = world.upload(&Upload::wheel(&plugin())).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        !answer.text().contains("uploads\""),
        "a cause must not be told"
    );
    assert_eq!(world.stored(), Vec::<String>::new());
    assert_eq!(
        world.get("/simple/fapilog-acme/", "*/*").await.status,
        StatusCode::NOT_FOUND
    );
}
