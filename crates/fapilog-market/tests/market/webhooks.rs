//! Webhooks: a real receiver is told, knows who tells it, and nobody is led into the server's network.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use fapilog_market::config::Config;
use fapilog_market::moderation::{Act, Acting, Target, act};
use fapilog_market::outbound::{Asking, Network, OutboundPolicy};
use fapilog_market::queries::webhooks::{self, DeliveryRow, WebhookRow};
use fapilog_market::queries::{ownership, publishers};
use fapilog_market::webhooks::sign;
use fapilog_testkit::WheelBuilder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::browser::Browser;
use crate::world::{Answer, Upload, World};

const PROJECT: &str = "fapilog-acme";
const BASE: &str = "/manage/fapilog-acme/webhooks";
const LIMIT: Duration = Duration::from_secs(20);

/// A request as it came over the wire.
#[derive(Debug, Clone)]
struct Received {
    head: String,
    body: String,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.into_iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| value).unwrap_or_default()
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A server that keeps what it is sent, and answers each time the next of its answers, then the last.
struct Receiver {
    address: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    async fn answering(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hook", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let answers: Vec<String> = answers.iter().map(|&answer| answer.to_owned()).collect();
        let kept = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read(&mut stream).await;
                let number = {
                    let mut kept = kept.lock().unwrap();
                    kept.push(request);
                    kept.len().min(answers.len()) - 1
                };
                let _ = stream.write_all(answers[number].as_bytes()).await;
            }
        });
        Self { address, received }
    }

    fn all(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

async fn read(stream: &mut TcpStream) -> Received {
    let mut text = String::new();
    let mut piece = [0; 4096];
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Received {
                    head: head.to_owned(),
                    body: body.to_owned(),
                };
            }
        }
        let count = stream.read(&mut piece).await.unwrap();
        assert!(count > 0, "the request broke off: {text}");
        text.push_str(std::str::from_utf8(&piece[..count]).unwrap());
    }
}

fn status(line: &str) -> String {
    format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n")
}

/// A marketplace that may talk to its own machine.
async fn open_world() -> World {
    World::with(|config: &mut Config| config.outbound = OutboundPolicy::Everywhere).await
}

/// Ada owns the project, which has a version.
async fn owner(world: &World) -> Browser<'_> {
    let mut ada = Browser::signed_up(world, "ada").await;
    let token = ada.new_token("*").await;
    let upload = Upload::wheel(&WheelBuilder::plugin(PROJECT, "1.0"));
    let answer = world.send(upload.request(&token)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    ada
}

async fn add(browser: &mut Browser<'_>, base: &str, address: &str) -> Answer {
    let fields = [
        ("address", address),
        ("published", "on"),
        ("availability", "on"),
    ];
    browser.post(base, &fields).await
}

/// Adds a webhook and returns its secret.
async fn added(browser: &mut Browser<'_>, base: &str, address: &str) -> String {
    let answer = add(browser, base, address).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let page = answer.text();
    let found = page.split("<pre>").nth(1).unwrap();
    found.split('<').next().unwrap().to_owned()
}

async fn only(world: &World) -> WebhookRow {
    let mut rows = webhooks::of_owner(&world.market.database, "project", PROJECT)
        .await
        .unwrap();
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

async fn press(browser: &mut Browser<'_>, webhook: &WebhookRow, fields: &[(&str, &str)]) {
    let path = format!("{BASE}/{}", webhook.id);
    let answer = browser.post(&path, fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
}

/// Waits for a state of the newest delivery.
async fn until(world: &World, webhook: &WebhookRow, wanted: impl Fn(&DeliveryRow) -> bool) {
    let reached = async {
        loop {
            let rows = webhooks::deliveries(&world.market.database, &webhook.id)
                .await
                .unwrap();
            if rows.first().is_some_and(&wanted) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let rows = webhooks::deliveries(&world.market.database, &webhook.id);
    assert!(timeout(LIMIT, reached).await.is_ok(), "{:?}", rows.await);
}

#[tokio::test]
async fn an_owner_is_told_of_versions_and_withdrawals_by_signed_requests() {
    let world = open_world().await;
    let receiver = Receiver::answering(&[&status("204 No Content")]).await;
    let mut ada = owner(&world).await;
    let secret = added(&mut ada, BASE, &receiver.address).await;
    assert!(secret.starts_with("fapw_") && secret.len() == 69);
    let webhook = only(&world).await;
    world
        .publish(&Upload::wheel(&WheelBuilder::plugin(PROJECT, "1.1")))
        .await;
    until(&world, &webhook, |row| {
        row.state == "delivered" && row.event == "published"
    })
    .await;
    let mut transaction = world.market.database.begin().await.unwrap();
    let target = Target::release(PROJECT, "1.1");
    act(
        &mut transaction,
        &target,
        Act::Quarantine,
        "looks odd",
        &Acting::operator(),
    )
    .await
    .unwrap();
    transaction.commit().await.unwrap();
    until(&world, &webhook, |row| {
        row.state == "delivered" && row.event == "quarantined"
    })
    .await;

    let all = receiver.all();
    assert_eq!(all.len(), 2);
    let told = all[0].json();
    assert_eq!(told["event"], "published");
    assert_eq!(
        (&told["project"], &told["version"]),
        (&PROJECT.into(), &"1.1".into())
    );
    assert_eq!(told["page"], "http://market.test/plugins/fapilog-acme/");
    assert_eq!(all[1].json()["reason"], "looks odd");
    for one in &all {
        assert!(one.head.starts_with("POST /hook HTTP/1.1"));
        assert_eq!(one.header("fapilog-event"), one.json()["event"]);
        assert_eq!(one.header("fapilog-delivery"), one.json()["delivery"]);
        let signature = one.header("fapilog-signature");
        let at_s = signature
            .strip_prefix("t=")
            .unwrap()
            .split(',')
            .next()
            .unwrap();
        assert_eq!(
            sign(&secret, at_s.parse().unwrap(), one.body.as_bytes()),
            signature
        );
        assert_ne!(
            sign("fapw_other", at_s.parse().unwrap(), one.body.as_bytes()),
            signature
        );
    }
}

#[tokio::test]
async fn the_secret_is_shown_once_and_printed_nowhere() {
    let world = open_world().await;
    let mut ada = owner(&world).await;
    let secret = added(&mut ada, BASE, "http://127.0.0.1:9/?key=s3cret").await;
    let webhook = only(&world).await;
    for path in [BASE.to_owned(), format!("{BASE}/{}", webhook.id)] {
        let page = ada.get(&path).await.text();
        assert!(
            page.contains("127.0.0.1:9") && !page.contains(&secret),
            "{path}"
        );
    }
    let printed = format!("{webhook:?}");
    assert!(!printed.contains(&secret) && !printed.contains("s3cret"));
    press(&mut ada, &webhook, &[("act", "test")]).await;
    until(&world, &webhook, |row| !row.error.is_empty()).await;
    let jobs = fapilog_market::queries::jobs::all(&world.market.database)
        .await
        .unwrap();
    let jobs = format!("{jobs:?}");
    assert!(jobs.contains("deliver") && !jobs.contains(&secret) && !jobs.contains("s3cret"));
}

#[tokio::test]
async fn what_fails_is_tried_again_and_redirects_lead_nowhere() {
    let world = open_world().await;
    let other = Receiver::answering(&[&status("200 OK")]).await;
    let redirect = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        other.address
    );
    let receiver = Receiver::answering(&[&redirect, &status("200 OK")]).await;
    let mut ada = owner(&world).await;
    added(&mut ada, BASE, &receiver.address).await;
    let webhook = only(&world).await;
    press(&mut ada, &webhook, &[("act", "test")]).await;
    until(&world, &webhook, |row| row.status == Some(307)).await;
    until(&world, &webhook, |row| row.state == "delivered").await;
    let all = receiver.all();
    assert_eq!((all.len(), other.all().len()), (2, 0));
    assert_eq!(
        all[0].body, all[1].body,
        "the same delivery, so that it is known again"
    );
    let page = ada.get(&format!("{BASE}/{}", webhook.id)).await.text();
    assert!(page.contains("number 2") && page.contains("Deliver again"));

    let rows = webhooks::deliveries(&world.market.database, &webhook.id)
        .await
        .unwrap();
    let again = [("act", "again"), ("delivery", rows[0].id.as_str())];
    press(&mut ada, &webhook, &again).await;
    until(&world, &webhook, |row| {
        row.id != rows[0].id && row.state == "delivered"
    })
    .await;
    assert_eq!(receiver.all()[2].json()["event"], "test");
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let world = open_world().await;
    let long = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(100_000));
    let receiver = Receiver::answering(&[&long]).await;
    let mut ada = owner(&world).await;
    added(&mut ada, BASE, &receiver.address).await;
    let webhook = only(&world).await;
    press(&mut ada, &webhook, &[("act", "test")]).await;
    until(&world, &webhook, |row| row.error.contains("too large")).await;
}

#[tokio::test]
async fn a_webhook_that_keeps_failing_is_ended_until_its_owner_switches_it_on() {
    let world = open_world().await;
    let mut ada = owner(&world).await;
    let receiver = Receiver::answering(&[&status("204 No Content")]).await;
    added(&mut ada, BASE, &receiver.address).await;
    let webhook = only(&world).await;
    // Nine deliveries in a row have failed; the tenth fails at its last attempt.
    for statement in [
        "UPDATE webhooks SET failures = 9, address = 'http://127.0.0.1:9/'",
        "DELETE FROM webhook_deliveries",
    ] {
        sqlx::query(statement)
            .execute(&*world.market.database)
            .await
            .unwrap();
    }
    press(&mut ada, &webhook, &[("act", "test")]).await;
    until(&world, &webhook, |row| !row.error.is_empty()).await;
    sqlx::query("UPDATE jobs SET attempts = 7, due_us = 0 WHERE kind = 'deliver'")
        .execute(&*world.market.database)
        .await
        .unwrap();
    until(&world, &webhook, |row| row.state == "failed").await;
    assert_eq!(only(&world).await.is_active, 0);
    let page = ada.get(&format!("{BASE}/{}", webhook.id)).await.text();
    assert!(page.contains("10 deliveries in a row failed"));
    let log = ada.get("/manage/fapilog-acme/audit").await.text();
    assert!(log.contains("webhook ended after failures"));

    world
        .publish(&Upload::wheel(&WheelBuilder::plugin(PROJECT, "1.2")))
        .await;
    let rows = webhooks::deliveries(&world.market.database, &webhook.id)
        .await
        .unwrap();
    assert_eq!(rows.len(), 1, "nothing is noted for a webhook that is off");
    press(&mut ada, &webhook, &[("act", "enable")]).await;
    let row = only(&world).await;
    assert_eq!((row.is_active, row.failures), (1, 0));
}

#[tokio::test]
async fn an_organisation_is_told_of_its_projects_and_of_no_others() {
    let world = open_world().await;
    let receiver = Receiver::answering(&[&status("200 OK")]).await;
    let mut ada = owner(&world).await;
    let made = ada.post("/organisations", &[("name", "acme")]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER);
    added(&mut ada, "/organisations/acme/webhooks", &receiver.address).await;
    let publish = async |version| {
        let wheel = WheelBuilder::plugin(PROJECT, version);
        world.publish(&Upload::wheel(&wheel)).await;
    };
    publish("1.1").await;
    let mut connection = world.market.database.acquire().await.unwrap();
    ownership::transfer(&mut connection, PROJECT, "acme", 1)
        .await
        .unwrap();
    drop(connection);
    publish("1.2").await;
    let rows = webhooks::of_owner(&world.market.database, "organisation", "acme");
    let webhook = rows.await.unwrap().remove(0);
    until(&world, &webhook, |row| row.state == "delivered").await;
    let versions: Vec<_> = receiver
        .all()
        .iter()
        .map(|one| one.json()["version"].clone())
        .collect();
    assert_eq!(versions, ["1.2"]);
    assert!(
        publishers::find(&world.market.database, "acme")
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn no_address_leads_into_the_servers_network() {
    let world = World::new().await;
    let inside = Receiver::answering(&[&status("200 OK")]).await;
    let port = inside
        .address
        .split(':')
        .nth(2)
        .unwrap()
        .split('/')
        .next()
        .unwrap();
    let mut ada = owner(&world).await;
    for address in [
        inside.address.clone(),
        format!("https://127.0.0.1:{port}/"),
        format!("https://[::1]:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "https://10.0.0.1/".to_owned(),
        "https://[fd00::1]/".to_owned(),
        "https://[64:ff9b::a9fe:a9fe]/".to_owned(),
        "https://user:password@example.org/".to_owned(),
        "http://example.org/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "gopher://example.org/".to_owned(),
        "//example.org/".to_owned(),
        "nothing".to_owned(),
    ] {
        let answer = add(&mut ada, BASE, &address).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{address}");
        assert!(answer.text().contains("be used: "), "{address}");
    }
    // Names, and spellings that only the resolver takes for addresses, are judged when they are
    // resolved; the connection goes to what was judged.
    for address in [
        format!("https://localhost:{port}/"),
        format!("https://127.1:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("https://0x7f.0.0.1:{port}/"),
    ] {
        let answer = add(&mut ada, BASE, &address).await;
        if answer.status == StatusCode::BAD_REQUEST {
            continue;
        }
        let webhook = only(&world).await;
        press(&mut ada, &webhook, &[("act", "test")]).await;
        until(&world, &webhook, |row| {
            row.error.contains("private network") || row.error.contains("name is unknown")
        })
        .await;
        press(&mut ada, &webhook, &[("act", "remove")]).await;
    }
    assert!(inside.all().is_empty(), "nothing came through");
}

#[tokio::test]
async fn webhooks_of_others_are_out_of_reach_and_their_number_is_bounded() {
    let world = open_world().await;
    let mut ada = owner(&world).await;
    for _ in 0..5 {
        added(&mut ada, BASE, "http://127.0.0.1:9/").await;
    }
    let answer = add(&mut ada, BASE, "http://127.0.0.1:9/").await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let nothing = ada.post(BASE, &[("address", "http://127.0.0.1:9/")]).await;
    assert_eq!(nothing.status, StatusCode::BAD_REQUEST);
    let rows = webhooks::of_owner(&world.market.database, "project", PROJECT);
    let id = rows.await.unwrap().remove(0).id;

    let mut eve = Browser::signed_up(&world, "eve").await;
    let made = eve.post("/organisations", &[("name", "evil")]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER);
    let path = format!("/organisations/evil/webhooks/{id}");
    assert_eq!(eve.get(&path).await.status, StatusCode::NOT_FOUND);
    let answer = eve.post(&path, &[("act", "remove")]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let answer = eve.get(&format!("{BASE}/{id}")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

/// Asks the API with a token.
async fn call(world: &World, method: &str, path: &str, token: &str, body: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v1/{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    world
        .send(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

#[tokio::test]
async fn programs_of_an_owner_look_after_webhooks_by_the_api() {
    let world = open_world().await;
    let receiver = Receiver::answering(&[&status("200 OK")]).await;
    let mut ada = owner(&world).await;
    let token = ada.new_token_for("webhooks", PROJECT).await;
    let list = format!("projects/{PROJECT}/webhooks");
    let wanted = serde_json::json!({"address": receiver.address, "topics": ["rejected"]});
    let made = call(&world, "POST", &list, &token, &wanted.to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let made = made.json();
    assert!(made["secret"].as_str().unwrap().starts_with("fapw_"));
    let listed = call(&world, "GET", &list, &token, "").await.json();
    assert_eq!(
        listed["webhooks"][0]["topics"],
        serde_json::json!(["rejected"])
    );
    assert!(listed["webhooks"][0].get("secret").is_none());

    let one = format!("{list}/{}", made["id"].as_str().unwrap());
    let deliveries = format!("{one}/deliveries");
    let put = call(&world, "POST", &deliveries, &token, "{}").await;
    assert_eq!(put.status, StatusCode::ACCEPTED, "{}", put.text());
    let webhook = only(&world).await;
    until(&world, &webhook, |row| row.state == "delivered").await;
    let told = call(&world, "GET", &deliveries, &token, "").await.json();
    assert_eq!(told["deliveries"][0]["status"], 200);
    let again = serde_json::json!({"again": put.json()["id"]}).to_string();
    let put = call(&world, "POST", &deliveries, &token, &again).await;
    assert_eq!(put.status, StatusCode::ACCEPTED, "{}", put.text());
    for body in ["", "[]", "{\"again\": \"\\u0000\"}", "{\"again\": \"x\"}"] {
        let answer = call(&world, "POST", &deliveries, &token, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.json()["id"], "bad-webhook", "{body}");
    }
    let removed = call(&world, "DELETE", &one, &token, "").await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    let removed = call(&world, "DELETE", &one, &token, "").await;
    assert_eq!(removed.json()["id"], "not-found");
}

#[tokio::test]
async fn no_other_token_looks_after_webhooks() {
    let world = open_world().await;
    let mut ada = owner(&world).await;
    let mut eve = Browser::signed_up(&world, "eve").await;
    for (token, id) in [
        (ada.new_token("*").await, "token-action"),
        (eve.new_token_for("webhooks", "*").await, "forbidden"),
    ] {
        let answer = call(&world, "GET", "projects/fapilog-acme/webhooks", &token, "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(answer.json()["id"], id);
    }
    let token = ada.new_token_for("webhooks", "*").await;
    let upload = Upload::wheel(&WheelBuilder::plugin(PROJECT, "2.0"));
    let answer = world.send(upload.request(&token)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text());
    let fields = [("action", "everything"), ("project", "*"), ("days", "7")];
    let answer = ada.post("/account/tokens", &fields).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_organisations_programs_look_after_its_webhooks_and_switch_them_on_again() {
    let world = open_world().await;
    let receiver = Receiver::answering(&[&status("200 OK")]).await;
    let mut ada = owner(&world).await;
    ada.post("/organisations", &[("name", "acme")]).await;
    let token = ada.new_token_for("webhooks", "*").await;
    let list = "organisations/acme/webhooks";
    let wanted = serde_json::json!({"address": receiver.address, "topics": ["advisory"]});
    let made = call(&world, "POST", list, &token, &wanted.to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let made = made.json();
    let one = format!("{list}/{}", made["id"].as_str().unwrap());
    let found = call(&world, "GET", list, &token, "").await.json();
    assert_eq!(
        found["webhooks"][0]["topics"],
        serde_json::json!(["advisory"])
    );
    let rows = webhooks::of_owner(&world.market.database, "organisation", "acme");
    assert_eq!(rows.await.unwrap().len(), 1);
    // A project of the same name has none of it.
    let other = format!(
        "projects/{PROJECT}/webhooks/{}",
        made["id"].as_str().unwrap()
    );
    let answer = call(&world, "DELETE", &other, &token, "").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);

    sqlx::query("UPDATE webhooks SET is_active = 0, failures = 10")
        .execute(&*world.market.database)
        .await
        .unwrap();
    let found = call(&world, "GET", list, &token, "").await.json();
    assert_eq!(found["webhooks"][0]["active"], false);
    let enabled = call(&world, "POST", &format!("{one}/enable"), &token, "").await;
    assert_eq!(enabled.status, StatusCode::OK, "{}", enabled.text());
    let enabled = enabled.json();
    assert_eq!(
        (&enabled["active"], &enabled["failures"]),
        (&true.into(), &0.into())
    );
    assert!(enabled.get("secret").is_none());
    let put = call(&world, "POST", &format!("{one}/deliveries"), &token, "{}").await;
    assert_eq!(put.status, StatusCode::ACCEPTED, "{}", put.text());
    let log = ada.get("/organisations/acme/audit").await.text();
    assert!(log.contains("webhook switched on again") && log.contains("token:"));
    let missing = call(&world, "POST", &format!("{list}/x/enable"), &token, "").await;
    assert_eq!(missing.json()["id"], "not-found");

    // Tokens for some projects, of others, and of members reach nothing.
    let mut eve = Browser::signed_up(&world, "eve").await;
    let member = [("name", "eve"), ("role", "maintainer")];
    ada.post("/organisations/acme/members", &member).await;
    for (token, id) in [
        (ada.new_token_for("webhooks", PROJECT).await, "token-scope"),
        (eve.new_token_for("webhooks", "*").await, "forbidden"),
        (ada.new_token("*").await, "token-action"),
    ] {
        let answer = call(&world, "GET", list, &token, "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(answer.json()["id"], id);
    }
    let removed = call(&world, "DELETE", &one, &token, "").await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
}

/// A network in which a name leads elsewhere each time it is asked for. Only this machine is
/// reached; nobody answers anywhere else.
#[derive(Debug, Default)]
struct Rebinding {
    answers: Mutex<VecDeque<Vec<SocketAddr>>>,
    /// What connections were made to.
    tried: Mutex<Vec<SocketAddr>>,
}

impl Network for Rebinding {
    fn resolve<'a>(&'a self, _: &'a str, _: u16) -> Asking<'a, Vec<SocketAddr>> {
        let next = self.answers.lock().unwrap().pop_front();
        Box::pin(async move { next.ok_or_else(|| io::Error::other("asked once too often")) })
    }

    fn connect(&self, address: SocketAddr) -> Asking<'_, TcpStream> {
        self.tried.lock().unwrap().push(address);
        Box::pin(async move {
            match address.ip().is_loopback() {
                true => TcpStream::connect(address).await,
                false => Err(io::ErrorKind::ConnectionRefused.into()),
            }
        })
    }
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_a_moment_later_leads_to_nothing_inside() {
    let network = Arc::new(Rebinding::default());
    let world = World::with(|config: &mut Config| config.network = network.clone()).await;
    let inside = Receiver::answering(&[&status("200 OK")]).await;
    let within: SocketAddr = inside.address[7..]
        .split('/')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let port = within.port();
    let public: SocketAddr = format!("93.184.216.34:{port}").parse().unwrap();
    let mapped: SocketAddr = format!("[::ffff:127.0.0.1]:{port}").parse().unwrap();
    let mut ada = owner(&world).await;
    added(
        &mut ada,
        BASE,
        &format!("https://rebinding.example:{port}/hook"),
    )
    .await;
    let webhook = only(&world).await;

    // Judged as public, and connected to as that: the next answer is asked for by nobody.
    network
        .answers
        .lock()
        .unwrap()
        .extend([vec![public], vec![within]]);
    press(&mut ada, &webhook, &[("act", "test")]).await;
    until(&world, &webhook, |row| row.error.contains("nobody answers")).await;
    assert_eq!(*network.tried.lock().unwrap(), [public]);
    // The next attempt asks anew, and what it hears is judged anew.
    until(&world, &webhook, |row| {
        row.state == "failed" && row.error.contains("private network")
    })
    .await;
    assert_eq!(*network.tried.lock().unwrap(), [public]);

    // Of several addresses each is judged by itself.
    network
        .answers
        .lock()
        .unwrap()
        .push_back(vec![within, mapped, public, within]);
    press(&mut ada, &webhook, &[("act", "test")]).await;
    until(&world, &webhook, |row| {
        row.state == "failed" && row.attempts == 1
    })
    .await;
    assert_eq!(*network.tried.lock().unwrap(), [public, public]);
    assert!(network.answers.lock().unwrap().is_empty());
    assert!(inside.all().is_empty(), "nothing came through");
}
