//! Receipts: what a signature is worth, and everything that it must not be good for.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use fapilog_market::clock;
use fapilog_market::queries::rate_counts;
use fapilog_market::receipts::{MAX_A_DAY, MAX_DISTANCE_S, MAX_KEPT, MAX_KEYS};
use fapilog_market_api::receipt::signed_bytes;
use fapilog_market_api::{KeyEnd, Receipt, Signed, Statement};
use fapilog_testkit::WheelBuilder;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use crate::browser::{Browser, PASSWORD};
use crate::world::{Answer, Upload, World};

const PAGE: &str = "/plugins/fapilog-acme/reviews";

fn wheel(version: &str) -> Upload {
    Upload::wheel(&WheelBuilder::plugin("fapilog-acme", version))
}

async fn stocked() -> World {
    let world = World::new().await;
    for version in ["1.0", "2.0"] {
        world.publish(&wheel(version)).await;
    }
    world
}

async fn send(world: &World, path: &str, token: Option<&str>, body: &Value) -> Answer {
    let mut request = Request::post(path).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let body = Body::from(body.to_string());
    world.send(request.body(body).unwrap()).await
}

/// The command of somebody, as far as receipts go.
struct Installation<'w> {
    world: &'w World,
    pair: Ed25519KeyPair,
    id: String,
    seed: u8,
    statements: u32,
}

impl<'w> Installation<'w> {
    async fn of(world: &'w World, browser: &mut Browser<'_>, seed: u8) -> Self {
        let token = browser.new_token_for("receipts", "*").await;
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let asked = json!({"public_key": hex::encode(pair.public_key()), "label": "laptop"});
        let answer = send(world, "/api/v1/receipt-keys", Some(&token), &asked).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        Self {
            world,
            pair,
            id: answer.json()["id"].as_str().unwrap().to_owned(),
            seed,
            statements: 0,
        }
    }

    fn receipt(&mut self, version: &str) -> Receipt {
        self.statements += 1;
        Receipt {
            key: self.id.clone(),
            nonce: format!("{:02x}{:030x}", self.seed, self.statements),
            at_s: clock::now_us() / 1_000_000,
            plugin: "fapilog-acme".to_owned(),
            version: version.to_owned(),
            sha256: wheel(version).sha256(),
            core: "3.0.1".to_owned(),
            python: "3.12.1".to_owned(),
        }
    }

    fn key_end(&mut self, forget: bool) -> KeyEnd {
        let Receipt {
            key, nonce, at_s, ..
        } = self.receipt("1.0");
        KeyEnd {
            key,
            nonce,
            at_s,
            forget,
        }
    }

    fn sign<S: Statement>(&self, statement: &S) -> Signed {
        let text = serde_json::to_string(statement).unwrap();
        let signature = hex::encode(self.pair.sign(&signed_bytes::<S>(&text)));
        Signed {
            statement: text,
            signature,
        }
    }

    async fn tell<S: Statement>(&self, path: &str, statement: &S) -> Answer {
        send(self.world, path, None, &json!(self.sign(statement))).await
    }

    async fn installed(&mut self, version: &str) {
        let receipt = self.receipt(version);
        taken(&self.tell("/api/v1/receipts", &receipt).await);
    }
}

fn taken(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text());
}

fn refused(answer: &Answer, status: u16, id: &str) {
    let told = answer.json();
    assert_eq!(
        (answer.status.as_u16(), &told["id"]),
        (status, &json!(id)),
        "{told}"
    );
}

async fn rows(world: &World, table: &'static str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .fetch_one(&*world.market.database)
        .await
        .unwrap()
}

/// Writes a review that shows, and gives what the API says of its installation.
async fn verified(world: &World, browser: &mut Browser<'_>, version: &str) -> Value {
    let fields = [("stars", "5"), ("version", version), ("text", "")];
    assert_eq!(
        browser.post(PAGE, &fields).await.status,
        StatusCode::SEE_OTHER
    );
    sqlx::query("UPDATE reviews SET state = 'visible'")
        .execute(&*world.market.database)
        .await
        .unwrap();
    told(world).await
}

async fn told(world: &World) -> Value {
    let page = world.get("/api/v1/plugins/fapilog-acme/reviews", "*/*");
    page.await.json()["reviews"][0]["verified_install"].clone()
}

#[tokio::test]
async fn a_review_of_somebody_who_installed_it_says_so_and_of_which_version() {
    let world = stocked().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    assert_eq!(verified(&world, &mut ada, "1.0").await, Value::Null);
    let mut laptop = Installation::of(&world, &mut ada, 1).await;
    laptop.installed("2.0").await;
    assert_eq!(told(&world).await, "2.0");
    let page = ada.get(PAGE).await.text();
    assert!(page.contains("verified install of 2.0</span>"), "{page}");
    assert!(
        page.contains("id=\"verified-install\""),
        "it explains itself"
    );
    laptop.installed("1.0").await;
    assert_eq!(told(&world).await, "1.0", "that of the review counts more");
    let page = ada.get(PAGE).await.text();
    assert!(page.contains("verified install</span>"), "{page}");
    // An update says it again, and nothing grows by it.
    laptop.installed("1.0").await;
    assert_eq!(rows(&world, "receipts").await, 2);
}

#[tokio::test]
async fn one_receipt_is_not_anybody_elses() {
    let world = stocked().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut bob = Browser::signed_up(&world, "bob").await;
    Installation::of(&world, &mut ada, 1)
        .await
        .installed("1.0")
        .await;
    assert_eq!(verified(&world, &mut bob, "1.0").await, Value::Null);
    // Nor is it shown: the page is its owner's.
    let page = bob.get("/account/receipts").await.text();
    assert!(page.contains("Nothing is kept."), "{page}");
    let page = ada.get("/account/receipts").await.text();
    assert!(
        page.contains("fapilog-acme</a> 1.0") && page.contains("laptop"),
        "{page}"
    );
}

#[tokio::test]
async fn what_is_not_signed_by_the_key_that_it_names_is_refused() {
    let world = stocked().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut bob = Browser::signed_up(&world, "bob").await;
    let mut laptop = Installation::of(&world, &mut ada, 1).await;
    let mut other = Installation::of(&world, &mut bob, 2).await;
    let path = "/api/v1/receipts";

    let receipt = laptop.receipt("1.0");
    let mut signed = laptop.sign(&receipt);
    signed.statement = signed.statement.replace("3.12.1", "3.13.1");
    refused(
        &send(&world, path, None, &json!(signed)).await,
        403,
        "receipt-signature",
    );

    // Bob's key signs what names Ada's.
    let foreign = other.sign(&receipt);
    refused(
        &send(&world, path, None, &json!(foreign)).await,
        403,
        "receipt-signature",
    );

    let mut unknown = laptop.receipt("1.0");
    for key in ["0123456789abcdef", "", "x\u{0}", &"a".repeat(300)] {
        key.clone_into(&mut unknown.key);
        refused(&laptop.tell(path, &unknown).await, 403, "receipt-signature");
    }

    // What ends a key is no receipt, and the other way round, though the same key signed it.
    let ending = laptop.key_end(true);
    let mut crossed = laptop.sign(&ending);
    crossed.signature = hex::encode(
        laptop
            .pair
            .sign(&signed_bytes::<Receipt>(&crossed.statement)),
    );
    let end = "/api/v1/receipt-keys/end";
    refused(
        &send(&world, end, None, &json!(crossed)).await,
        403,
        "receipt-signature",
    );

    for signature in ["", "zz", &"00".repeat(64), &"ff".repeat(64)] {
        let mut signed = laptop.sign(&receipt);
        signature.clone_into(&mut signed.signature);
        let answer = send(&world, path, None, &json!(signed)).await;
        assert!(answer.status.is_client_error(), "{signature}");
    }
    assert_eq!(rows(&world, "receipts").await, 0);
    // A token adds nothing to a wrong signature.
    let token = ada.new_token_for("receipts", "*").await;
    let answer = send(&world, path, Some(&token), &json!(foreign)).await;
    refused(&answer, 403, "receipt-signature");
    other.installed("1.0").await;
}

#[tokio::test]
async fn a_statement_counts_once_even_when_it_comes_many_times_at_once() {
    let world = stocked().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut laptop = Installation::of(&world, &mut ada, 1).await;
    let receipt = laptop.receipt("1.0");
    let signed = json!(laptop.sign(&receipt));
    let one = || send(&world, "/api/v1/receipts", None, &signed);
    let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
    let taken = [a, b, c, d].map(|answer| answer.status);
    let good = taken.iter().filter(|status| status.is_success()).count();
    assert_eq!(good, 1, "{taken:?}");
    refused(&one().await, 409, "receipt-used");
    // Forgotten is forgotten: it does not come back by being sent again.
    ada.post("/account/receipts/forget", &[]).await;
    refused(&one().await, 409, "receipt-used");
    assert_eq!(rows(&world, "receipts").await, 0);
}

#[tokio::test]
async fn only_files_that_are_in_the_release_count() {
    let world = stocked().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut laptop = Installation::of(&world, &mut ada, 1).await;
    let path = "/api/v1/receipts";
    let mut wrong = laptop.receipt("1.0");
    wrong.sha256 = "0".repeat(64);
    refused(&laptop.tell(path, &wrong).await, 422, "receipt-file");
    // The right digest of another version, and of another project.
    let mut wrong = laptop.receipt("1.0");
    wrong.sha256 = wheel("2.0").sha256();
    refused(&laptop.tell(path, &wrong).await, 422, "receipt-file");
    let mut wrong = laptop.receipt("1.0");
    wrong.plugin = "fapilog-other".to_owned();
    refused(&laptop.tell(path, &wrong).await, 422, "receipt-file");
    for (field, value) in [
        ("sha256", "no digest"),
        ("plugin", "\u{0}"),
        ("version", "one"),
        ("core", "\u{0}"),
        ("python", &"1.".repeat(100)),
        ("nonce", "short"),
    ] {
        let mut wrong = json!(laptop.receipt("1.0"));
        wrong[field] = json!(value);
        let text = wrong.to_string();
        let signature = laptop.pair.sign(&signed_bytes::<Receipt>(&text));
        let signed = json!({"statement": text, "signature": hex::encode(signature)});
        refused(&send(&world, path, None, &signed).await, 400, "bad-receipt");
    }
    assert_eq!(rows(&world, "receipts").await, 0);
    // Other spellings of name and version are the same release.
    let mut spelt = laptop.receipt("1.0");
    spelt.plugin = "Fapilog_Acme".to_owned();
    spelt.version = "v1.0".to_owned();
    taken(&laptop.tell(path, &spelt).await);
}

#[tokio::test]
async fn old_and_future_statements_are_refused() {
    let world = stocked().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut laptop = Installation::of(&world, &mut ada, 1).await;
    for distance_s in [-MAX_DISTANCE_S - 60, MAX_DISTANCE_S + 60, i64::MAX] {
        let mut receipt = laptop.receipt("1.0");
        receipt.at_s = receipt.at_s.saturating_add(distance_s);
        let answer = laptop.tell("/api/v1/receipts", &receipt).await;
        refused(&answer, 422, "receipt-time");
        let mut ending = laptop.key_end(true);
        ending.at_s = ending.at_s.saturating_add(distance_s);
        let answer = laptop.tell("/api/v1/receipt-keys/end", &ending).await;
        refused(&answer, 422, "receipt-time");
    }
    assert_eq!(rows(&world, "receipt_keys").await, 1);
}

#[tokio::test]
async fn a_removed_key_signs_nothing_and_only_its_owner_removes_it() {
    let world = stocked().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut bob = Browser::signed_up(&world, "bob").await;
    let mut laptop = Installation::of(&world, &mut ada, 1).await;
    laptop.installed("1.0").await;
    let id = laptop.id.clone();
    bob.post("/account/receipts/key", &[("id", &id)]).await;
    laptop.installed("2.0").await;
    ada.post("/account/receipts/key", &[("id", &id)]).await;
    let receipt = laptop.receipt("1.0");
    let answer = laptop.tell("/api/v1/receipts", &receipt).await;
    refused(&answer, 403, "receipt-signature");
    // What it signed stays until somebody takes it away.
    assert_eq!(rows(&world, "receipts").await, 2);
    assert_eq!(rows(&world, "receipt_nonces").await, 0);
    let gone = [("project", "fapilog-acme"), ("version", "1.0")];
    bob.post("/account/receipts/remove", &gone).await;
    assert_eq!(rows(&world, "receipts").await, 2);
    ada.post("/account/receipts/remove", &gone).await;
    assert_eq!(rows(&world, "receipts").await, 1);
    let log = ada.get("/account/audit").await.text();
    for word in ["receipt key added", "receipt key removed"] {
        assert!(log.contains(word), "{word}");
    }
}

#[tokio::test]
async fn a_key_ends_itself_and_forgets_only_what_it_signed() {
    let world = stocked().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut laptop = Installation::of(&world, &mut ada, 1).await;
    let mut server = Installation::of(&world, &mut ada, 2).await;
    laptop.installed("1.0").await;
    server.installed("2.0").await;
    let ending = laptop.key_end(true);
    taken(&laptop.tell("/api/v1/receipt-keys/end", &ending).await);
    assert_eq!(rows(&world, "receipts").await, 1);
    assert_eq!(rows(&world, "receipt_keys").await, 1);
    let ending = server.key_end(false);
    taken(&server.tell("/api/v1/receipt-keys/end", &ending).await);
    assert_eq!(rows(&world, "receipts").await, 1, "kept unless asked");
    let log = ada.get("/account/audit").await.text();
    assert!(log.contains("receipts forgotten") && log.contains("receipt key:"));
}

#[tokio::test]
async fn keys_are_added_with_a_token_for_receipts_of_an_account_and_no_other() {
    let world = stocked().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let asked = json!({"public_key": "ab".repeat(32)});
    let path = "/api/v1/receipt-keys";
    refused(&send(&world, path, None, &asked).await, 401, "token");
    let upload = ada.new_token("*").await;
    refused(
        &send(&world, path, Some(&upload), &asked).await,
        403,
        "token-action",
    );
    let operator = world.new_token("*").await;
    refused(
        &send(&world, path, Some(&operator), &asked).await,
        403,
        "token-action",
    );
    let own = ada.new_token_for("receipts", "*").await;
    for wrong in [
        json!({}),
        json!([]),
        json!({"public_key": "AB".repeat(32)}),
        json!({"public_key": "ab".repeat(31)}),
        json!({"public_key": "ab".repeat(32), "label": "x".repeat(101)}),
        json!({"public_key": "ab".repeat(32), "user": "bob"}),
    ] {
        refused(
            &send(&world, path, Some(&own), &wrong).await,
            400,
            "bad-receipt",
        );
    }
    for _ in 0..MAX_KEYS {
        let answer = send(&world, path, Some(&own), &asked).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        assert_eq!(answer.json()["account"], "ada");
    }
    let answer = send(&world, path, Some(&own), &asked).await;
    refused(&answer, 409, "too-many-receipt-keys");
    // A token for receipts uploads nothing.
    let answer = world.send(wheel("3.0").request(&own)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_account_has_a_bound_for_a_day_and_for_ever() {
    let world = stocked().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut laptop = Installation::of(&world, &mut ada, 1).await;
    let user: String = sqlx::query_scalar("SELECT user_id FROM receipt_keys")
        .fetch_one(&*world.market.database)
        .await
        .unwrap();
    for number in 0..MAX_KEPT {
        sqlx::query(
            "INSERT INTO receipts (user_id, project, version, sha256, core_version, \
             python_version, key_id, received_us) VALUES ($1, 'x', $2, '', '', '', '', $3)",
        )
        .bind(&user)
        .bind(format!("1.{number}"))
        .bind(number)
        .execute(&*world.market.database)
        .await
        .unwrap();
    }
    laptop.installed("1.0").await;
    assert_eq!(rows(&world, "receipts").await, MAX_KEPT);
    let oldest: i64 = sqlx::query_scalar("SELECT min(received_us) FROM receipts")
        .fetch_one(&*world.market.database)
        .await
        .unwrap();
    assert_eq!(oldest, 1, "the oldest went");

    let day_us = 24 * 3600 * 1_000_000;
    let window = clock::now_us() / day_us * day_us;
    for _ in 1..MAX_A_DAY {
        let key = format!("receipts:{user}");
        rate_counts::count(&world.market.database, &key, window)
            .await
            .unwrap();
    }
    // Another key is the same account.
    let mut server = Installation::of(&world, &mut ada, 2).await;
    let receipt = server.receipt("2.0");
    let answer = server.tell("/api/v1/receipts", &receipt).await;
    refused(&answer, 429, "too-many-receipts");
}

#[tokio::test]
async fn hostile_bodies_are_refused_before_anything_is_looked_up() {
    let world = stocked().await;
    for body in [
        json!([]),
        json!("x"),
        json!({"statement": "{}"}),
        json!({"statement": "{}", "signature": "", "more": 1}),
        json!({"statement": "[".repeat(2000), "signature": "00"}),
        json!({"statement": " ".repeat(3000), "signature": "00"}),
        json!({"statement": "{\"key\":\"a\",\"key\":\"b\"}", "signature": "00"}),
    ] {
        for path in ["/api/v1/receipts", "/api/v1/receipt-keys/end"] {
            refused(&send(&world, path, None, &body).await, 400, "bad-receipt");
        }
    }
}

#[tokio::test]
async fn receipts_go_with_their_account() {
    let world = stocked().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut laptop = Installation::of(&world, &mut ada, 1).await;
    laptop.installed("1.0").await;
    assert_eq!(verified(&world, &mut ada, "1.0").await, "1.0");
    let fields = [("name", "ada"), ("password", PASSWORD)];
    let answer = ada.post("/account/delete", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    for table in ["receipts", "receipt_keys", "receipt_nonces"] {
        assert_eq!(rows(&world, table).await, 0, "{table}");
    }
    assert_eq!(told(&world).await, Value::Null);
    let receipt = laptop.receipt("1.0");
    let answer = laptop.tell("/api/v1/receipts", &receipt).await;
    refused(&answer, 403, "receipt-signature");
}
