//! Accounts as people use them: with a browser's cookie and the pages' forms.

use axum::http::StatusCode;
use fapilog_market::clock;
use fapilog_market::queries::tokens::{self, TokenRow};
use fapilog_market::queries::users;
use fapilog_market::token::Token;
use fapilog_market::totp;
use fapilog_testkit::WheelBuilder;

use crate::browser::{Browser, PASSWORD};
use crate::world::{Upload, World};

fn wheel(name: &str) -> Upload {
    Upload::wheel(&WheelBuilder::plugin(name, "1.0"))
}

#[tokio::test]
async fn somebody_signs_up_signs_out_and_signs_in_again() {
    let world = World::new().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    assert!(ada.get("/account").await.text().contains("<h1>ada</h1>"));
    ada.post("/sign-out", &[]).await;
    let answer = ada.get("/account").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "/sign-in?next=%2Faccount");
    let next = [
        ("name", "Ada"),
        ("password", PASSWORD),
        ("next", "/account/tokens"),
    ];
    let answer = ada.post("/sign-in", &next).await;
    assert_eq!(answer.header("location"), "/account/tokens");
    assert_eq!(ada.get("/account/tokens").await.status, StatusCode::OK);
    let answer = ada.get("/account/tokens").await;
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn what_a_browser_held_before_signing_in_is_worth_nothing_after() {
    let world = World::new().await;
    Browser::signed_up(&world, "ada").await;
    let mut browser = Browser::new(&world);
    browser.get("/sign-in").await;
    let planted = browser.cookie.clone().unwrap();
    browser.sign_in("ada", PASSWORD).await;
    assert_ne!(browser.cookie.clone().unwrap(), planted);
    let mut thief = Browser::new(&world);
    thief.cookie = Some(planted);
    assert_eq!(thief.get("/account").await.status, StatusCode::SEE_OTHER);
    // Neither is a cookie that the thief made up, nor one of a session that was signed out.
    let session = browser.cookie.clone().unwrap();
    browser.post("/sign-out", &[]).await;
    thief.cookie = Some(session);
    assert_eq!(thief.get("/account").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_without_its_token_or_from_another_site_does_nothing() {
    let world = World::new().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut eve = Browser::signed_up(&world, "eve").await;
    let foreign = eve.form_token().await;
    for token in ["", "00", &foreign] {
        let answer = ada
            .post_with("/organisations", token, &[("name", "acme")], &[])
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{token}");
    }
    let own = ada.form_token().await;
    for (name, value) in [
        ("origin", "https://evil.test"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let headers = [(name, value), ("host", "market.test")];
        let fields = [("name", "acme")];
        let answer = ada
            .post_with("/organisations", &own, &fields, &headers)
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let fields = [("name", "acme")];
    let headers = [
        ("origin", "http://market.test"),
        ("sec-fetch-site", "same-origin"),
    ];
    let answer = ada
        .post_with("/organisations", &own, &fields, &headers)
        .await;
    assert_eq!(answer.header("location"), "/organisations/acme?done=added");
}

#[tokio::test]
async fn nobody_learns_which_accounts_there_are() {
    let world = World::with(|config| config.rate_limits = false).await;
    Browser::signed_up(&world, "ada").await;
    let mut told = Vec::new();
    for name in ["ada", "nobody-here"] {
        let mut browser = Browser::new(&world);
        let mut answers = Vec::new();
        for _ in 0..12 {
            let fields = [("name", name), ("password", "wrong password")];
            let answer = browser.post("/sign-in", &fields).await;
            answers.push((answer.status, browser.without_tokens(&answer)));
        }
        let answer = browser.post("/recover", &[("name", name)]).await;
        answers.push((answer.status, browser.without_tokens(&answer)));
        let plain = answers
            .into_iter()
            .map(|(status, text)| (status, text.replace(name, "N")));
        told.push(plain.collect::<Vec<_>>());
    }
    assert_eq!(told[0], told[1]);
    // After ten wrong tries not even the right password works for a while.
    let mut ada = Browser::new(&world);
    let fields = [("name", "ada"), ("password", PASSWORD)];
    let answer = ada.post("/sign-in", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn guesses_from_one_client_are_limited_across_accounts() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    let mut statuses = Vec::new();
    for n in 0..25 {
        let name = format!("user-{n}");
        let fields = [("name", name.as_str()), ("password", "wrong password")];
        let answer = browser.post("/sign-in", &fields).await;
        statuses.push(answer.status);
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(!answer.header("retry-after").is_empty());
        }
    }
    assert_eq!(statuses[0], StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(statuses[24], StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_code_of_the_authenticator_opens_once_and_recovery_codes_stand_in() {
    let world = World::new().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let page = ada.get("/account/totp").await.text();
    let seed = between(&page, "name=\"seed\" value=\"", "\"").to_owned();
    let now_s = || u64::try_from(clock::now_us() / 1_000_000).unwrap();
    let code = totp::code(&seed, now_s() / 30).unwrap();
    let fields = [
        ("seed", seed.as_str()),
        ("code", "000000"),
        ("password", PASSWORD),
    ];
    let answer = ada.post("/account/totp", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [
        ("seed", seed.as_str()),
        ("code", &code),
        ("password", PASSWORD),
    ];
    let page = ada.post("/account/totp", &fields).await.text();
    let recovery = between(&page, "<pre>", "\n").to_owned();
    // The password alone opens nothing now, and the code that was used opens nothing again.
    let mut browser = Browser::new(&world);
    let answer = browser.sign_in("ada", PASSWORD).await;
    assert!(
        answer
            .header("location")
            .starts_with("/sign-in/second-factor")
    );
    assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER);
    let half = browser.cookie.clone();
    let answer = browser
        .post("/sign-in/second-factor", &[("code", &code)])
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = browser
        .post("/sign-in/second-factor", &[("code", &recovery)])
        .await;
    assert_eq!(answer.header("location"), "/account");
    assert_ne!(browser.cookie, half);
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
    let mut again = Browser::new(&world);
    again.sign_in("ada", PASSWORD).await;
    let answer = again
        .post("/sign-in/second-factor", &[("code", &recovery)])
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let audit = browser.get("/account/audit").await.text();
    for word in [
        "authenticator added",
        "recovery code used",
        "second factor failed",
    ] {
        assert!(audit.contains(word), "{word}");
    }
}

#[tokio::test]
async fn a_link_sets_the_password_once_and_ends_all_sessions() {
    let world = World::new().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let database = &world.market.database;
    let user = users::by_name(database, "ada").await.unwrap().unwrap();
    let secret = fapilog_market::secret::Secret::generate().unwrap();
    let store = fapilog_market::handlers::sign_in::recover::store;
    let link = store(database, "", &user, &secret).await.unwrap();
    let mut browser = Browser::new(&world);
    // Looking at the link uses nothing up.
    assert_eq!(browser.get(&link).await.status, StatusCode::OK);
    assert_eq!(browser.get(&link).await.status, StatusCode::OK);
    let token = link.split('=').nth(1).unwrap();
    let weak = [("token", token), ("password", "short")];
    let answer = browser.post("/recover/set", &weak).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let strong = [("token", token), ("password", "another long password")];
    let answer = browser.post("/recover/set", &strong).await;
    assert_eq!(answer.header("location"), "/sign-in?done=saved");
    let answer = browser.post("/recover/set", &strong).await;
    assert_eq!(answer.status, StatusCode::GONE);
    assert_eq!(ada.get("/account").await.status, StatusCode::SEE_OTHER);
    browser.sign_in("ada", "another long password").await;
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_first_upload_takes_the_name_and_others_are_refused() {
    let world = World::new().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut eve = Browser::signed_up(&world, "eve").await;
    let (ada_token, eve_token) = (ada.new_token("*").await, eve.new_token("*").await);
    let upload = wheel("fapilog-acme");
    let answer = world.send(upload.request(&ada_token)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let second = Upload::wheel(&WheelBuilder::plugin("fapilog-acme", "2.0"));
    let answer = world.send(second.request(&eve_token)).await;
    assert!(
        answer.text().contains("[not-your-project]"),
        "{}",
        answer.text()
    );
    let page = ada.get("/account/projects").await.text();
    assert!(page.contains("/manage/fapilog-acme"));
    assert_eq!(
        eve.get("/manage/fapilog-acme").await.status,
        StatusCode::FORBIDDEN
    );
    // A collaborator may, until the role is taken back: the token alone is not enough.
    let fields = [("name", "eve"), ("role", "maintainer")];
    ada.post("/manage/fapilog-acme/collaborators", &fields)
        .await;
    let answer = world.send(second.request(&eve_token)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    ada.post("/manage/fapilog-acme/collaborators", &[("name", "eve")])
        .await;
    let third = Upload::wheel(&WheelBuilder::plugin("fapilog-acme", "3.0"));
    let answer = world.send(third.request(&eve_token)).await;
    assert!(answer.text().contains("[not-your-project]"));
}

#[tokio::test]
async fn tokens_end_by_themselves_and_by_hand_and_are_shown_once() {
    let world = World::new().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let token = ada.new_token("*").await;
    assert!(!ada.get("/account/tokens").await.text().contains(&token));
    let id = token.split('_').nth(1).unwrap().to_owned();
    let database = &world.market.database;
    let row = tokens::find(database, &id).await.unwrap().unwrap();
    assert!(row.used_us.is_none());
    world.send(wheel("fapilog-acme").request(&token)).await;
    let row = tokens::find(database, &id).await.unwrap().unwrap();
    assert!(row.used_us.is_some());
    let expired = Token::generate().unwrap();
    let row = TokenRow {
        id: expired.id.clone(),
        secret_sha256: expired.secret_sha256(),
        expires_us: Some(clock::now_us() - 1),
        ..row
    };
    tokens::insert(database, &row).await.unwrap();
    let upload = Upload::wheel(&WheelBuilder::plugin("fapilog-acme", "2.0"));
    let answer = world.send(upload.request(&expired.reveal())).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let mut eve = Browser::signed_up(&world, "eve").await;
    eve.post("/account/tokens/revoke", &[("id", &id)]).await;
    let answer = world.send(upload.request(&token)).await;
    assert_eq!(
        answer.status,
        StatusCode::OK,
        "another's token can't be revoked"
    );
    ada.post("/account/tokens/revoke", &[("id", &id)]).await;
    let answer = world.send(upload.request(&token)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_reserved_prefix_is_for_its_publisher() {
    let world = World::new().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut eve = Browser::signed_up(&world, "eve").await;
    let mut moderator = Browser::signed_up(&world, "mo").await;
    moderator.become_site("moderator").await;
    ada.post("/organisations", &[("name", "acme")]).await;
    let fields = [
        ("prefix", "fapilog-acme"),
        ("publisher", "acme"),
        ("note", "theirs"),
    ];
    moderator.post("/moderation/prefixes", &fields).await;
    let (ada_token, eve_token) = (ada.new_token("*").await, eve.new_token("*").await);
    for name in ["fapilog-acme", "fapilog-acme-redis"] {
        let answer = world.send(wheel(name).request(&eve_token)).await;
        assert!(
            answer.text().contains("[reserved-name]"),
            "{}",
            answer.text()
        );
        let answer = world.send(wheel(name).request(&ada_token)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
    let page = ada.get("/organisations/acme").await.text();
    assert!(
        page.contains("/manage/fapilog-acme-redis"),
        "it belongs to the publisher"
    );
    let answer = world
        .send(wheel("fapilog-acmeist").request(&eve_token))
        .await;
    assert_eq!(
        answer.status,
        StatusCode::OK,
        "a longer word is another name"
    );
}

#[tokio::test]
async fn a_transfer_ends_the_rights_that_the_old_owner_gave() {
    let world = World::new().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut eve = Browser::signed_up(&world, "eve").await;
    let mut bob = Browser::signed_up(&world, "bob").await;
    let first = ada.new_token("*").await;
    world.send(wheel("fapilog-acme").request(&first)).await;
    let scoped = ada.new_token("fapilog-acme").await;
    let fields = [("name", "eve"), ("role", "owner")];
    ada.post("/manage/fapilog-acme/collaborators", &fields)
        .await;
    let eve_token = eve.new_token("fapilog-acme").await;
    let fields = [("publisher", "bob"), ("project", "fapilog-acme")];
    let answer = ada.post("/manage/fapilog-acme/transfer", &fields).await;
    assert_eq!(
        answer.header("location"),
        "/account/projects?done=transferred"
    );
    for (n, token) in [&first, &scoped, &eve_token].into_iter().enumerate() {
        let upload = Upload::wheel(&WheelBuilder::plugin("fapilog-acme", &format!("2.{n}")));
        let answer = world.send(upload.request(token)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{n}");
    }
    for browser in [&mut ada, &mut eve] {
        assert_eq!(
            browser.get("/manage/fapilog-acme").await.status,
            StatusCode::FORBIDDEN
        );
    }
    assert_eq!(bob.get("/manage/fapilog-acme").await.status, StatusCode::OK);
}

#[tokio::test]
async fn of_two_who_take_a_name_at_once_one_gets_it() {
    let world = World::new().await;
    let mut tokens = Vec::new();
    for name in ["ada", "eve", "bob", "mia"] {
        tokens.push(Browser::signed_up(&world, name).await.new_token("*").await);
    }
    let mut uploads = Vec::new();
    for (n, token) in tokens.iter().enumerate() {
        let upload = Upload::wheel(&WheelBuilder::plugin("fapilog-race", &format!("1.{n}")));
        uploads.push(world.send(upload.request(token)));
    }
    let [a, b, c, d] = <[_; 4]>::try_from(uploads).ok().unwrap();
    let (a, b, c, d) = tokio::join!(a, b, c, d);
    let mut statuses = [a.status, b.status, c.status, d.status];
    statuses.sort();
    let no = StatusCode::FORBIDDEN;
    assert_eq!(statuses, [StatusCode::OK, no, no, no]);
}

#[tokio::test]
async fn an_organisation_always_has_an_owner() {
    let world = World::new().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let mut eve = Browser::signed_up(&world, "eve").await;
    ada.post("/organisations", &[("name", "acme")]).await;
    let leave = ada.post("/organisations/acme/leave", &[]).await;
    assert_eq!(leave.status, StatusCode::CONFLICT);
    let demote = [("name", "ada"), ("role", "member")];
    let answer = ada.post("/organisations/acme/members", &demote).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let fields = [("name", "ada"), ("password", PASSWORD)];
    let answer = ada.post("/account/delete", &fields).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(
        eve.get("/organisations/acme").await.status,
        StatusCode::FORBIDDEN
    );
    ada.post(
        "/organisations/acme/members",
        &[("name", "eve"), ("role", "owner")],
    )
    .await;
    let answer = ada.post("/organisations/acme/leave", &[]).await;
    assert_eq!(answer.header("location"), "/organisations?done=left");
    assert_eq!(eve.get("/organisations/acme").await.status, StatusCode::OK);
    assert_eq!(
        ada.get("/organisations/acme").await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_deleted_account_leaves_its_files_and_nothing_personal() {
    let world = World::new().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    let token = ada.new_token("*").await;
    world.send(wheel("fapilog-acme").request(&token)).await;
    let wrong = [("name", "ada"), ("password", "wrong password")];
    let answer = ada.post("/account/delete", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = [("name", "ada"), ("password", PASSWORD)];
    let answer = ada.post("/account/delete", &right).await;
    assert_eq!(answer.header("location"), "/sign-in?done=removed");
    assert_eq!(ada.get("/account").await.status, StatusCode::SEE_OTHER);
    let page = world.get("/plugins/fapilog-acme/", "text/html").await;
    assert_eq!(page.status, StatusCode::OK);
    let upload = Upload::wheel(&WheelBuilder::plugin("fapilog-acme", "2.0"));
    let answer = world.send(upload.request(&token)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let mut thief = Browser::new(&world);
    let answer = thief.sign_up("ada").await;
    assert_eq!(
        answer.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "the name stays taken"
    );
    let kept: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM users WHERE name = 'ada' \
         AND (email <> '' OR password_hash IS NOT NULL OR totp_secret IS NOT NULL)",
    )
    .fetch_one(&*world.market.database)
    .await
    .unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn the_audit_log_can_only_be_added_to() {
    let world = World::new().await;
    Browser::signed_up(&world, "ada").await;
    for text in [
        "UPDATE audit_events SET actor = 'nobody'",
        "DELETE FROM audit_events",
    ] {
        let done = sqlx::query(text).execute(&*world.market.database).await;
        let error = done.unwrap_err().to_string();
        assert!(error.contains("append-only"), "{error}");
    }
}

#[tokio::test]
async fn administrators_read_the_log_as_a_page_and_as_json() {
    let world = World::new().await;
    let mut ada = Browser::signed_up(&world, "ada").await;
    ada.become_site("administrator").await;
    let page = ada.get("/administration/audit").await.text();
    assert!(page.contains("account created"));
    let accept = [("accept", "application/json")];
    let answer = ada.get_with("/administration/audit", &accept).await;
    let events = answer.json()["events"].as_array().unwrap().clone();
    assert!(events.iter().any(|event| event["action"] == "signed in"));
    let fields = [("name", "ada"), ("role", "none")];
    let answer = ada.post("/administration/accounts/role", &fields).await;
    assert_eq!(
        answer.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "nobody demotes themselves"
    );
}

#[tokio::test]
async fn what_people_type_is_shown_as_text_everywhere() {
    let world = World::new().await;
    let script = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let mut ada = Browser::signed_up(&world, "ada").await;
    ada.become_site("administrator").await;
    ada.post("/organisations", &[("name", "acme")]).await;
    let profile = [
        ("display_name", script),
        ("website", "https://e.test/\"><script>"),
    ];
    ada.post("/account/profile", &profile).await;
    ada.post("/organisations/acme/profile", &profile).await;
    let token = [("label", script), ("project", "*"), ("days", "7")];
    ada.post("/account/tokens", &token).await;
    let evidence = [
        ("publisher", "acme"),
        ("verified", "1"),
        ("evidence", script),
    ];
    ada.post("/moderation/publishers/verify", &evidence).await;
    let prefix = [("prefix", "fapilog-x"), ("note", script)];
    ada.post("/moderation/prefixes", &prefix).await;
    ada.post(
        "/sign-in",
        &[("name", script), ("password", script), ("next", script)],
    )
    .await;
    for path in [
        "/account",
        "/account/tokens",
        "/account/audit",
        "/organisations/acme",
        "/organisations/acme/audit",
        "/moderation/publishers",
        "/administration/accounts",
        "/administration/audit",
        "/sign-in?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/account?done=%3Cscript%3Ealert(1)%3C/script%3E",
    ] {
        let page = ada.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let text = page.text();
        assert!(!text.contains("<script>alert"), "{path}");
        assert!(!text.contains("<img src=x"), "{path}");
    }
    let answer = ada
        .post("/sign-up", &[("name", script), ("email", script)])
        .await;
    assert!(!answer.text().contains("<script>alert"));
}

#[tokio::test]
async fn forms_have_a_size_and_their_answers_are_kept_nowhere() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    let large = "x".repeat(300 * 1024);
    let answer = browser.post("/sign-in", &[("name", &large)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.header("cache-control"), "no-store");
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split(start).nth(1).unwrap().split(end).next().unwrap()
}
