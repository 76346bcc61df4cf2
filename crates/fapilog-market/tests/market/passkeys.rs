//! Passkeys with an authenticator in software, honest and not.

use axum::http::StatusCode;
use fapilog_market::queries::{passkeys, users};
use fapilog_market::totp;
use fapilog_market::{backup, clock};
use serde_json::Value;

use crate::authenticator::{Authenticator, PRESENT};
use crate::browser::{Browser, PASSWORD};
use crate::world::{Answer, World};

const HERE: &str = "https://market.test";

async fn world() -> World {
    World::with(|config| {
        config.public_url = Some(HERE.to_owned());
        config.rate_limits = false;
    })
    .await
}

const ADD: [(&str, &str); 2] = [("name", "laptop"), ("password", PASSWORD)];

/// Adds a passkey and returns what made it.
async fn add(browser: &mut Browser<'_>) -> Authenticator {
    let mut device = Authenticator::new(HERE);
    let answer = add_with(browser, &mut device).await;
    assert!(
        answer.status == StatusCode::OK || answer.status == StatusCode::SEE_OTHER,
        "{}",
        answer.text()
    );
    device
}

async fn add_with(browser: &mut Browser<'_>, device: &mut Authenticator) -> Answer {
    let question = browser.question("/account/passkeys/begin", &ADD).await;
    let credential = device.create(&question);
    let fields = [("name", "laptop"), ("credential", credential.as_str())];
    browser.post("/account/passkeys", &fields).await
}

async fn ask(browser: &mut Browser<'_>) -> Value {
    browser.question("/sign-in/passkey/begin", &[]).await
}

async fn answer(browser: &mut Browser<'_>, credential: &str) -> Answer {
    let fields = [("credential", credential), ("next", "/account/tokens")];
    browser.post("/sign-in/passkey", &fields).await
}

/// Asks, has the device answer, and sends it.
async fn try_in(browser: &mut Browser<'_>, device: &mut Authenticator) -> Answer {
    let credential = device.get(&ask(browser).await);
    answer(browser, &credential).await
}

fn assert_in(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(answer.header("location"), "/account/tokens");
}

fn assert_refused(answer: &Answer, what: &str) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
    assert!(answer.text().contains("was not accepted"), "{what}");
}

async fn audit_of(browser: &mut Browser<'_>) -> String {
    browser.get("/account/audit").await.text()
}

#[tokio::test]
async fn a_passkey_signs_in_by_itself_in_a_new_session() {
    let world = world().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut device = add(&mut ada).await;
    let page = ada.get("/account/passkeys").await.text();
    assert!(page.contains("laptop") && page.contains("never"));
    let mut browser = Browser::new(&world);
    let question = ask(&mut browser).await;
    assert_eq!(question["publicKey"]["rpId"], "market.test");
    assert_eq!(question["publicKey"]["userVerification"], "required");
    let before = browser.cookie.clone();
    let credential = device.get(&question);
    assert_in(&answer(&mut browser, &credential).await);
    assert_ne!(browser.cookie, before);
    let page = browser.get("/account/passkeys").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text().contains("never"));
    let mut thief = Browser::new(&world);
    thief.cookie = before;
    assert_eq!(thief.get("/account").await.status, StatusCode::SEE_OTHER);
    let audit = audit_of(&mut browser).await;
    assert!(audit.contains("passkey added") && audit.contains("signed in"));
}

#[tokio::test]
async fn a_passkey_is_asked_for_after_the_password() {
    let world = world().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut device = add(&mut ada).await;
    let mut browser = Browser::new(&world);
    let location = browser.sign_in("ada", PASSWORD).await;
    let location = location.header("location");
    assert!(location.starts_with("/sign-in/second-factor"), "{location}");
    assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER);
    let page = browser.get(&location).await.text();
    assert!(page.contains("Use your passkey") && page.contains("A recovery code"));
    let path = "/sign-in/second-factor/passkey/begin";
    let question = browser.question(path, &[]).await;
    let allowed = question["publicKey"]["allowCredentials"]
        .as_array()
        .unwrap();
    assert_eq!(allowed.len(), 1);
    let half = browser.cookie.clone();
    let credential = device.get(&question);
    let fields = [
        ("credential", credential.as_str()),
        ("next", "/account/tokens"),
    ];
    let path = "/sign-in/second-factor/passkey";
    assert_in(&browser.post(path, &fields).await);
    assert_ne!(browser.cookie, half);
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_gave_ones_password_gets_in_with_ones_own_passkey_only() {
    let world = world().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut eve = Browser::signed_up(&world, "eve").await;
    add(&mut ada).await;
    let mut of_eve = add(&mut eve).await;
    let mut browser = Browser::new(&world);
    browser.sign_in("ada", PASSWORD).await;
    for lie in [false, true] {
        let path = "/sign-in/second-factor/passkey/begin";
        let question = browser.question(path, &[]).await;
        if lie {
            of_eve.handle = ada_handle(&mut ada).await;
        }
        let credential = of_eve.get(&question);
        let fields = [("credential", credential.as_str())];
        let answer = browser
            .post("/sign-in/second-factor/passkey", &fields)
            .await;
        assert_refused(&answer, "eve's passkey");
    }
    // Neither does it sign in as ada by saying that it is hers.
    assert_refused(
        &try_in(&mut Browser::new(&world), &mut of_eve).await,
        "a lie about its owner",
    );
    let audit = audit_of(&mut ada).await;
    assert!(audit.contains("second factor failed"));
}

/// What authenticators know ada by.
async fn ada_handle(ada: &mut Browser<'_>) -> Vec<u8> {
    let question = ada.question("/account/passkeys/begin", &ADD).await;
    let mut device = Authenticator::new(HERE);
    device.create(&question);
    device.handle
}

#[tokio::test]
async fn an_answer_counts_once_in_the_browser_that_was_asked() {
    let world = world().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut device = add(&mut ada).await;
    let (mut first, mut second) = (Browser::new(&world), Browser::new(&world));
    // Asked of another browser, whether that one was asked something too or not.
    let credential = device.get(&ask(&mut first).await);
    assert_refused(&answer(&mut second, &credential).await, "never asked");
    ask(&mut second).await;
    assert_refused(
        &answer(&mut second, &credential).await,
        "asked another thing",
    );
    assert_in(&answer(&mut first, &credential).await);
    // The same answer again, in the old visit and with a new question.
    let mut replay = Browser::new(&world);
    let question = ask(&mut replay).await;
    let credential = device.get(&question);
    let visit = replay.cookie.clone();
    assert_in(&answer(&mut replay, &credential).await);
    replay.cookie = visit;
    assert_refused(&answer(&mut replay, &credential).await, "replayed");
    ask(&mut replay).await;
    assert_refused(&answer(&mut replay, &credential).await, "replayed later");
    // A question that was answered wrongly is used up too.
    let question = ask(&mut replay).await;
    assert_refused(&answer(&mut replay, "{}").await, "no answer");
    let credential = device.get(&question);
    assert_refused(&answer(&mut replay, &credential).await, "used up");
}

#[tokio::test]
async fn a_question_is_for_one_purpose() {
    let world = world().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut device = add(&mut ada).await;
    let mut browser = Browser::new(&world);
    browser.sign_in("ada", PASSWORD).await;
    let second = "/sign-in/second-factor/passkey";
    let question = browser.question(&format!("{second}/begin"), &[]).await;
    let credential = device.get(&question);
    assert_refused(&answer(&mut browser, &credential).await, "the other way in");
    let question = ask(&mut browser).await;
    let credential = device.get(&question);
    let fields = [("credential", credential.as_str())];
    assert_refused(&browser.post(second, &fields).await, "after the password");
}

#[tokio::test]
async fn a_question_is_too_old_after_five_minutes() {
    let world = world().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut device = add(&mut ada).await;
    let mut browser = Browser::new(&world);
    for (age_s, good) in [(290, true), (301, false)] {
        let credential = device.get(&ask(&mut browser).await);
        let moved = sqlx::query(
            "UPDATE passkey_challenges SET expires_us = expires_us - $1 WHERE purpose = 'sign-in'",
        )
        .bind(age_s * 1_000_000_i64)
        .execute(&*world.market.database)
        .await
        .unwrap();
        assert_eq!(moved.rows_affected(), 1);
        let answer = answer(&mut browser, &credential).await;
        match good {
            true => assert_in(&answer),
            false => assert_refused(&answer, "too old"),
        }
    }
}

/// What is said wrongly, and how.
type Lie = (&'static str, fn(&mut Authenticator));

#[tokio::test]
async fn lies_of_the_browser_or_the_device_open_nothing() {
    let world = world().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let honest = add(&mut ada).await;
    let lies: [Lie; 6] = [
        ("another origin", |device| {
            device.origin = "https://market.test.evil.test".to_owned();
        }),
        ("a subdomain", |device| {
            device.origin = "https://x.market.test".to_owned();
        }),
        ("without TLS", |device| {
            device.origin = "http://market.test".to_owned();
        }),
        ("another relying party", |device| {
            device.rp_id = "evil.test".to_owned();
        }),
        ("nobody was verified", |device| device.flags = PRESENT),
        ("another key under the same id", |device| {
            let id = device.id.clone();
            let handle = device.handle.clone();
            *device = Authenticator::new(HERE);
            (device.id, device.handle) = (id, handle);
            device.counter = Some(40);
        }),
    ];
    for (what, lie) in lies {
        let mut device = honest.clone();
        device.counter = Some(30);
        lie(&mut device);
        assert_refused(&try_in(&mut Browser::new(&world), &mut device).await, what);
    }
    let large = "x".repeat(20_000);
    for text in ["", "{}", "null", "[", large.as_str(), &"[".repeat(10_000)] {
        let mut browser = Browser::new(&world);
        ask(&mut browser).await;
        assert_refused(&answer(&mut browser, text).await, "no answer at all");
    }
    let mut device = honest;
    assert_in(&try_in(&mut Browser::new(&world), &mut device).await);
}

#[tokio::test]
async fn a_copied_passkey_is_refused_and_written_down() {
    let world = world().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut device = add(&mut ada).await;
    let mut copy = device.clone();
    for _ in 0..2 {
        assert_in(&try_in(&mut Browser::new(&world), &mut device).await);
    }
    assert_refused(&try_in(&mut Browser::new(&world), &mut copy).await, "copy");
    let audit = audit_of(&mut ada).await;
    assert!(audit.contains("it seems to be a copy"), "{audit}");
    assert!(audit.contains("passkey laptop"));
    // One that doesn't count, as those that are kept by password managers, goes on signing in.
    let mut synced = Authenticator::new(HERE);
    synced.counter = None;
    add_with(&mut ada, &mut synced).await;
    for _ in 0..2 {
        assert_in(&try_in(&mut Browser::new(&world), &mut synced).await);
    }
}

#[tokio::test]
async fn ten_wrong_answers_lock_an_accounts_passkeys_for_a_while() {
    let world = world().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut device = add(&mut ada).await;
    let mut wrong = device.clone();
    wrong.flags = PRESENT;
    for _ in 0..10 {
        assert_refused(
            &try_in(&mut Browser::new(&world), &mut wrong).await,
            "wrong",
        );
    }
    assert_refused(
        &try_in(&mut Browser::new(&world), &mut device).await,
        "locked",
    );
    assert!(audit_of(&mut ada).await.contains("locked for a while"));
    // The password goes on working, up to its second factor.
    let answer = Browser::new(&world).sign_in("ada", PASSWORD).await;
    assert!(
        answer
            .header("location")
            .starts_with("/sign-in/second-factor")
    );
}

#[tokio::test]
async fn attempts_from_one_client_are_limited() {
    let world = World::with(|config| config.public_url = Some(HERE.to_owned())).await;
    let mut browser = Browser::new(&world);
    let mut statuses = Vec::new();
    for _ in 0..25 {
        statuses.push(browser.post("/sign-in/passkey/begin", &[]).await.status);
    }
    assert_eq!(statuses[0], StatusCode::OK);
    assert_eq!(statuses[24], StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn the_question_says_nothing_of_who_has_passkeys() {
    let world = world().await;
    let before = Browser::new(&world)
        .question("/sign-in/passkey/begin", &[])
        .await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    add(&mut ada).await;
    let fields = [("name", "ada")];
    let mut after = Browser::new(&world)
        .question("/sign-in/passkey/begin", &fields)
        .await;
    after["publicKey"]["challenge"] = before["publicKey"]["challenge"].clone();
    assert_eq!(before, after);
    assert_eq!(
        before["publicKey"]["allowCredentials"],
        serde_json::json!([])
    );
    // Nobody is asked for a second factor who has not given a password.
    let path = "/sign-in/second-factor/passkey/begin";
    let answer = Browser::new(&world).post(path, &[]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn adding_and_removing_ask_for_the_password() {
    let world = world().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let begin = "/account/passkeys/begin";
    for (fields, id) in [
        (
            [("name", "laptop"), ("password", "wrong")],
            "wrong-password",
        ),
        ([("name", ""), ("password", PASSWORD)], "no-name"),
    ] {
        let answer = ada.post(begin, &fields).await;
        assert_eq!(answer.json()["error"]["id"], id);
    }
    // Without the question that follows the password, nothing is added.
    let mut device = Authenticator::new(HERE);
    let question = Browser::signed_up(&world, "eve")
        .await
        .question(begin, &ADD)
        .await;
    let credential = device.create(&question);
    let fields = [("name", "laptop"), ("credential", credential.as_str())];
    let answer = ada.post("/account/passkeys", &fields).await;
    assert!(answer.text().contains("could not be added"));
    let device = add(&mut ada).await;
    let id = passkey_ids(&world, "ada").await.remove(0);
    for (passkey, password) in [(id.as_str(), "wrong"), ("none", PASSWORD)] {
        let fields = [("passkey", passkey), ("password", password)];
        let answer = ada.post("/account/passkeys/remove", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let fields = [("passkey", id.as_str()), ("password", PASSWORD)];
    let mut eve = Browser::new(&world);
    eve.sign_in("eve", PASSWORD).await;
    let answer = eve.post("/account/passkeys/remove", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "another's");
    let answer = ada.post("/account/passkeys/remove", &fields).await;
    assert_eq!(
        answer.header("location"),
        "/account/passkeys?done=passkey-off"
    );
    assert!(audit_of(&mut ada).await.contains("passkey removed"));
    // Now the password alone opens the account, and the passkey nothing.
    let answer = Browser::new(&world).sign_in("ada", PASSWORD).await;
    assert_eq!(answer.header("location"), "/account");
    let mut device = device;
    assert_refused(
        &try_in(&mut Browser::new(&world), &mut device).await,
        "removed",
    );
}

async fn passkey_ids(world: &World, name: &str) -> Vec<String> {
    let database = &world.market.database;
    let user = users::by_name(database, name).await.unwrap().unwrap();
    let rows = passkeys::of_user(database, &user.id).await.unwrap();
    rows.into_iter().map(|row| row.credential_id).collect()
}

#[tokio::test]
async fn an_account_has_ten_passkeys_at_most_and_a_passkey_one_account() {
    let world = world().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut eve = Browser::signed_up(&world, "eve").await;
    let mut device = add(&mut ada).await;
    let answer = add_with(&mut eve, &mut device).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    for _ in 1..9 {
        add(&mut ada).await;
    }
    // Two that were begun while there was room for one.
    let mut other = Browser::new(&world);
    other.cookie = ada.cookie.clone();
    let question = ada.question("/account/passkeys/begin", &ADD).await;
    let late = Authenticator::new(HERE).create(&question);
    let id = passkey_ids(&world, "ada").await.remove(0);
    add_row(&world, &id).await;
    let fields = [("name", "laptop"), ("credential", late.as_str())];
    let answer = other.post("/account/passkeys", &fields).await;
    assert!(
        answer.text().contains("are there already"),
        "{}",
        answer.text()
    );
    let answer = ada.post("/account/passkeys/begin", &ADD).await;
    assert_eq!(answer.json()["error"]["id"], "too-many-passkeys");
    assert_eq!(passkey_ids(&world, "ada").await.len(), 10);
    let page = ada.get("/account/passkeys").await.text();
    assert!(page.contains("10 are there already"));
}

/// A passkey like another, as another session would have added it.
async fn add_row(world: &World, like: &str) {
    let database = &world.market.database;
    let mut row = passkeys::find(database, like).await.unwrap().unwrap();
    row.credential_id.push_str("AAAA");
    let mut transaction = database.begin().await.unwrap();
    assert!(passkeys::insert(&mut transaction, &row, 10).await.unwrap());
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn recovery_codes_stand_in_for_passkeys_and_stay_while_anything_is_left() {
    let world = world().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut device = Authenticator::new(HERE);
    let page = add_with(&mut ada, &mut device).await.text();
    let code = page
        .split("<pre>")
        .nth(1)
        .unwrap()
        .split('\n')
        .next()
        .unwrap();
    // A second passkey leaves them as they are.
    let answer = add_with(&mut ada, &mut Authenticator::new(HERE)).await;
    assert_eq!(answer.header("location"), "/account/passkeys?done=passkey");
    let mut browser = Browser::new(&world);
    browser.sign_in("ada", PASSWORD).await;
    let path = "/sign-in/second-factor";
    let answer = browser.post(path, &[("code", code)]).await;
    assert_eq!(answer.header("location"), "/account");
    let mut again = Browser::new(&world);
    again.sign_in("ada", PASSWORD).await;
    let answer = again.post(path, &[("code", code)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    // New ones, shown once.
    let page = ada
        .post("/account/recovery-codes", &[("password", PASSWORD)])
        .await;
    let page = page.text();
    let fresh = page
        .split("<pre>")
        .nth(1)
        .unwrap()
        .split('\n')
        .next()
        .unwrap();
    assert!(audit_of(&mut ada).await.contains("recovery codes made"));
    // An authenticator is set up and removed; the codes that came with it stay for the passkeys.
    let codes = turn_on_totp(&mut ada).await;
    let answer = again.post(path, &[("code", fresh)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "replaced");
    ada.post("/account/totp/remove", &[("password", PASSWORD)])
        .await;
    let answer = again.post(path, &[("code", &codes)]).await;
    assert_eq!(answer.header("location"), "/account");
    // With the last passkey they go.
    for id in passkey_ids(&world, "ada").await {
        let fields = [("passkey", id.as_str()), ("password", PASSWORD)];
        ada.post("/account/passkeys/remove", &fields).await;
    }
    let user = users::by_name(&world.market.database, "ada")
        .await
        .unwrap()
        .unwrap();
    let left = users::count_recovery_codes(&*world.market.database, &user.id).await;
    assert_eq!(left.unwrap(), 0);
    let answer = ada
        .post("/account/recovery-codes", &[("password", PASSWORD)])
        .await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
}

/// Sets up an authenticator app and returns the first recovery code.
async fn turn_on_totp(browser: &mut Browser<'_>) -> String {
    let page = browser.get("/account/totp").await.text();
    let seed = page.split("name=\"seed\" value=\"").nth(1).unwrap();
    let seed = seed.split('"').next().unwrap();
    let step = u64::try_from(clock::now_us() / 30_000_000).unwrap();
    let code = totp::code(seed, step).unwrap();
    let fields = [("seed", seed), ("code", &code), ("password", PASSWORD)];
    let page = browser.post("/account/totp", &fields).await.text();
    let codes = page.split("<pre>").nth(1).unwrap();
    codes.split('\n').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_new_password_by_mail_leaves_the_passkey_asked_for() {
    let world = world().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    add(&mut ada).await;
    let database = &world.market.database;
    let user = users::by_name(database, "ada").await.unwrap().unwrap();
    let secret = fapilog_market::secret::Secret::generate().unwrap();
    let store = fapilog_market::handlers::sign_in::recover::store;
    store(database, "", &user, &secret).await.unwrap();
    let mut browser = Browser::new(&world);
    let fields = [
        ("token", secret.reveal()),
        ("password", "another long password"),
    ];
    browser.post("/recover/set", &fields).await;
    let answer = browser.sign_in("ada", "another long password").await;
    assert!(
        answer
            .header("location")
            .starts_with("/sign-in/second-factor")
    );
    assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn with_the_account_its_passkeys_go() {
    let world = world().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut device = add(&mut ada).await;
    ada.question("/account/passkeys/begin", &ADD).await;
    let fields = [("name", "ada"), ("password", PASSWORD)];
    let answer = ada.post("/account/delete", &fields).await;
    assert_eq!(answer.header("location"), "/sign-in?done=removed");
    for table in ["passkeys", "passkey_challenges"] {
        let text = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let left: i64 = sqlx::query_scalar(text)
            .fetch_one(&*world.market.database)
            .await
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
    assert_refused(
        &try_in(&mut Browser::new(&world), &mut device).await,
        "gone",
    );
}

#[tokio::test]
async fn a_backup_brings_passkeys_back_and_no_questions() {
    let (old, new) = (world().await, world().await);
    let mut ada = Browser::signed_up(&old, "ada").await;
    let mut device = add(&mut ada).await;
    ask(&mut ada).await;
    let folder = old.data.path().join("backup");
    let market = &old.market;
    backup::take(&market.database, &market.storage, &folder)
        .await
        .unwrap();
    let market = &new.market;
    backup::restore(&market.database, &market.storage, &folder)
        .await
        .unwrap();
    let questions: i64 = sqlx::query_scalar("SELECT count(*) FROM passkey_challenges")
        .fetch_one(&*market.database)
        .await
        .unwrap();
    assert_eq!(questions, 0);
    assert_in(&try_in(&mut Browser::new(&new), &mut device).await);
}

#[tokio::test]
async fn questions_are_bounded_and_the_oldest_go() {
    let world = world().await;
    let database = &world.market.database;
    for n in 0..7_i64 {
        let row = passkeys::ChallengeRow {
            visit_sha256: format!("visit {n}"),
            purpose: "sign-in".to_owned(),
            user_id: None,
            state: String::new(),
            expires_us: 1_000 + n,
        };
        passkeys::put_challenge(database, &row, 3, 5).await.unwrap();
    }
    let kept: Vec<String> =
        sqlx::query_scalar("SELECT visit_sha256 FROM passkey_challenges ORDER BY expires_us")
            .fetch_all(&**database)
            .await
            .unwrap();
    assert_eq!(kept, ["visit 4", "visit 5", "visit 6"]);
}

#[tokio::test]
async fn without_a_host_name_and_tls_no_passkeys_are_offered() {
    let world = World::new().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    assert!(!ada.get("/sign-in").await.text().contains("data-passkey"));
    let page = ada.get("/account/passkeys").await.text();
    assert!(page.contains("need an address") && !page.contains("data-passkey"));
    let answer = ada.post("/account/passkeys/begin", &ADD).await;
    assert_eq!(answer.json()["error"]["id"], "no-passkeys-here");
    let answer = ada.post("/sign-in/passkey", &[("credential", "{}")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
}
